/**
 * Measures what two keepers and the app make of faults, on SQLite on a disk and on PostgreSQL, and prints the table of
 * the keeper's README. Fails where a token or a sign-in is lost.
 *
 *     npm run test:keeper:faults [-- <number of tokens> [SQLite | PostgreSQL]]
 */
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import SQLiteConnection from 'libsql';
import { ThreadsClient } from 'passport-threads-oauth2';
import { openDatabase } from '../../example/reference/src/database.js';
import { simulatedApp } from '../../lib/simulator/index.js';
import { Opened } from '../instances/programs.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type ForgetfulRedis, type Keeper, startForgetfulRedis, startKeeper } from './keeper.js';
import { createStore, type Store, useServer } from './store.js';
import { startThreads, type WatchedThreads } from './threads.js';

const [TOKENS, ONLY] = [Number(process.argv[2] ?? 1000), process.argv[3]];
const DAY = 24 * 60 * 60;
const { clientID, clientSecret } = simulatedApp;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Scene {
  store: Store;
  threads: WatchedThreads;
  redis: ForgetfulRedis;
  keepers: Keeper[];
  /** Starts another keeper. */
  start(): Promise<void>;
}

type Fault = [what: string, cause: (scene: Scene) => unknown];

const FAULTS: Fault[] = [
  ['none', () => {}],
  ['a keeper is killed (`kill -9`), and another one started', (scene) => kill(scene).then(scene.start)],
  [
    'a deploy: both keepers end at `SIGTERM`, and others start',
    async (scene) => {
      await Promise.all(scene.keepers.splice(0).map((keeper) => keeper.stop()));
      await scene.start();
      await scene.start();
    },
  ],
  ['Redis is killed and comes back empty', ({ redis }) => redis.restart()],
  [
    '`FLUSHALL`',
    async ({ redis }) => {
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    },
  ],
  ['50 answers of Threads are 503', ({ threads }) => threads.simulator.fail('*', { status: 503, times: 50 })],
  [
    'the rate limit of the app, 10 times',
    ({ threads }) => {
      const headers = { 'Retry-After': '1' };
      threads.simulator.fail('/refresh_access_token', { status: 429, headers, times: 10 });
    },
  ],
];

const ON_SQLITE: Fault = [
  'another program holds the lock of the database for 8 s',
  async ({ store }) => {
    const other = new SQLiteConnection(fileURLToPath(store.url));
    // The keepers and the app want it, too.
    for (;;) {
      try {
        other.exec('BEGIN IMMEDIATE');
        break;
      } catch {
        await pause(1);
      }
    }
    await pause(8000);
    other.exec('COMMIT');
    other.close();
  },
];

const onPostgres = (server: Postgres): Fault[] => [
  [
    'the server is killed (`kill -9`), and started 3 s later',
    async () => {
      await server.kill();
      await pause(3000);
      await server.start();
    },
  ],
  [
    'the server does not answer for 8 s',
    async () => {
      server.signal('SIGSTOP');
      await pause(8000);
      server.signal('SIGCONT');
    },
  ],
];

console.log(`| database | fault | kept | refreshed twice | lost | sign-ins that failed | seconds |`);
console.log('| --- | --- | --- | --- | --- | --- | --- |');
if (ONLY !== 'PostgreSQL') await measure('SQLite', [...FAULTS, ON_SQLITE]);
if (ONLY !== 'SQLite') {
  const server = await startPostgres();
  try {
    useServer(server);
    await measure('PostgreSQL', [...onPostgres(server), ...FAULTS]);
  } finally {
    await server.remove();
  }
}
process.exit(process.exitCode ?? 0);

