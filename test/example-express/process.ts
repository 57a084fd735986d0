import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

// An empty value counts as not set, and keeps a developer's own .env out of the tests.
const NOTHING = Object.fromEntries(
  [
    'THREADS_APP_ID',
    'THREADS_APP_SECRET',
    'THREADS_CALLBACK_URL',
    'THREADS_SCOPE',
    'THREADS_REQUIRED_SCOPES',
    'THREADS_TESTER_ACCESS_TOKEN',
    'THREADS_SIMULATOR_URL',
    'SESSION_SECRET',
    'PORT',
    'SIMULATOR_PORT',
    'HTTPS_KEY',
    'HTTPS_CERT',
    'TRUST_PROXY',
    'REDIS_URL',
  ].map((name) => [name, '']),
);

/** Runs a file of the example's `src` as a process of its own, with nothing configured but `env`. */
export function runScript(file: string, env: NodeJS.ProcessEnv) {
  const path = fileURLToPath(new URL(`../../example/express/src/${file}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path], {
    env: { ...process.env, ...NOTHING, DATABASE_URL: 'file::memory:', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const printed = async (text: string) => {
    while (!output.stdout.includes(text)) {
      const more = await Promise.race([
        once(child.stdout, 'data').then(() => true),
        exited.then(() => false),
      ]);
      if (!more) throw new Error(`the app stopped: ${output.stderr}`);
    }
  };
  return { child, output, exited, printed };
}
