import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { watchChild } from '../support/child.js';

// An empty value counts as not set, and keeps a developer's own .env out of the tests.
const NOTHING = Object.fromEntries(
  [
    'THREADS_APP_ID',
    'THREADS_APP_SECRET',
    'THREADS_CALLBACK_URL',
    'THREADS_SCOPE',
    'THREADS_REQUIRED_SCOPES',
    'THREADS_OPTIONAL_SCOPES',
    'THREADS_SIMULATOR_URL',
    'SESSION_SECRET',
    'TOKEN_KEYS',
    'SIGN_IN_LIMIT',
    'NODE_ENV',
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
  const path = fileURLToPath(new URL(`../../example/reference/src/${file}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path], {
    env: { ...process.env, ...NOTHING, DATABASE_URL: 'file::memory:', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watchChild(child);
}
