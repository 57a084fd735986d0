// Starts a simulator of Threads, and the function behind a gateway, on this machine.
import { fileURLToPath } from 'node:url';
import { createThreadsSimulator, simulatedApp } from 'passport-threads-oauth2/simulator';
import { Gateway } from './gateway.js';

if (process.env.NODE_ENV === 'production') throw new Error('This is for development: it signs anyone in');

const simulator = createThreadsSimulator();
const simulatorURL = await simulator.listen(0);

/** The settings of the function, for the simulator. */
function settings(origin) {
  const callbackURL = `${origin}/auth/threads/callback`;
  simulator.addApp({ ...simulatedApp, redirectURIs: [callbackURL] });
  return {
    THREADS_APP_ID: simulatedApp.clientID,
    THREADS_APP_SECRET: simulatedApp.clientSecret,
    THREADS_CALLBACK_URL: callbackURL,
    THREADS_SIMULATOR_URL: simulatorURL,
    SESSION_SECRET: 'known to everyone, and good for a simulator',
  };
}

const gateway = new Gateway(fileURLToPath(new URL('../handlers.js', import.meta.url)), settings);
console.log(`Open ${await gateway.listen(Number(process.env.PORT || 3000))}`);
console.log('Enter replaces the instance of the function, Ctrl+C stops.');

process.stdin.on('data', async () => {
  await gateway.replaceInstance();
  console.log('The next request finds a new instance.');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit());
