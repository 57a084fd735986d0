import { createServer } from 'node:http';
import { createThreadsSimulator } from 'passport-threads-oauth2/simulator';
import { createApp } from './app.js';

const { env } = process;
const names = ['THREADS_APP_ID', 'THREADS_APP_SECRET', 'THREADS_CALLBACK_URL'];
const missing = names.filter((name) => !env[name]);
// A simulator lets everybody be anybody. So it stands in for Threads only where nothing at all is set, and on this
// machine alone: one name that is missing, or has a typo, does not open the app.
const configured = Object.keys(env).some((name) => name.startsWith('THREADS_') && env[name]);
const simulates = !configured && env.NODE_ENV !== 'production';
if (missing.length > 0 && !simulates) {
  console.error(`The app has not started: set ${missing.join(', ')}. README.md says how.`);
  process.exit(1);
}

const port = Number(env.PORT || 3000);
const [clientID, clientSecret, callbackURL] = simulates
  ? ['1', 'simulated', `http://localhost:${port}/auth/threads/callback`]
  : names.map((name) => env[name]);
const app = { clientID, clientSecret, callbackURL, ...(simulates && (await simulator())) };

createServer(createApp(app)).listen(port, simulates ? '127.0.0.1' : undefined, () => {
  console.log(`Open ${new URL('/', callbackURL)}${simulates ? ' (with a simulator of Threads)' : ''}`);
});

async function simulator() {
  const threads = createThreadsSimulator({ apps: [{ clientID, clientSecret, redirectURIs: [callbackURL] }] });
  await threads.listen();
  return threads.endpoints;
}
