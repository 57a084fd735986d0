import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, packPackage, run } from '../consumers/workspace.mjs';
import { watchChild } from '../support/child.js';
import { freePort } from '../support/free-port.js';
import { itSignsPeopleInCold } from './contract.js';
import { type Platform, startSimulator } from './support.js';

const MINUTE = 60_000;
// The newest two, with the React that both take.
const MAJORS = ['16', '15'];
const REACT = ['react@19', 'react-dom@19'];

const NEXT_APP = fileURLToPath(new URL('next-app/', import.meta.url));
const THREADS_CLIENT = fileURLToPath(new URL('apps/threads-client.mjs', import.meta.url));

/** Where a login begins: a route of `pages/api` that calls Passport, and route handlers with `ThreadsClient`. */
const PAGES = '/api/auth/threads';
const APP_ROUTER = '/auth/threads';

async function startNext(folder: string, command: 'dev' | 'start', path: string): Promise<Platform> {
  const { simulator, environment } = await startSimulator();
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const env = {
    ...process.env,
    ...environment(origin, `${path}/callback`),
    NEXT_TELEMETRY_DISABLED: '1',
  };
  const next = join(folder, 'node_modules/next/dist/bin/next');
  const start = async () => {
    // A group of its own, since Next starts processes too.
    const server = watchChild(
      spawn(process.execPath, [next, command, '--port', String(port)], {
        cwd: folder,
        // What runs these tests is not for Next: it sets NODE_OPTIONS by itself.
        env: { ...env, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      }),
    );
    await server.printed('Ready in');
    return server;
  };

  let server = await start();
  const stop = async () => {
    const gone = once(server.child, 'exit');
    process.kill(-server.child.pid!, 'SIGKILL');
    await gone;
  };
  return {
    origin,
    simulator,
    async replace() {
      await stop();
      server = await start();
    },
    async close() {
      await stop();
      await simulator.close();
    },
  };
}

describe('platforms: Next.js', function () {
  this.timeout(5 * MINUTE);

  let packed: Awaited<ReturnType<typeof packPackage>>;

  before(async () => {
    packed = await packPackage();
  });

  after(() => packed.remove());

  for (const major of MAJORS) {
    describe(major, () => {
      const folder = () => join(packed.folder, `next-${major}`);

      before(async () => {
        await install(folder(), `next@${major}`, ...REACT, 'passport@0.7', packed.tarball);
        await cp(NEXT_APP, folder(), { recursive: true });
        await cp(THREADS_CLIENT, join(folder(), 'threads-client.mjs'));
      });

      after(() => rm(folder(), { recursive: true, force: true }));

      const itSignsPeopleInWith = (command: 'dev' | 'start') => {
        for (const path of [PAGES, APP_ROUTER]) {
          describe(path, () => itSignsPeopleInCold(() => startNext(folder(), command, path), path));
        }
      };

      if (major === MAJORS[0]) describe('next dev', () => itSignsPeopleInWith('dev'));

      describe('next start', () => {
        before(() =>
          run(process.execPath, [join(folder(), 'node_modules/next/dist/bin/next'), 'build'], folder()),
        );

        itSignsPeopleInWith('start');
      });
    });
  }
});
