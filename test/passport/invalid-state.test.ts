import { once } from 'node:events';
import { expect } from 'chai';
import { CookieStateStore, ThreadsStrategy, type ThreadsStrategyOptions } from '../../lib/index.js';
import { forgetWarnings } from '../../lib/passport/warnings.js';
import { app, CODE } from '../support/fixtures.js';
import { cookiesOf, response } from '../support/response.js';
import { expectOutcome, type RequestLike, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';
import { warningsDuring } from '../support/warnings.js';

const START = '/auth/threads';
const PATH = '/auth/threads/callback';

function site(options: Partial<ThreadsStrategyOptions> = {}) {
  const { dispatcher, calls } = upstream();
  const strategy = new ThreadsStrategy({ ...app, dispatcher, ...options }, async (_a, _r, profile) =>
    asUser({ id: profile.id }),
  );
  return { strategy, calls };
}

async function begin(strategy: ThreadsStrategy, options: object = {}, request: RequestLike = {}) {
  const res = response();
  const outcome = await runStrategy(strategy, { url: START, res, ...request }, options);
  const state = expectOutcome(outcome, 'redirect').url.searchParams.get('state')!;
  return { state, cookie: cookiesOf(res).join('; ') };
}

async function reasonAt(strategy: ThreadsStrategy, request: RequestLike, options: object = {}) {
  const outcome = await runStrategy(strategy, { url: PATH, res: response(), ...request }, options);
  const { challenge, status } = expectOutcome(outcome, 'fail');
  expect(status).to.equal(403);
  expect(challenge).to.include({ type: 'invalid_state' });
  const { reason, message } = challenge as { reason: string; message: string };
  expect(message).to.match(/\. Please start again\.$/);
  return reason;
}

describe('the reason of an invalid state', () => {
  beforeEach(forgetWarnings);

  it('is no_state where the callback has none', async () => {
    const { strategy, calls } = site();
    const { cookie } = await begin(strategy);
    expect(await reasonAt(strategy, { query: { code: CODE }, headers: { cookie } })).to.equal('no_state');
    expect(calls).to.have.length(0);
  });

  it('is no_cookie where the cookie of the login did not come, and the developer is told once what to do', async () => {
    const { strategy } = site();
    const { state } = await begin(strategy);
    const told = await warningsDuring(async () => {
      for (const cookie of ['', 'session=1; other=2']) {
        const request = { query: { code: CODE, state }, headers: { cookie } };
        expect(await reasonAt(strategy, request)).to.equal('no_cookie');
      }
      expect(await reasonAt(site().strategy, { query: { code: CODE, state } })).to.equal('no_cookie');
    });
    expect(told).to.have.length(1);
    expect(told[0]).to.include('no_cookie').and.include('over http').and.include('state: true');
    expect(told[0]).not.to.include(state);
  });

  it('is expired after maxAge', async () => {
    let time = 1_700_000_000_000;
    const { strategy } = site({ now: () => time });
    const { state, cookie } = await begin(strategy);
    time += 15 * 60 * 1000;
    expect(await reasonAt(strategy, { query: { code: CODE, state }, headers: { cookie } })).to.equal(
      'expired',
    );
  });

  it('is used for a login that this process has finished, whether its cookie still comes or not', async () => {
    const { strategy } = site();
    const { state, cookie } = await begin(strategy);
    const query = { code: CODE, state };
    expectOutcome(
      await runStrategy(strategy, { url: PATH, query, headers: { cookie }, res: response() }),
      'success',
    );
    expect(await reasonAt(strategy, { query, headers: { cookie } })).to.equal('used');
    expect(await reasonAt(strategy, { query })).to.equal('used');
  });

  it('is used for a second passport.authenticate in one request, and the developer is told', async () => {
    const { strategy, calls } = site();
    const { state, cookie } = await begin(strategy);
    const req = {
      method: 'GET',
      url: PATH,
      query: { code: CODE, state },
      headers: { cookie },
      res: response(),
    };
    const run = (outcomes: unknown[]) => {
      const leg = Object.create(strategy);
      leg.success = (user: object) => outcomes.push(user);
      leg.fail = (info: object, status: number) => outcomes.push({ ...info, status });
      leg.authenticate(req);
    };
    const first: unknown[] = [];
    const second: unknown[] = [];
    const told = await warningsDuring(async () => {
      run(first);
      run(second);
    });
    expect(second).to.have.length(1);
    expect(second[0]).to.include({ type: 'invalid_state', reason: 'used', status: 403 });
    expect(told.join()).to.include('second time in one request');
    expect(calls.filter(({ endpoint }) => endpoint === 'token')).to.have.length(1);
  });

  it('is other_redirect_uri where callbackURL was given at one leg alone, and the developer is told exactly that', async () => {
    for (const [atStart, atEnd] of [
      [{ callbackURL: 'https://app.example/link/callback' }, {}],
      [{}, { callbackURL: 'https://app.example/link/callback' }],
      [{}, { callbackURL: 'http://app.example/auth/threads/callback' }],
      [{ callbackURL: 'http://app.example/auth/threads/callback' }, {}],
    ]) {
      forgetWarnings();
      const { strategy, calls } = site();
      const told = await warningsDuring(async () => {
        const { state, cookie } = await begin(strategy, atStart);
        const request = { query: { code: CODE, state }, headers: { cookie } };
        expect(await reasonAt(strategy, request, atEnd)).to.equal('other_redirect_uri');
        expect(await reasonAt(strategy, request, atEnd)).to.equal('other_redirect_uri');
      });
      const about = told.filter((message) => message.includes('other_redirect_uri'));
      expect(about).to.have.length(1);
      expect(about[0]).to.include('at one leg alone').and.include('callbackURL');
      expect(calls).to.have.length(0);
    }
  });

  it('is forged where the signature is wrong, or the state is none of ours', async () => {
    const { strategy } = site();
    const { state, cookie } = await begin(strategy);
    const other = new ThreadsStrategy({ ...app, clientSecret: 'another' }, async () => false);
    const request = { query: { code: CODE, state }, headers: { cookie } };
    expect(await reasonAt(other, request)).to.equal('forged');
    expect(await reasonAt(strategy, { query: { code: CODE, state: 'chosen by hand' } })).to.equal('forged');
  });

  it('is kept from a cancellation and an error without a state: they repeat no text of the query', async () => {
    const { strategy } = site();
    const query = { error: 'access_denied', error_description: 'Call me' };
    const denied = expectOutcome(await runStrategy(strategy, { url: PATH, query, res: response() }), 'fail');
    expect(denied.challenge).to.deep.equal({
      type: 'access_denied',
      message: 'The sign-in was cancelled.',
      reason: 'user_denied',
    });
    expect(
      await reasonAt(strategy, { query: { error: 'server_error', error_description: 'Call me' } }),
    ).to.equal('no_state');
  });

  describe('in a session', () => {
    const sessionSite = () => site({ state: true }).strategy;

    it('is no_session where the request has no session or a new one, and the developer is told once', async () => {
      const strategy = sessionSite();
      const visitor = { session: {} };
      const { state } = await begin(strategy, {}, visitor);
      const told = await warningsDuring(async () => {
        for (const session of [undefined, {}, { cookie: {} }, { isNew: true, 'oauth2:x': {} }]) {
          expect(await reasonAt(strategy, { query: { code: CODE, state }, session })).to.equal('no_session');
        }
      });
      expect(told).to.have.length(1);
      expect(told[0]).to.include('no_session').and.include('SameSite=Lax');
    });

    it('is unknown where the session is there and holds another state', async () => {
      const strategy = sessionSite();
      const visitor = { session: {} };
      await begin(strategy, {}, visitor);
      expect(await reasonAt(strategy, { query: { code: CODE, state: 'x' }, ...visitor })).to.equal('unknown');
    });

    it('is unknown where another strategy, with the same session key, left the state there', async () => {
      const strategy = sessionSite();
      for (const state of [{ handle: 'h' }, { handle: 'h', state: null }, { handle: 'h', state: 'x' }]) {
        const session = { 'oauth2:www.threads.com': { state } };
        expect(await reasonAt(strategy, { query: { code: CODE, state: 'h' }, session })).to.equal('unknown');
      }
    });

    it('is other_redirect_uri where the redirect URI is another one: the state is bound to it', async () => {
      const strategy = sessionSite();
      const visitor = { session: {} };
      const { state } = await begin(strategy, { callbackURL: 'https://app.example/link' }, visitor);
      expect(await reasonAt(strategy, { query: { code: CODE, state }, ...visitor })).to.equal(
        'other_redirect_uri',
      );
    });

    it('attack: a state that was started for another app of the same host does not finish a login of this one', async () => {
      const other = new ThreadsStrategy({ ...app, clientID: '999', state: true }, async () => false);
      const visitor = { session: {} };
      const { state } = await begin(other, {}, visitor);
      expect(await reasonAt(sessionSite(), { query: { code: CODE, state }, ...visitor })).to.equal('unknown');
    });

    it('starts no login without a session, and says so in words of this library', async () => {
      const outcome = await runStrategy(sessionSite(), { url: START });
      const { error } = expectOutcome(outcome, 'error');
      expect(error).to.be.instanceOf(Error).with.property('message').that.includes('`state: true`');
    });
  });

  it('is that which a store of the app names, if it is known, else no_session or unknown', async () => {
    const store = (info: unknown) => ({
      store: (_req: unknown, done: (error: null, state: string) => void) => done(null, 's'),
      verify: (_req: unknown, _state: string, done: (error: null, ok: boolean, info: unknown) => void) =>
        done(null, false, info),
    });
    const own = (info?: unknown) => site({ store: store(info) as never }).strategy;
    const query = { code: CODE, state: 's' };
    expect(await reasonAt(own({ reason: 'expired' }), { query })).to.equal('expired');
    expect(await reasonAt(own({ reason: 'no such reason' }), { query })).to.equal('no_session');
    expect(await reasonAt(own(), { query, session: { user: 1 } })).to.equal('unknown');
  });

  it('is in the info of CookieStateStore.verify', (done) => {
    const store = new CookieStateStore({ secret: 's' });
    const meta = { authorizationURL: '', tokenURL: '', clientID: '1', callbackURL: 'https://app.example/x' };
    store.verify({ headers: {} } as never, 'A'.repeat(43), meta, (_error, ok, info) => {
      expect(ok).to.equal(false);
      expect(info).to.include({ reason: 'no_cookie' });
      done();
    });
  });
});

describe('NODE_DEBUG=passport-threads-oauth2', () => {
  it('writes a line for each refusal, with its reason and nothing secret', async () => {
    const { spawn } = await import('node:child_process');
    const program = `
      const { ThreadsStrategy } = require('passport-threads-oauth2');
      const strategy = new ThreadsStrategy(${JSON.stringify(app)}, async () => false);
      const run = Object.create(strategy);
      run.fail = () => {};
      const request = (query) => run.authenticate({ method: 'GET', url: '/auth/threads/callback', headers: {}, query });
      request({ code: 'THE-CODE', state: 'THE-STATE' });
      request({ code: 'THE-CODE' });
      request({});
    `;
    const child = spawn(process.execPath, ['-e', program], {
      env: { ...process.env, NODE_DEBUG: 'passport-threads-oauth2', NODE_OPTIONS: '' },
    });
    let written = '';
    child.stderr.on('data', (chunk) => {
      written += chunk;
    });
    await once(child, 'close');
    const lines = written.split('\n').filter((line) => line.startsWith('PASSPORT-THREADS-OAUTH2'));
    expect(lines.join('\n')).to.include('forged').and.include('no_state').and.include('400 invalid_request');
    expect(lines.length).to.be.at.least(3);
    expect(written).not.to.include('THE-CODE').and.not.include('THE-STATE');
  });
});
