// Starts the app: with the settings of .env at the root of the repository, or, where nothing is set, with a simulator.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createThreadsSimulator, simulatedApp } from 'passport-threads-oauth2/simulator';
import { createApp } from './app.js';
import { openPeople } from './people.js';

const { env } = process;
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const ENV_FILE = path('../../.env');

const settings = readSettings();
const port = Number(env.PORT || 3000);
// With a simulator anybody can be anybody: only where nothing at all is set, and on this machine alone.
const isConfigured = Object.keys(env).some((name) => name.startsWith('THREADS_') && env[name]);
const simulates = !isConfigured && env.NODE_ENV !== 'production';
if (simulates) await startSimulator();
checkSettings();

const people = await openPeople(
  env.DATABASE_URL || `file:${path(simulates ? 'simulator.sqlite' : 'people.sqlite')}`,
);
createServer(openApp())
  .on('error', portError('PORT', port))
  .listen(port, env.THREADS_SIMULATOR_URL ? '127.0.0.1' : undefined, () => {
    console.log(`\n  Open ${new URL(env.THREADS_CALLBACK_URL!).origin}\n\n  Settings: ${settings}.`);
    if (env.THREADS_SIMULATOR_URL)
      console.log(`  In place of Threads: a simulator, ${env.THREADS_SIMULATOR_URL}`);
  });

/** The strategy refuses what the doctor cannot know, such as a simulator under NODE_ENV=production. */
function openApp(): ReturnType<typeof createApp> {
  try {
    return createApp(env, people);
  } catch (error) {
    console.error(`The app has not started: ${(error as Error).message}`);
    process.exit(1);
  }
}

function readSettings(): string {
  try {
    process.loadEnvFile(ENV_FILE);
    return `the environment, then ${ENV_FILE}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return `the environment (there is no ${ENV_FILE})`;
  }
}

async function startSimulator(): Promise<void> {
  const callback = `http://localhost:${port}/auth/threads`;
  const app = {
    ...simulatedApp,
    name: 'Spool',
    redirectURIs: [`${callback}/callback`],
    deauthorizeURL: `${callback}/uninstall`,
    dataDeletionURL: `${callback}/delete`,
  };
  const simulatorPort = Number(env.SIMULATOR_PORT || 4000);
  const simulator = createThreadsSimulator({ apps: [app] });
  // Not `localhost`, so that it is another site than the app, as Threads is.
  env.THREADS_SIMULATOR_URL = await simulator
    .listen(simulatorPort)
    .catch(portError('SIMULATOR_PORT', simulatorPort));
  env.THREADS_APP_ID = app.clientID;
  env.THREADS_APP_SECRET = app.clientSecret;
  env.THREADS_CALLBACK_URL = `${callback}/callback`;
  env.THREADS_SCOPE = 'threads_basic,threads_content_publish,threads_manage_insights';
  env.SESSION_SECRET ||= randomBytes(32).toString('hex');
}

/** The checks of `npm run doctor` that ask nobody. */
function checkSettings(): void {
  const doctor = createRequire(import.meta.url)
    .resolve('passport-threads-oauth2/package.json')
    .replace('package.json', 'bin/passport-threads-oauth2.js');
  const { status, stdout } = spawnSync(process.execPath, [doctor, 'doctor', '--offline'], {
    encoding: 'utf8',
  });
  if (status === 0 && env.SESSION_SECRET) return;
  console.error(`The app has not started. Settings: ${settings}.\n${stdout}`);
  if (!env.SESSION_SECRET) console.error('  ✗ SESSION_SECRET is missing: it signs the session cookie.');
  process.exit(1);
}

function portError(name: string, taken: number): (error: NodeJS.ErrnoException) => never {
  return ({ code, message }) => {
    const other = `Stop what has it, or choose another: ${name}=${taken + 1} npm start`;
    console.error(code === 'EADDRINUSE' ? `Port ${taken} is in use. ${other}` : message);
    process.exit(1);
  };
}
