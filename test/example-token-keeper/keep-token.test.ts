import { expect } from 'chai';
import { ThreadsClient } from 'passport-threads-oauth2';
import { createFuse } from '../../example/token-keeper/src/fuse.js';
import { keepToken, type Outcome, type Tools } from '../../example/token-keeper/src/keep-token.js';
import { createLimits } from '../../example/token-keeper/src/limits.js';
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
  /** For how long all workers were stopped, each time. */
  let pauses: number[];
  let tools: Tools;

  beforeEach(async () => {
    [store, threads] = await Promise.all([createStore(), startThreads()]);
    clock = 0;
    warnings = [];
    pauses = [];
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
      fuse: createFuse({ percent: 5 }),
      limits: createLimits(async (milliseconds) => pauses.push(milliseconds)),
      storeFor: 0,
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

  it('marks who must come back when the token has expired, once Threads has confirmed it', async () => {
    await stored(ADA, 61);
    expect(await look()).to.equal('requires_login');
    expect((await store.row(ADA)).requires_login).to.equal('expired');
    expect(threads.dealt.map(({ path }) => path)).to.include('/v1.0/debug_token');
  });

  it('does not believe its own clock, or stored times, that a token has expired', async () => {
    const token = await stored(ADA, 2);
    await store.db.execute('UPDATE tokens SET token_expires_at = 1000, data_access_expires_at = 1000');
    expect(await look()).to.equal('kept');
    expect((await store.row(ADA)).requires_login).to.equal(null);
    expect(await store.token(ADA)).to.equal(token);
    expect(inDays((await store.row(ADA)).token_expires_at)).to.equal(58);
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
    expect(await look()).to.equal('refused');
    expect((await store.row(ADA)).requires_login).to.equal(null);
    expect(await store.token(ADA)).to.equal(old);
    expect(await look()).to.equal('not_due');
  });

  it('refreshes imported tokens of which nothing is known, although debug_token may not be asked', async () => {
    const old = await stored(ADA, 55);
    await store.db.execute(
      'UPDATE tokens SET issued_at = NULL, token_expires_at = NULL, data_access_expires_at = NULL',
    );
    const refusal = { status: 400, body: { error: { message: 'No', code: 10 } } };
    threads.simulator.fail('/debug_token', refusal);
    expect(await look()).to.equal('refreshed');
    expect(threads.refreshesOf(old)).to.equal(1);
  });

  it('refreshes a token before it asks debug_token, whose outage stops nothing', async () => {
    const old = await stored(ADA, 55);
    await store.db.execute('UPDATE tokens SET data_access_expires_at = NULL');
    threads.simulator.fail('/debug_token', { status: 503 });
    expect(await look()).to.equal('refreshed');
    expect(threads.refreshesOf(old)).to.equal(1);
  });

  it("leaves one person alone at that person's rate limit, and stops nobody else", async () => {
    await stored(ADA, 55);
    const token = await stored(MATEO, 55);
    const body = { error: { message: 'User request limit reached', code: 17, type: 'OAuthException' } };
    threads.simulator.fail('/refresh_access_token', { status: 400, body, times: 1 });
    expect(await look()).to.equal('limited');
    expect(await look(MATEO)).to.equal('refreshed');
    expect(threads.refreshesOf(token)).to.equal(1);
    expect(pauses).to.deep.equal([]);
    expect(await look()).to.equal('not_due');
    clock = 2 * 60 * 1000;
    expect(await look()).to.equal('refreshed');
  });

  it("stops everybody at the app's rate limit, at debug_token after a refresh as well", async () => {
    const old = await stored(ADA, 55);
    const body = { error: { message: 'Application request limit reached', code: 4, type: 'OAuthException' } };
    const limit = { status: 400, body, headers: { 'Retry-After': '7' }, times: 1 };
    threads.simulator.fail('/refresh_access_token', limit);
    const error = await rejection(look());
    expect(await tools.limits.heed(ADA, error)).to.equal(true);
    threads.simulator.fail('/debug_token', limit);
    expect(await look()).to.equal('refreshed');
    expect(threads.refreshesOf(old)).to.equal(1);
    expect(pauses).to.deep.equal([7000, 7000]);
  });

  it('takes a rate limit that does not say whose it is for one of the app when it meets three in a row', async () => {
    const people = [1, 2, 3].map((n) => `1784140000000000${n}`);
    for (const id of people) await stored(id, 55);
    const body = { error: { message: 'Too many requests' } };
    threads.simulator.fail('/refresh_access_token', { status: 429, body, times: 3 });
    expect(await look(people[0])).to.equal('limited');
    expect(await look(people[1])).to.equal('limited');
    expect(await tools.limits.heed(people[2]!, await rejection(look(people[2])))).to.equal(true);
  });

  it('calls nobody dead in a burst of dead tokens at the refresh that debug_token does not confirm', async () => {
    const people = Array.from({ length: 20 }, (_, i) => `178414000000000${10 + i}`);
    for (const id of people) await stored(id, 55);
    const body = { error: { message: 'Error validating access token', code: 190, type: 'OAuthException' } };
    threads.simulator.fail('/refresh_access_token', { status: 400, body, times: 20 });
    for (const id of people) expect(await look(id)).to.equal('doubtful');
    for (const row of await store.rows()) expect(row.requires_login).to.equal(null);
    clock = 60 * 60 * 1000 + 1000;
    for (const id of people) expect(await look(id)).to.equal('refreshed');
  });

  it('marks nobody any more once too many die at once, and asks again an hour later', async () => {
    const people = Array.from({ length: 30 }, (_, i) => `178414000000000${10 + i}`);
    for (const id of people) await stored(id, 55);
    for (const userId of people) threads.simulator.revoke({ clientID, userId });
    const outcomes = await Promise.all(people.map((id) => look(id)));
    const marked = outcomes.filter((outcome) => outcome === 'requires_login');
    expect(marked.length).to.be.below(10);
    expect(outcomes.filter((outcome) => outcome === 'held')).to.have.length(30 - marked.length);
    expect(tools.fuse.isBlown()).to.equal(true);
    // It was real after all: whoever runs it has looked, and says so.
    clock = 60 * 60 * 1000 + 1000;
    tools.fuse = createFuse({ percent: 100 });
    for (const id of people) await look(id);
    for (const row of await store.rows()) expect(row.requires_login).to.equal('not_authorized');
  });

  it('goes on trying to store a new token while the database is away, and refreshes once', async () => {
    const old = await stored(ADA, 55);
    const { rows } = tools;
    let away = 3;
    tools.storeFor = 10_000;
    tools.rows = {
      ...rows,
      replace: (...args) =>
        away-- > 0 ? Promise.reject(new Error('The database is away')) : rows.replace(...args),
    };
    expect(await look()).to.equal('refreshed');
    expect(threads.refreshesOf(old)).to.equal(1);
    expect(await store.token(ADA)).not.to.equal(old);
  });

  it('knows its own token again when the database stored it and was gone before it said so', async () => {
    const old = await stored(ADA, 55);
    const { rows } = tools;
    let isFirst = true;
    tools.storeFor = 10_000;
    tools.rows = {
      ...rows,
      async replace(...args) {
        const stored = await rows.replace(...args);
        if (!isFirst) return stored;
        isFirst = false;
        throw new Error('The connection is gone');
      },
    };
    expect(await look()).to.equal('refreshed');
    expect(threads.refreshesOf(old)).to.equal(1);
    expect(inDays((await store.row(ADA)).check_at)).to.equal(53);
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

  it('finds those first that end first, and those without an end last', async () => {
    const ends: [string, number | null][] = [
      ['1', 0],
      ['2', 40],
      ['3', null],
      ['4', 3],
      ['5', 1 / 24],
    ];
    for (const [id, days] of ends) {
      await stored(id, 55);
      const end = days ? Math.floor(Date.now() / 1000 + days * 86_400) : days;
      await store.db.execute({
        sql: 'UPDATE tokens SET token_expires_at = :end WHERE id = :id',
        args: { id, end },
      });
    }
    const due = await tools.rows.due(4);
    expect(due.map(({ id }) => id)).to.deep.equal(['5', '3', '4', '2']);
    expect((await tools.rows.due(5)).at(-1)?.id).to.equal('1');
  });

  it('tells what it is behind with', async () => {
    expect(await tools.rows.backlog()).to.deep.equal({ due: 0, oldest: 0, endingSoon: 0 });
    await stored(ADA, 58);
    await stored(MATEO, 10);
    const now = Math.floor(tools.now() / 1000);
    await store.db.execute({ sql: 'UPDATE tokens SET check_at = :at', args: { at: now - 50 } });
    const { due, oldest, endingSoon } = await tools.rows.backlog();
    expect({ due, endingSoon }).to.deep.equal({ due: 2, endingSoon: 1 });
    expect(oldest).to.be.within(50, 60);
  });
});
