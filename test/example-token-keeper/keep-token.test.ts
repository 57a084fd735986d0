import { expect } from 'chai';
import { ThreadsClient } from 'passport-threads-oauth2';
import { keepToken, type Outcome, type Tools } from '../../example/token-keeper/src/keep-token.js';
import { createTokenRows } from '../../example/token-keeper/src/token-rows.js';
import { simulatedApp } from '../../lib/simulator/index.js';
import { rejection } from '../support/login.js';
import { createStore, type Store } from './store.js';
import { startThreads, type WatchedThreads } from './threads.js';

const DAY = 24 * 60 * 60 * 1000;
const LEASE = 60_000;
const ADA = '17841405793187219';
const MATEO = '17841461237740961';
const { clientID, clientSecret } = simulatedApp;

describe('the token keeper, looking at a token', () => {
  let store: Store;
  let threads: WatchedThreads;
  let clock: number;
  let warnings: string[];
  let tools: Tools;

  beforeEach(async () => {
    [store, threads] = await Promise.all([createStore(), startThreads()]);
    clock = 0;
    warnings = [];
    const now = () => Date.now() + clock;
    const [origin] = threads.origins;
    tools = {
      now,
      rows: createTokenRows(store.db, LEASE, now),
      vault: store.vault,
      threads: new ThreadsClient({
        clientID,
        clientSecret,
        tokenURL: `${origin}/oauth/access_token`,
        graphURL: `${origin}/v1.0`,
        now,
      }),
      warn: (message) => warnings.push(message),
    };
  });

  afterEach(async () => {
    await store.close();
    await threads.close();
  });

  /** Stores a token of a person. Returns the token. */
  async function stored(id: string, daysOld: number): Promise<string> {
    const token = threads.person(id, daysOld);
    await store.add([{ id, token, daysOld }]);
    return token;
  }

  const look = (id = ADA, lastTry = false): Promise<Outcome> => keepToken(id, tools, lastTry);

  const inDays = (seconds: unknown) => Math.round((Number(seconds) * 1000 - tools.now()) / DAY);

  it('refreshes one that is due, stores the new one, and learns when its grant ends', async () => {
    const old = await stored(ADA, 55);
    expect(await look()).to.equal('refreshed');
    const row = await store.row(ADA);
    const token = await store.token(ADA);
    expect(token).not.to.equal(old);
    expect(await tools.threads.verifyToken(token)).to.include({ isValid: true, userId: ADA });
    expect([row.token_expires_at, row.data_access_expires_at, row.check_at].map(inDays)).to.deep.equal([
      60, 90, 53,
    ]);
    expect(row.requires_login).to.equal(null);
    expect(threads.refreshesOf(old)).to.equal(1);
  });

  it('asks Threads nothing about one that is not due, and says when it will be', async () => {
    await stored(ADA, 10);
    expect(await look()).to.equal('kept');
    expect(inDays((await store.row(ADA)).check_at)).to.equal(43);
    expect(threads.dealt).to.deep.equal([]);
  });

  it('marks who must come back when the token was revoked between the check and the refresh', async () => {
    await stored(ADA, 55);
    threads.simulator.revoke({ clientID, userId: ADA });
    expect(await look()).to.equal('requires_login');
    expect((await store.row(ADA)).requires_login).to.equal('not_authorized');
    expect(await look()).to.equal('not_due');
  });

  it('marks who must come back when the token has expired, without a request', async () => {
    await stored(ADA, 61);
    expect(await look()).to.equal('requires_login');
    expect((await store.row(ADA)).requires_login).to.equal('expired');
    expect(threads.dealt).to.deep.equal([]);
  });

  it('asks when the grant ends where that is not known, and marks a token that turns out to be dead', async () => {
    await stored(ADA, 10);
    await store.db.execute('UPDATE tokens SET data_access_expires_at = NULL');
    threads.simulator.logOut(ADA);
    expect(await look()).to.equal('requires_login');
    expect((await store.row(ADA)).requires_login).to.equal('logged_out');
  });

  it('lets only one of many refresh a token at the same moment', async () => {
    const old = await stored(ADA, 55);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => look()));
    expect(outcomes.filter((outcome) => outcome === 'refreshed')).to.have.length(1);
    expect(outcomes.filter((outcome) => outcome === 'not_due')).to.have.length(19);
    expect(threads.refreshesOf(old)).to.equal(1);
  });

  it('survives a crash between the answer of Threads and the store: the old token lives on and is refreshed again', async () => {
    const old = await stored(ADA, 55);
    const { rows } = tools;
    const crash = new Error('the process is gone');
    const gone = () => Promise.reject(crash);
    tools.rows = { ...rows, replace: gone, release: gone, lookAgain: gone };
    expect(await rejection(look())).to.equal(crash);
    expect(threads.refreshesOf(old)).to.equal(1);
    expect(await store.token(ADA)).to.equal(old);

    tools.rows = rows;
    expect(await look()).to.equal('not_due');
    clock = LEASE + 1000;
    expect(await look()).to.equal('refreshed');
    expect(threads.refreshesOf(old)).to.equal(2);
    expect(await tools.threads.verifyToken(await store.token(ADA))).to.include({ isValid: true });
  });

  it('keeps the token of a person who signs in while Threads is asked', async () => {
    await stored(ADA, 55);
    const fresh = threads.person(ADA, 0);
    const { rows } = tools;
    tools.rows = {
      ...rows,
      async replace(...args) {
        const args2 = { id: ADA, sealed: await store.vault.seal(ADA, fresh) };
        await store.db.execute({ sql: 'UPDATE tokens SET sealed = :sealed WHERE id = :id', args: args2 });
        return rows.replace(...args);
      },
    };
    expect(await look()).to.equal('superseded');
    expect(await store.token(ADA)).to.equal(fresh);
  });

  it('stores the new token although the old one is sealed anew with another key while Threads is asked', async () => {
    const old = await stored(ADA, 55);
    const { rows, vault } = tools;
    tools.rows = {
      ...rows,
      async replace(...args) {
        const args2 = { id: ADA, sealed: await vault.seal(ADA, old) };
        await store.db.execute({ sql: 'UPDATE tokens SET sealed = :sealed WHERE id = :id', args: args2 });
        tools.rows.replace = rows.replace;
        return rows.replace(...args);
      },
    };
    expect(await look()).to.equal('refreshed');
    expect(await store.token(ADA)).not.to.equal(old);
    expect(threads.refreshesOf(old)).to.equal(1);
  });

  it('gives a token back after a problem that may pass, and leaves it alone for an hour after the last try', async () => {
    const old = await stored(ADA, 55);
    threads.simulator.fail('/refresh_access_token', { status: 503, times: 2 });
    expect(await rejection(look())).to.include({ isTransient: true });
    expect(await rejection(look(ADA, true))).to.include({ isTransient: true });
    expect(await look()).to.equal('not_due');
    clock = 60 * 60 * 1000 + 1000;
    expect(await look()).to.equal('refreshed');
    expect(threads.refreshesOf(old)).to.equal(1);
  });

  it('has the new token safe when debug_token fails after the refresh, and asks about its grant later', async () => {
    const old = await stored(ADA, 55);
    threads.simulator.fail('/debug_token', { status: 503, times: 1 });
    expect(await look()).to.equal('refreshed');
    const token = await store.token(ADA);
    expect(token).not.to.equal(old);
    expect((await store.row(ADA)).data_access_expires_at).to.equal(null);
    clock = 60 * 60 * 1000 + 1000;
    expect(await look()).to.equal('kept');
    expect(inDays((await store.row(ADA)).data_access_expires_at)).to.equal(90);
    expect(await store.token(ADA)).to.equal(token);
  });

  it('does not take a refused inspector for a dead token', async () => {
    await stored(ADA, 55);
    threads.simulator.fail('/debug_token', { status: 400, body: { error: { message: 'No', code: 190 } } });
    expect(await look()).to.equal('refreshed');
    expect((await store.row(ADA)).requires_login).to.equal(null);
    expect(warnings).to.have.length(1);
  });

  it('does not take any other refusal for a dead token either', async () => {
    const old = await stored(ADA, 55);
    threads.simulator.fail('/refresh_access_token', {
      status: 400,
      body: { error: { message: 'No', code: 10 } },
    });
    expect(await look()).to.equal('kept');
    expect((await store.row(ADA)).requires_login).to.equal(null);
    expect(await store.token(ADA)).to.equal(old);
  });

  it('says so and changes nothing when a token does not open', async () => {
    await stored(ADA, 55);
    await stored(MATEO, 55);
    await store.db.execute(
      `UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE id = '${MATEO}') WHERE id = '${ADA}'`,
    );
    const before = (await store.row(ADA)).sealed;
    expect(await look()).to.equal('unreadable');
    expect(warnings).to.have.length(1);
    expect(await store.row(ADA)).to.include({ sealed: before, requires_login: null });
    expect(threads.dealt).to.deep.equal([]);
  });

  it('finds what is due in pages, the longest due first, without anybody twice', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `1784140579318${7200 + i}`);
    for (const [i, id] of ids.entries()) {
      await stored(id, 55);
      await store.db.execute({
        sql: 'UPDATE tokens SET check_at = :at WHERE id = :id',
        args: { at: 100 - (i % 3), id },
      });
    }
    const found: string[] = [];
    for (let last: { id: string; at: number } | undefined; ; ) {
      const page = await tools.rows.due(5, last);
      if (page.length === 0) break;
      found.push(...page.map(({ id }) => id));
      last = page.at(-1);
    }
    expect(found).to.have.members(ids).and.have.length(12);
    expect((await store.row(found[0]!)).check_at).to.equal(98);
  });
});
