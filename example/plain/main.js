import { createServer } from 'node:http';
import { createThreadsSimulator } from 'passport-threads-oauth2/simulator';
import { createApp } from './app.js';

const { THREADS_APP_ID, THREADS_APP_SECRET, THREADS_CALLBACK_URL, PORT = '3000' } = process.env;
const callbackURL = THREADS_CALLBACK_URL || `http://localhost:${PORT}/auth/threads/callback`;

// Without an app of your own, a simulator stands in for Threads.
const app = { clientID: THREADS_APP_ID || '1', clientSecret: THREADS_APP_SECRET || 'simulated', callbackURL };
const options = THREADS_APP_ID ? app : { ...app, ...(await simulated(app)) };

createServer(createApp(options)).listen(Number(PORT), () => {
  console.log(`Open ${new URL('/', callbackURL)}${THREADS_APP_ID ? '' : ' (with a simulator of Threads)'}`);
});

async function simulated({ callbackURL, ...app }) {
  const simulator = createThreadsSimulator({ apps: [{ ...app, redirectURIs: [callbackURL] }] });
  await simulator.listen();
  return simulator.endpoints;
}
