import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import SQLiteConnection from 'libsql';
import { freePorts, Opened } from '../instances/programs.js';
import {
  BOARD_PASSWORD,
  type ForgetfulRedis,
  type Keeper,
  keeperEnv,
  startForgetfulRedis,
  startKeeper,
} from './keeper.js';
import { createStore, type Store } from './store.js';
import { startThreads, type WatchedThreads } from './threads.js';

const ROOT = fileURLToPath(new URL('../../example/token-keeper/', import.meta.url));
const idOf = (n: number) => String(17841400000000000n + BigInt(n));
const DAY = 24 * 60 * 60;

describe('a token keeper in operation', () => {
  let opened: Opened;
  let store: Store;
  let threads: WatchedThreads;
  let redis: ForgetfulRedis;
  let client: Redis;

  beforeEach(async () => {
    opened = new Opened();
    store = await createStore();
    opened.add(() => store.close());
    threads = await startThreads();
    opened.add(() => threads.close());
    redis = await startForgetfulRedis(opened, store.folder);
    client = new Redis(redis.url, { maxRetriesPerRequest: null });
    client.on('error', () => {});
    opened.add(() => client.disconnect());
  });
  afterEach(() => opened.close());

  const env = (more: Record<string, string> = {}) => ({
    DATABASE_URL: store.url,
    TOKEN_KEYS: store.key,
    REDIS_URL: redis.url,
    THREADS_SIMULATOR_URL: threads.origins[0],
    KEEPER_RATE: '1000',
    ...more,
  });
  async function start(more?: Record<string, string>): Promise<Keeper> {
    const keeper = await startKeeper(env(more));
    opened.add(() => keeper.kill());
    return keeper;
  }

  async function people(count: number, daysOld = 55, from = 0): Promise<void> {
    const ids = Array.from({ length: count }, (_, i) => idOf(from + i));
    await store.add(ids.map((id) => ({ id, daysOld, token: threads.person(id, daysOld) })));
  }
  const until = async (done: () => unknown) => {
    while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const left = async () => {
    const sql =
      'SELECT count(*) AS remaining FROM tokens WHERE requires_login IS NULL AND token_expires_at < :soon';
    const { rows } = await store.db.execute({
      sql,
      args: { soon: Math.floor(Date.now() / 1000) + 50 * DAY },
    });
    return Number(rows[0]?.remaining);
  };
  const allRefreshed = () => until(async () => (await left()) === 0);
  const health = async ({ origin }: Keeper) => {
    const response = await fetch(`${origin}/health`);
    const { faults = {} } = (await response.json()) as { faults?: Record<string, string> };
    return [response.status, faults];
  };

  for (const [what, lose] of [
    ['Redis forgets everything (FLUSHALL)', () => client.flushall()],
    [
      'Redis loses the lists of the queue and keeps the rest',
      () =>
        client.del(
          'bull:threads-tokens:prioritized',
          'bull:threads-tokens:wait',
          'bull:threads-tokens:active',
        ),
    ],
    [
      'Redis loses the jobs and keeps the lists',
      async () => {
        const keys = (await client.keys('bull:threads-tokens:*')).filter((key) => /:\d+$/.test(key));
        if (keys.length > 0) await client.del(...keys);
      },
    ],
    [
      'the queue is obliterated',
      async () => {
        const queue = new Queue('threads-tokens', { connection: client });
        await queue.obliterate({ force: true });
        await queue.close();
      },
    ],
  ] as const) {
    it(`goes on when ${what}`, async () => {
      await people(200);
      await start({ KEEPER_RATE: '100', KEEPER_LEASE_SECONDS: '2' });
      await until(async () => (await left()) < 150);
      await lose();
      await allRefreshed();
      await people(20, 55, 1000);
      await allRefreshed();
    });
  }

  it('says that the queue is paused, and goes on when it is resumed', async () => {
    const queue = new Queue('threads-tokens', { connection: client });
    await queue.pause();
    await people(10);
    const { origin } = await start();
    await until(async () =>
      (await (await fetch(`${origin}/metrics`)).text()).includes('threads_keeper_paused 1'),
    );
    expect(await left()).to.equal(10);
    await queue.resume();
    await allRefreshed();
    await queue.close();
  });

  it('looks first at those that end first, and searches again before the next poll when the queue runs low', async () => {
    await people(1400);
    const soon = Math.floor(Date.now() / 1000) + 45;
    await store.db.execute('UPDATE tokens SET check_at = 1');
    await people(100, 59.99, 5000);
    await store.db.execute({
      sql: 'UPDATE tokens SET check_at = 2, token_expires_at = :soon WHERE id >= :first',
      args: { soon, first: idOf(5000) },
    });
    const order: string[] = [];
    threads.onDealt = ({ path, token }) => {
      if (path === '/refresh_access_token') order.push(token);
    };
    const urgent = new Set<string>();
    for (let n = 5000; n < 5100; n += 1) urgent.add(await store.token(idOf(n)));
    await start({ KEEPER_RATE: '16', KEEPER_POLL_SECONDS: '600', KEEPER_CONCURRENCY: '20' });
    await until(() => order.length >= 100);
    expect(order.slice(0, 100).filter((token) => urgent.has(token)).length).to.be.above(95);
  });

  it('is not healthy with a database that is locked or gone', async () => {
    const keeper = await start();
    expect(await health(keeper)).to.deep.equal([200, {}]);
    const path = fileURLToPath(store.url);
    const other = new SQLiteConnection(path);
    other.exec('BEGIN IMMEDIATE');
    expect(await health(keeper)).to.deep.equal([503, { database: 'SQLITE_BUSY' }]);
    other.exec('COMMIT');
    other.close();
    expect(await health(keeper)).to.deep.equal([200, {}]);
    renameSync(path, `${path}.away`);
    const [status, faults] = await health(keeper);
    expect([status, (faults as Record<string, string>).database]).to.deep.equal([503, 'ENOENT']);
    renameSync(`${path}.away`, path);
  });

  it('is not healthy with a Redis that is read-only, full, or may evict', async () => {
    const keeper = await start();
    await client.replicaof('127.0.0.1', 1);
    expect(await health(keeper)).to.deep.equal([503, { redis: 'READONLY' }]);
    await client.replicaof('NO', 'ONE');
    await client.config('SET', 'maxmemory', '1');
    expect(await health(keeper)).to.deep.equal([503, { redis: 'OOM' }]);
    await client.config('SET', 'maxmemory', '0');
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await health(keeper)).to.deep.equal([503, { redis: 'EvictionError' }]);
  });

  it('is not healthy when no search has gone well for three polls, and logs why', async () => {
    await people(1);
    const keeper = await start();
    await store.db.execute('ALTER TABLE tokens RENAME COLUMN check_at TO checked');
    await until(async () => ((await health(keeper))[1] as Record<string, string>).search);
    expect(keeper.stdout).to.include('the search has a fault').and.to.include('"cause":"SQLITE_ERROR"');
    expect(keeper.stdout.match(/the search has a fault/g)).to.have.length(1);
  });

  it('does not start with a Redis that evicts', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const error = await start().catch((error: Error) => error);
    expect(error)
      .to.be.an('Error')
      .with.property('message')
      .that.includes('allkeys-lru')
      .and.includes('noeviction');
  });

  it('does not start with a key that opens nothing, and puts no token off', async () => {
    await people(3);
    const error = await start({ TOKEN_KEYS: Buffer.alloc(32, 1).toString('base64url') }).catch(
      (error: Error) => error,
    );
    expect(error).to.be.an('Error').with.property('message').that.includes('opens any of the stored tokens');
    for (const row of await store.rows()) expect(row.check_at).to.equal(0);
  });

  it('takes no form of another website at the board', async () => {
    const { origin } = await start();
    const authorization = `Basic ${Buffer.from(`ops:${BOARD_PASSWORD}`).toString('base64')}`;
    const pause = async (headers: Record<string, string>) => {
      const address = `${origin}/queues/api/queues/threads-tokens/pause`;
      const { status } = await fetch(address, { method: 'PUT', headers: { authorization, ...headers } });
      return status;
    };
    const queue = new Queue('threads-tokens', { connection: client });
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ] as Record<string, string>[]) {
      expect(await pause(headers)).to.equal(403);
    }
    expect(await queue.isPaused()).to.equal(false);
    expect(await pause({ 'sec-fetch-site': 'same-origin', origin })).to.equal(200);
    expect(await queue.isPaused()).to.equal(true);
    await queue.close();
  });

  it('keeps no failed jobs, and no word of an error, in Redis', async () => {
    await people(1);
    await store.db.execute(
      `CREATE TRIGGER hush BEFORE UPDATE ON tokens BEGIN SELECT RAISE(ABORT, 'hush-hush'); END`,
    );
    const keeper = await start();
    await until(() => keeper.stdout.includes('could not look at a token'));
    const kept: string[] = [];
    for (const key of await client.keys('bull:threads-tokens:*')) {
      if ((await client.type(key)) === 'hash') kept.push(JSON.stringify(await client.hgetall(key)));
    }
    expect(kept.join()).not.to.include('hush');
    expect(keeper.stdout).not.to.include('hush');
    expect(await client.exists('bull:threads-tokens:failed')).to.equal(0);
  });

  for (const [what, command] of [
    ['npm start', ['npm', 'start']],
    ['the systemd unit', /^ExecStart=(.*)$/m],
    ['the container file', /^CMD \[(.*)\]$/m],
  ] as const) {
    it(`ends at SIGTERM to what ${what} starts, and leaves no process behind`, async () => {
      const file = what.includes('unit') ? 'token-keeper.service' : 'Containerfile';
      const found =
        command instanceof RegExp ? command.exec(readFileSync(`${ROOT}deploy/${file}`, 'utf8'))![1]! : '';
      const words = command instanceof RegExp ? (found.match(/[^\s",]+/g) ?? []) : [...command];
      const [program, ...args] = words.map((word) => word.replace('/usr/bin/node', process.execPath));
      const [port] = await freePorts(1);
      const child = spawn(program!, args, {
        cwd: ROOT,
        env: keeperEnv(port!, env()),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      opened.add(() => child.kill('SIGKILL'));
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
      await until(() => output.includes('"keeping tokens"'));
      child.kill('SIGTERM');
      await once(child, 'exit');
      await until(() => output.includes('stopping after the tokens under way'));
      await until(() =>
        fetch(`http://127.0.0.1:${port}/health`).then(
          () => false,
          () => true,
        ),
      );
    });
  }
});
