// Plays a phone that signs in, against a simulator and an app of its own: npm run phone
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createThreadsSimulator, simulatedApp } from 'passport-threads-oauth2/simulator';
import { createApp } from './app.js';
import { loadConfig } from './config.js';
import { openDatabase } from './database.js';
import { createTokenVault } from './token-vault.js';

const OTHER_APP = { clientID: '4242', clientSecret: 'of another app', redirectURIs: [] };

const simulator = createThreadsSimulator({ apps: [simulatedApp, OTHER_APP] });
const config = loadConfig({
  THREADS_SIMULATOR_URL: await simulator.listen(),
  DATABASE_URL: 'file::memory:',
});
const database = await openDatabase(config.databaseURL, await createTokenVault(config.tokenKeys));
const app = createApp({ config, database, endpoints: simulator.endpoints, log: () => {} });
const server = createServer(app).listen(0, '127.0.0.1', playPhone);

async function playPhone(): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  console.log('The phone has an access token of the app, and sends it once:');
  const token = simulator.issueToken({ clientID: simulatedApp.clientID });
  const { session } = await send('POST', `${origin}/api/session`, token);

  console.log('\nFrom here on it sends the session of the app:');
  await send('GET', `${origin}/api/me`, String(session));

  console.log('\nA token that its person gave to another app is good for nothing:');
  await send('POST', `${origin}/api/session`, simulator.issueToken({ clientID: OTHER_APP.clientID }));

  server.close();
  await simulator.close();
  await database.close();
}

async function send(method: string, url: string, token: string): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  const response = await fetch(url, { method, headers });
  const answer = (await response.json()) as Record<string, unknown>;
  console.log(`  ${method} ${new URL(url).pathname}: ${response.status} ${JSON.stringify(answer)}`);
  const challenge = response.headers.get('www-authenticate');
  if (challenge) console.log(`  ${challenge}`);
  return answer;
}
