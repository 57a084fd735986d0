import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { ThreadsClient } from 'passport-threads-oauth2';
import { simulatedApp } from '../../lib/simulator/index.js';
import { Opened } from '../instances/programs.js';
import { all } from '../support/all.js';
import {
  BOARD_PASSWORD,
  type ForgetfulRedis,
  type Keeper,
  startForgetfulRedis,
  startKeeper,
} from './keeper.js';
import { createStore, type Store } from './store.js';
import { type Dealt, isRefresh, startThreads, type WatchedThreads } from './threads.js';

const { clientID, clientSecret } = simulatedApp;
const CONCURRENCY = 10;
const RATE_LIMITS = 15;
const OUTAGE = 30;

/** 5,000 people, by what is to become of their tokens. */
const GROUPS = {
  due: 4500,
  notDue: 200,
  /** Removed the app, unnoticed. */
  revoked: 200,
  expired: 100,
};
type Group = keyof typeof GROUPS;

interface Person {
  id: string;
  group: Group;
  token: string;
  daysOld: number;
}

describe('two token keepers with 5,000 tokens, of which one is killed midway, while Redis forgets everything and Threads has limits and an outage', function () {
  this.timeout(300_000);
  const opened = new Opened();
  const people: Person[] = [];
  /** The bytes of the database's files and of Redis, at several moments. */
  const bytes = { database: [] as Buffer[], journal: [] as Buffer[], redis: [] as Buffer[] };
  let store: Store;
  let threads: WatchedThreads;
  let redis: ForgetfulRedis;
  let keepers: [Keeper, Keeper];

  before(async () => {
    store = await createStore();
    opened.add(() => store.close());
    threads = await startThreads();
    opened.add(() => threads.close());
    redis = await startForgetfulRedis(opened, store.folder);

    for (const [group, count] of Object.entries(GROUPS) as [Group, number][]) {
      const daysOld = { due: 55, notDue: 10, revoked: 55, expired: 61 }[group];
      for (let i = 0; i < count; i++) {
        const id = String(17841400000000000n + BigInt(people.length));
        people.push({ id, group, daysOld, token: threads.person(id, daysOld) });
        if (group === 'revoked') threads.simulator.revoke({ clientID, userId: id });
      }
    }
    await store.add(people);
    await keepThemAll();
  });
  after(() => opened.close());

  const env = (door = 0) => ({
    DATABASE_URL: store.url,
    TOKEN_KEYS: store.key,
    REDIS_URL: redis.url,
    THREADS_SIMULATOR_URL: threads.origins[door]!,
    KEEPER_RATE: '2000',
    KEEPER_CONCURRENCY: String(CONCURRENCY),
    KEEPER_LEASE_SECONDS: '5',
    // A tenth of them die.
    KEEPER_FUSE_PERCENT: '100',
  });

  async function keepThemAll(): Promise<void> {
    keepers = await Promise.all([startKeeper(env(0)), startKeeper(env(1))]);
    for (const keeper of keepers) opened.add(() => keeper.kill());

    let refreshed = 0;
    const steps: [at: number, door: number | undefined, step: () => void][] = [
      [
        1000,
        undefined,
        () => {
          const limit = { status: 429, headers: { 'Retry-After': '1' }, times: RATE_LIMITS };
          threads.simulator.fail('/refresh_access_token', limit);
        },
      ],
      // In the middle of an answer to it, so that there is something to lose.
      [2000, 0, () => process.kill(keepers[0].pid, 'SIGKILL')],
      [2500, undefined, () => void snapshot().then(() => redis.restart())],
      [3500, undefined, () => threads.simulator.fail('*', { status: 503, times: OUTAGE })],
    ];
    const finished = new Promise<void>((resolve) => {
      threads.onDealt = (dealt) => {
        if (isRefresh(dealt)) refreshed += 1;
        const [next] = steps;
        if (next && refreshed >= next[0] && (next[1] ?? dealt.door) === dealt.door) steps.shift()?.[2]();
        if (refreshed >= GROUPS.due && steps.length === 0) resolve();
      };
    });
    await finished;
    // What is left are the last ones' stores, and whatever was put off.
    while ((await unfinished()) > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    await snapshot();
  }

  /** How many tokens nobody has dealt with. One whose new grant could not be asked for in the outage is safe. */
  async function unfinished(): Promise<number> {
    const inDays = (days: number) => Math.floor(Date.now() / 1000) + days * 24 * 60 * 60;
    const { rows } = await store.db.execute({
      sql: `SELECT count(*) AS count FROM tokens
        WHERE requires_login IS NULL AND check_at < :soon AND token_expires_at < :new`,
      args: { soon: inDays(1), new: inDays(55) },
    });
    return Number(rows[0]?.count);
  }

  async function snapshot(): Promise<void> {
    const client = new Redis(redis.url);
    await client.config('SET', 'rdbcompression', 'no');
    await client.save();
    client.disconnect();
    for (const name of readdirSync(store.folder)) {
      const kind = name.endsWith('.rdb') ? 'redis' : name.endsWith('-wal') ? 'journal' : 'database';
      bytes[kind].push(readFileSync(join(store.folder, name)));
    }
  }

  const of = (group: Group) => people.filter((person) => person.group === group);
  const count = (path: string, wanted: (dealt: Dealt) => boolean) =>
    threads.dealt.filter((dealt) => dealt.path === path && wanted(dealt)).length;

  it('store a new, living token of the same person for each that was due', async () => {
    const stored = await Promise.all(
      of('due').map(async ({ id, token }) => ({ id, old: token, accessToken: await store.token(id) })),
    );
    const client = new ThreadsClient({
      clientID,
      clientSecret,
      tokenURL: `${threads.origins[1]}/oauth/access_token`,
      graphURL: `${threads.origins[1]}/v1.0`,
    });
    const outcomes = await all(client.verifyTokens(stored, { concurrency: 20 }));
    for (const { input, info } of outcomes) {
      expect(input.accessToken).not.to.equal(input.old);
      expect(info).to.include({ isValid: true, userId: input.id });
    }
    expect(outcomes).to.have.length(GROUPS.due);
  });

  it('refresh each token once, but for those whose new token died with the killed keeper', () => {
    const twice = of('due').filter(({ token }) => threads.refreshesOf(token) !== 1);
    expect(twice.length).to.be.within(1, CONCURRENCY);
    for (const { token } of twice) {
      const doors = threads.dealt
        .filter((dealt) => dealt.token === token && isRefresh(dealt))
        .map(({ door }) => door);
      expect(doors).to.deep.equal([0, 1]);
    }
    const refreshes = count('/refresh_access_token', ({ status }) => status === 200);
    expect(refreshes).to.equal(GROUPS.due + twice.length);
  });

  it('never refresh a new token', () => {
    const old = new Set(people.map(({ token }) => token));
    expect(threads.dealt.filter((dealt) => isRefresh(dealt) && !old.has(dealt.token))).to.deep.equal([]);
  });

  it('try once to refresh a dead token, and mark its person with the reason', async () => {
    for (const { id, token } of of('revoked')) {
      expect((await store.row(id)).requires_login).to.equal('not_authorized');
      expect(await store.token(id)).to.equal(token);
      const answers = threads.dealt.filter((dealt) => dealt.token === token).map(({ status }) => status);
      expect(answers.filter((status) => status === 400)).to.deep.equal([400]);
    }
  });

  it('mark those whose token has expired, and ask nothing about those that are not due', async () => {
    for (const { id } of of('expired')) expect((await store.row(id)).requires_login).to.equal('expired');
    for (const { id, token } of of('notDue')) {
      expect((await store.row(id)).requires_login).to.equal(null);
      expect(await store.token(id)).to.equal(token);
    }
    const quiet = new Set(of('notDue').map(({ token }) => token));
    expect(threads.dealt.filter(({ token }) => quiet.has(token))).to.deep.equal([]);
  });

  it('met every limit and every outage', () => {
    expect(threads.dealt.filter(({ status }) => status === 429)).to.have.length(RATE_LIMITS);
    expect(threads.dealt.filter(({ status }) => status === 503)).to.have.length(OUTAGE);
  });

  it('leave no plain token in the database, its journal, or Redis', async () => {
    const tokens = [
      ...people.map(({ token }) => token),
      ...(await Promise.all(people.map(({ id }) => store.token(id)))),
    ];
    const found = (buffers: Buffer[], text: string) => buffers.some((buffer) => buffer.includes(text));
    const { database, journal, redis: queue } = bytes;
    expect(found(database, people[0]!.id), 'the search finds something').to.equal(true);
    expect(found(journal, '178414'), 'the search finds something').to.equal(true);
    expect(found(queue, '"id":"178414'), 'the search finds something').to.equal(true);

    // Four letters of a token stand in some cipher text by chance; sixteen do not.
    const beginnings = new Set(tokens.map((token) => token.slice(0, 16)));
    const plainIn = (buffer: Buffer) =>
      [...buffer.toString('latin1').matchAll(/THQV[\w-]{12}/g)].filter(([text]) => beginnings.has(text));
    expect(tokens.every((token) => plainIn(Buffer.from(token)).length === 1)).to.equal(true);
    for (const buffer of [...database, ...journal, ...queue]) expect(plainIn(buffer)).to.deep.equal([]);
  });

  it('log in JSON what they did, and neither a token nor a secret', () => {
    for (const { stdout, stderr } of keepers) {
      const lines = stdout.trim().split('\n');
      expect(lines.length).to.be.above(500);
      for (const line of lines) JSON.parse(line);
      expect(stdout + stderr)
        .not.to.include('THQV')
        .and.not.to.include(clientSecret);
      expect(stdout + stderr)
        .not.to.include(store.key)
        .and.not.to.include(BOARD_PASSWORD);
    }
  });

  it('are healthy as long as Redis and the database answer, and count what they did', async () => {
    const { origin } = keepers[1];
    expect((await fetch(`${origin}/health`)).status).to.equal(200);
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    expect(metrics).to.match(/^threads_token_looks_total\{outcome="refreshed"\} \d{3,}$/m);
    expect(metrics).to.include('threads_tokens{state="kept"} 4700');
    expect(metrics).to.include('threads_tokens{state="requires_login"} 300');
    expect(metrics).not.to.include('THQV');
  });

  it('show the board of the queue to nobody without its password', async () => {
    const board = `${keepers[1].origin}/queues`;
    const withPassword = (password: string) => ({
      headers: { authorization: `Basic ${Buffer.from(`ops:${password}`).toString('base64')}` },
    });
    for (const options of [
      {},
      withPassword(''),
      withPassword(`${BOARD_PASSWORD}x`),
      { headers: { authorization: 'Basic %' } },
    ]) {
      const refused = await fetch(board, options);
      expect([refused.status, refused.headers.get('www-authenticate')]).to.deep.equal([
        401,
        'Basic realm="token keeper"',
      ]);
      expect((await fetch(`${board}/api/queues`, options)).status).to.equal(401);
    }
    expect((await fetch(board, withPassword(BOARD_PASSWORD))).status).to.equal(200);
    const queues = await (await fetch(`${board}/api/queues`, withPassword(BOARD_PASSWORD))).text();
    expect(queues).to.include('threads-tokens').and.not.to.include('THQV');
  });

  it('say when they are not healthy, and stop when they are told to', async () => {
    const [, keeper] = keepers;
    await redis.stop();
    expect((await fetch(`${keeper.origin}/health`)).status).to.equal(503);
    expect((await fetch(`${keeper.origin}/metrics`)).status).to.equal(503);
    await redis.restart();
    while ((await fetch(`${keeper.origin}/health`)).status !== 200)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await keeper.stop()).to.equal(0);
    expect(keeper.stdout).to.match(/"Redis has a fault"[\s\S]*"Redis is back"/);
  });

  it('stop when they are told to although Redis is away, once no token can be theirs any more', async () => {
    const keeper = await startKeeper({ ...env(), KEEPER_LEASE_SECONDS: '1' });
    opened.add(() => keeper.kill());
    await redis.stop();
    // Whoever is told to stop before that may still find its connections, and close them.
    while (!keeper.stdout.includes('"Redis has a fault"'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await keeper.stop()).to.equal(1);
    expect(keeper.stdout).to.include('stopped without Redis');
  });
});