async function measure(database: string, faults: Fault[]): Promise<void> {
  for (const fault of faults) {
    const opened = new Opened();
    try {
      const { kept, twice, lost, signIns, failed, seconds } = await run(fault, opened);
      const cells = [database, fault[0], kept, twice, lost, `${failed} of ${signIns}`, seconds.toFixed(1)];
      console.log(`| ${cells.join(' | ')} |`);
      // Of a sign-in whose COMMIT the killed server never answered, nothing is known.
      const isUnknown = database === 'PostgreSQL' && fault[0].includes('server is killed');
      if (lost > 0 || (failed > 0 && !isUnknown)) process.exitCode = 1;
    } finally {
      await opened.close();
    }
  }
}

async function run([, cause]: Fault, opened: Opened) {
  const store = await createStore();
  opened.add(() => store.close());
  const threads = await startThreads();
  opened.add(() => threads.close());
  const redis = await startForgetfulRedis(opened, store.folder);
  const ids = Array.from({ length: TOKENS }, (_, i) => String(17841400000000000n + BigInt(i)));
  const people = ids.map((id) => ({ id, daysOld: 55, token: threads.person(id, 55) }));
  await store.add(people);

  const keepers: Keeper[] = [];
  const start = async () => {
    const keeper = await startKeeper({
      DATABASE_URL: store.url,
      TOKEN_KEYS: store.key,
      REDIS_URL: redis.url,
      THREADS_SIMULATOR_URL: threads.origins[0],
      KEEPER_RATE: '1000',
      KEEPER_LEASE_SECONDS: '12',
    });
    opened.add(() => keeper.kill());
    keepers.push(keeper);
  };
  let refreshed = 0;
  const third = new Promise<void>((resolve) => {
    threads.onDealt = ({ path, status }) => {
      if (path === '/refresh_access_token' && status === 200) refreshed += 1;
      if (refreshed > TOKENS / 3) resolve();
    };
  });
  const began = performance.now();
  await Promise.all([start(), start()]);
  const app = await startSignIns(store);
  await third;
  await cause({ store, threads, redis, keepers, start });
  const soon = { soon: Math.floor(Date.now() / 1000) + 50 * DAY };
  const sql =
    'SELECT count(*) AS remaining FROM tokens WHERE requires_login IS NULL AND token_expires_at < :soon';
  while (Number((await store.db.execute({ sql, args: soon })).rows[0]?.remaining) > 0) await pause(100);
  const seconds = (performance.now() - began) / 1000;
  const { signIns, failed } = await app.stop();

  const client = new ThreadsClient({ clientID, clientSecret, simulator: threads.origins[1] });
  const stored = await Promise.all(
    people.map(async ({ id, token }) => ({ old: token, accessToken: await store.token(id) })),
  );
  let kept = 0;
  for await (const { input, info } of client.verifyTokens(stored, { concurrency: 20 })) {
    if (info?.isValid && input.accessToken !== input.old) kept += 1;
  }
  const twice = people.filter(({ token }) => threads.refreshesOf(token) > 1).length;
  return { kept, twice, lost: TOKENS - kept, signIns, failed, seconds };
}

/** What a sign-in writes, ten times a second, in a process that holds the database open as the app does. */
async function startSignIns({ url, vault }: Store) {
  const database = await openDatabase(url, vault);
  const pending: Promise<unknown>[] = [];
  let failed = 0;
  const timer = setInterval(() => {
    const id = `1784150000000${pending.length}`;
    const end = new Date(Date.now() + 60 * DAY * 1000);
    const token = {
      accessToken: 'THQV-of-a-sign-in',
      issuedAt: new Date(),
      expiresAt: end,
      dataAccessExpiresAt: end,
    };
    const signIn = database.users
      .upsert({ id, token })
      .then(({ token }) => token.requiresLogin === undefined || Promise.reject(new Error('no token')));
    pending.push(signIn.catch(() => (failed += 1)));
  }, 100);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      await database.close();
      return { signIns: pending.length, failed };
    },
  };
}

async function kill({ keepers }: Scene): Promise<void> {
  await keepers.shift()?.kill();
}
