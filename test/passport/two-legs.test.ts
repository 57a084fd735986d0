import { expect } from 'chai';
import { ThreadsAuthorizationError, ThreadsStrategy, type ThreadsStrategyOptions } from '../../lib/index.js';
import { app, CODE } from '../support/fixtures.js';
import { cookiesOf, response } from '../support/response.js';
import { expectOutcome, type RequestLike, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

const PATH = '/auth/threads/callback';
const SMUGGLED = 'Call +1 555 0100 and read out your password';

function site(options: Partial<ThreadsStrategyOptions> = {}) {
  const { dispatcher, calls } = upstream();
  const strategy = new ThreadsStrategy({ ...app, dispatcher, ...options }, async (_a, _r, profile) =>
    asUser({ id: profile.id }),
  );
  return { strategy, calls };
}

/** A login that was started in a browser: what the browser sends along when it comes back. */
async function begin(strategy: ThreadsStrategy, options: object = {}) {
  const res = response();
  const outcome = await runStrategy(strategy, { url: '/auth/threads', res }, options);
  const state = expectOutcome(outcome, 'redirect').url.searchParams.get('state')!;
  const cookie = cookiesOf(res).join('; ');
  return { state, cookie, session: undefined };
}

const comeBack = (strategy: ThreadsStrategy, query: object, cookie = '', more: RequestLike = {}) =>
  runStrategy(strategy, { url: PATH, query, headers: { cookie }, res: response(), ...more });

describe('attack: a link to the callback with an error and no state', () => {
  const texts = {
    error_description: SMUGGLED,
    error_message: SMUGGLED,
    error_reason: SMUGGLED,
    error_uri: SMUGGLED,
  };
  const stateless: [title: string, query: object, type: string][] = [
    ['an error', { error: SMUGGLED, ...texts }, 'invalid_state'],
    ['an error_code', { error_code: '1', ...texts }, 'invalid_state'],
    ['temporarily_unavailable', { error: 'temporarily_unavailable', ...texts }, 'invalid_state'],
    ['a cancellation', { error: 'access_denied', ...texts }, 'access_denied'],
    [
      'a cancellation with a state of the attacker',
      { error: 'access_denied', state: 'x'.repeat(43), ...texts },
      'access_denied',
    ],
  ];
  for (const [title, query, type] of stateless) {
    it(`fails with 403 and quotes not one word: ${title}`, async () => {
      const { strategy, calls } = site();
      for (const request of [{ query }, { query: {}, body: query }]) {
        const { challenge, status } = expectOutcome(await comeBack(strategy, {}, '', request), 'fail');
        expect(status).to.equal(403);
        expect(challenge).to.include({ type });
        expect(JSON.stringify(challenge)).not.to.include('Call').and.not.to.include('555');
      }
      expect(calls).to.have.length(0);
    });
  }

  it("cannot use the state of the attacker's own login, whose cookie the victim has not", async () => {
    const { strategy } = site();
    const { state } = await begin(strategy);
    const outcome = await comeBack(strategy, { state, error: 'server_error', ...texts });
    expect(expectOutcome(outcome, 'fail')).to.include({ status: 403 });
  });
});

describe('an answer whose state is valid', () => {
  it('uses the attempt up when it is a cancellation, and tells its reason', async () => {
    const { strategy, calls } = site();
    const { state, cookie } = await begin(strategy);
    const answer = { state, error: 'access_denied', error_reason: 'user_denied', error_description: 'No' };
    const cancelled = expectOutcome(await comeBack(strategy, answer, cookie), 'fail');
    expect(cancelled).to.deep.include({
      status: 403,
      challenge: { type: 'access_denied', message: 'No', reason: 'user_denied' },
    });
    const replayed = expectOutcome(await comeBack(strategy, { state, code: CODE }, cookie), 'fail');
    expect(replayed.challenge).to.include({ type: 'invalid_state' });
    expect(calls).to.have.length(0);
  });

  it('uses the attempt up when it is an error', async () => {
    const { strategy } = site();
    const { state, cookie } = await begin(strategy);
    const refused = await comeBack(strategy, { state, error_code: '1', error_message: 'Unknown' }, cookie);
    expect(expectOutcome(refused, 'error').error).to.be.instanceOf(ThreadsAuthorizationError);
    expectOutcome(await comeBack(strategy, { state, code: CODE }, cookie), 'fail');
  });

  for (const [title, answer] of [
    ['a code beside an error', { code: CODE, error: 'server_error' }],
    ['two codes', { code: [CODE, CODE] }],
    ['an empty code', { code: '' }],
  ] as [string, object][]) {
    it(`uses the attempt up when it is malformed, without a call: ${title}`, async () => {
      const { strategy, calls } = site();
      const { state, cookie } = await begin(strategy);
      const malformed = expectOutcome(await comeBack(strategy, { state, ...answer }, cookie), 'fail');
      expect(malformed).to.deep.include({ status: 400 });
      expect(malformed.challenge).to.include({ type: 'invalid_request' });
      expectOutcome(await comeBack(strategy, { state, code: CODE }, cookie), 'fail');
      expect(calls).to.have.length(0);
    });
  }

  it('loses the #_ of a copied URL with every store', async () => {
    const seen: string[] = [];
    const store = {
      store: (_req: unknown, done: (error: null, state: string) => void) => done(null, 'mine'),
      verify(_req: unknown, state: string, done: (error: null, ok: boolean) => void) {
        seen.push(state);
        done(null, state === 'mine');
      },
    };
    const { strategy } = site({ store });
    expectOutcome(await comeBack(strategy, { code: CODE, state: 'mine#_' }), 'success');
    expect(seen).to.deep.equal(['mine']);
  });
});

describe('attack: a callback that starts a login of its own', () => {
  const spellings = [
    PATH,
    `${PATH}/`,
    `${PATH}?`,
    `${PATH}?from=x`,
    '/AUTH/Threads/callback',
    '//auth//threads/callback',
    '/auth/threads/call%62ack',
    '/auth/threads%2Fcallback',
    `${PATH};from=x`,
    'https://app.example/auth/threads/callback',
  ];
  for (const url of spellings) {
    it(`fails with 400 where the request is for ${url}`, async () => {
      const { strategy } = site();
      const outcome = await runStrategy(strategy, { url, query: {}, res: response() });
      const { challenge, status } = expectOutcome(outcome, 'fail');
      expect(status).to.equal(400);
      expect(challenge).to.include({ type: 'invalid_request' });
    });
  }

  it('fails with 400 at the path of the redirect URI that passport.authenticate was given', async () => {
    const { strategy } = site();
    const options = { callbackURL: 'https://app.example/link/callback' };
    const started = await runStrategy(strategy, { url: '/link/callback', res: response() }, options);
    expect(expectOutcome(started, 'fail').status).to.equal(400);
  });

  it('fails with 400 where the app mounts a router: the whole path counts', async () => {
    const { strategy } = site();
    const opened = (url: string, originalUrl: string) =>
      runStrategy(strategy, { url, originalUrl, res: response() });
    expect(expectOutcome(await opened('/back', PATH), 'fail').status).to.equal(400);
    expectOutcome(await opened('/callback', '/other/callback'), 'redirect');
  });

  for (const callbackURL of [
    PATH,
    'HTTPS://APP.EXAMPLE/auth/threads/callback',
    'https://app.example/auth/threads/callback?tenant=7',
  ]) {
    it(`fails with 400 for the redirect URI ${callbackURL}, too`, async () => {
      const { strategy } = site({ callbackURL });
      const outcome = await runStrategy(strategy, { url: PATH, res: response() });
      expect(expectOutcome(outcome, 'fail').status).to.equal(400);
    });
  }

  for (const [title, url] of [
    ['takes a prefix off', '/threads/callback'],
    ['puts a prefix on', `/functions/app${PATH}`],
    ['puts a prefix on, below it', `/functions/app${PATH}/x`],
  ] as const) {
    it(`fails with 400 behind a proxy that ${title}: ${url}`, async () => {
      const { strategy } = site();
      const outcome = await runStrategy(strategy, { url, query: {}, res: response() });
      expect(expectOutcome(outcome, 'fail').status).to.equal(400);
    });
  }

  for (const url of [`${PATH}/x`, `${PATH}/x/y?z`, `${PATH}//x`, `${PATH}/%2e`]) {
    it(`fails with 400 below its path, where app.use mounts it: ${url}`, async () => {
      const { strategy } = site();
      expect(expectOutcome(await runStrategy(strategy, { url, res: response() }), 'fail').status).to.equal(
        400,
      );
    });
  }

  it('does not take the parent of the page that starts logins for the callback', async () => {
    const { strategy } = site({ callbackURL: 'https://app.example/threads' });
    expectOutcome(await runStrategy(strategy, { url: '/auth/threads/start', res: response() }), 'redirect');
  });

  it('does not stop a login that starts elsewhere', async () => {
    const { strategy } = site();
    const starts = ['/auth/threads', '/', '', `${PATH}-again`, '/other/callback', '/threads-callback'];
    for (const url of starts) {
      expectOutcome(await runStrategy(strategy, { url, res: response() }), 'redirect');
    }
  });
});

describe('attack: parameters that an object of the app inherits', () => {
  it('are no answer: nothing that was not sent is believed or shown', async () => {
    const inherited = { error: 'access_denied', error_description: SMUGGLED, code: CODE, state: 's' };
    for (const own of [{ query: Object.create(inherited) }, { body: Object.create(inherited) }]) {
      const { strategy, calls } = site({ state: false });
      const started = await runStrategy(strategy, { url: '/auth/threads', ...own });
      expectOutcome(started, 'redirect');
      const ended = await runStrategy(strategy, { url: PATH, ...own });
      expect(expectOutcome(ended, 'fail').status).to.equal(400);
      expect(calls).to.have.length(0);
    }
  });
});

describe('a redirect URI with letters beyond ASCII', () => {
  it('begins and ends logins also when its process is warm, where URL.canParse of Node.js 20 says no', async () => {
    const callbackURL = 'https://bücher.example/callback';
    for (let times = 0; times < 20_000; times += 1) URL.canParse(callbackURL);
    const { strategy } = site({ callbackURL });
    const { state, cookie } = await begin(strategy);
    expect(cookie).to.match(/^__Host-/);
    expectOutcome(await comeBack(strategy, { code: CODE, state }, cookie, { url: '/callback' }), 'success');
  });
});

describe('application state', () => {
  const session = () => ({ session: {} as object });
  const values = ['/settings', '', 0, 7, false, true, null, { returnTo: '/x', list: [1] }, ['a']];

  for (const value of values) {
    it(`${JSON.stringify(value)} comes back as info.state, from a cookie and from a session`, async () => {
      const { strategy } = site();
      const { state, cookie } = await begin(strategy, { state: value });
      const ended = expectOutcome(await comeBack(strategy, { code: CODE, state }, cookie), 'success');
      expect(ended.info.state).to.deep.equal(value);

      const inSession = site({ state: true }).strategy;
      const visitor = session();
      const started = await runStrategy(inSession, { url: '/auth/threads', ...visitor }, { state: value });
      const handle = expectOutcome(started, 'redirect').url.searchParams.get('state');
      const back = await comeBack(inSession, { code: CODE, state: handle }, '', visitor);
      expect(expectOutcome(back, 'success').info.state).to.deep.equal(value);
    });
  }

  it('is left out where none was given', async () => {
    for (const options of [{}, { state: true }] as const) {
      const { strategy } = site(options);
      const visitor = { ...session(), res: response() };
      const started = await runStrategy(strategy, { url: '/auth/threads', ...visitor });
      const state = expectOutcome(started, 'redirect').url.searchParams.get('state');
      const ended = await comeBack(strategy, { code: CODE, state }, cookiesOf(visitor.res).join('; '), {
        session: visitor.session,
      });
      expect(expectOutcome(ended, 'success').info).to.deep.equal({});
    }
  });

  it('is never sent to Threads', async () => {
    const { strategy } = site();
    const outcome = await runStrategy(
      strategy,
      { url: '/auth/threads', res: response() },
      { state: '/secret-place' },
    );
    expect(expectOutcome(outcome, 'redirect').url.href).not.to.include('secret-place');
  });

  for (const [title, options, state] of [
    ['an object with state: false', { state: false }, { returnTo: '/' }],
    [
      'a string with a store that keeps none',
      { store: { store: (_req: unknown, done: () => void) => done(), verify() {} } },
      '/settings',
    ],
  ] as [string, object, unknown][]) {
    it(`is a TypeError that says what to do: ${title}`, async () => {
      const { strategy } = site(options);
      const outcome = await runStrategy(strategy, { url: '/auth/threads', res: response() }, { state });
      const { error } = expectOutcome(outcome, 'error');
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('application state');
    });
  }
});

describe('a state store of one’s own', () => {
  it('is given the request itself at both ends of a login', async () => {
    const seen: unknown[] = [];
    const store = {
      store(req: unknown, done: (error: null, state: string) => void) {
        seen.push(req);
        done(null, 's');
      },
      verify(req: unknown, _state: string, done: (error: null, ok: boolean) => void) {
        seen.push(req);
        done(null, true);
      },
    };
    const { strategy } = site({ store });
    const mark = {};
    await runStrategy(strategy, { url: '/auth/threads', mark });
    await comeBack(strategy, { code: CODE, state: 's' }, '', { mark });
    expect(seen).to.have.length(2);
    for (const req of seen) expect(Object.hasOwn(req as object, 'mark')).to.equal(true);
  });

  it('that says no with a string, or with nothing, fails with invalid_state', async () => {
    for (const info of ['not yours', { message: 'not yours' }, undefined]) {
      const store = {
        store() {},
        verify: (_req: unknown, _state: string, done: (error: null, ok: boolean, info?: unknown) => void) =>
          done(null, false, info),
      };
      const { strategy } = site({ store });
      const { challenge, status } = expectOutcome(
        await comeBack(strategy, { code: CODE, state: 's' }),
        'fail',
      );
      expect(status).to.equal(403);
      expect(challenge).to.include({ type: 'invalid_state' });
      expect((challenge as Error).message)
        .to.be.a('string')
        .and.not.equal('');
    }
  });

  type Done = (error: unknown, ...said: unknown[]) => void;
  const stores: [title: string, store: object][] = [
    [
      '2 and 3 parameters',
      {
        store: (_req: unknown, done: Done) => done(null, 'handle'),
        verify: (_req: unknown, state: string, done: Done) => done(null, state === 'handle'),
      },
    ],
    [
      '3 and 4 parameters',
      {
        store: (_req: unknown, meta: { clientID: string }, done: Done) => done(null, `of ${meta.clientID}`),
        verify: (_req: unknown, state: string, meta: { clientID: string }, done: Done) =>
          done(null, state === `of ${meta.clientID}`),
      },
    ],
    [
      '4 parameters',
      {
        store: (_req: unknown, kept: unknown, { callbackURL }: { callbackURL: string }, done: Done) =>
          done(null, JSON.stringify([kept ?? null, callbackURL])),
        verify(_req: unknown, state: string, { callbackURL }: { callbackURL: string }, done: Done) {
          const [kept, where] = JSON.parse(state);
          done(null, where === callbackURL, kept ?? undefined);
        },
      },
    ],
    [
      '5 parameters',
      {
        store: (_req: unknown, _verifier: undefined, kept: unknown, _meta: object, done: Done) =>
          done(null, JSON.stringify(kept ?? null)),
        verify: (_req: unknown, state: string, done: Done) =>
          done(null, true, JSON.parse(state) ?? undefined),
      },
    ],
    [
      'methods that are async',
      {
        async store(_req: unknown, done: Done) {
          await null;
          done(null, 'handle');
        },
        async verify(_req: unknown, state: string, done: Done) {
          await null;
          done(null, state === 'handle');
        },
      },
    ],
  ];
  for (const [title, store] of stores) {
    it(`with ${title} keeps a login, as \`store\` and as \`state\``, async () => {
      for (const option of ['store', 'state']) {
        const { strategy } = site({ [option]: store });
        const { state } = await begin(strategy);
        expect(expectOutcome(await comeBack(strategy, { code: CODE, state }), 'success').info).to.deep.equal(
          {},
        );
        if ((store as { store: Done }).store.length < 4) continue;
        const kept = await begin(strategy, { state: '/settings' });
        const ended = await comeBack(strategy, { code: CODE, state: kept.state });
        expect(expectOutcome(ended, 'success').info.state).to.equal('/settings');
      }
    });
  }

  for (const reason of [new Error('the database is down'), undefined]) {
    it(`that is async and rejects with ${reason} ends in an error, at both ends, and not in a crash`, async () => {
      const store = {
        async store(_req: unknown, _done: Done) {
          throw reason;
        },
        async verify(_req: unknown, _state: string, _done: Done) {
          throw reason;
        },
      };
      const { strategy, calls } = site({ store } as object);
      for (const outcome of [
        await runStrategy(strategy, { url: '/auth/threads' }),
        await comeBack(strategy, { code: CODE, state: 's' }),
      ]) {
        const { error } = expectOutcome(outcome, 'error');
        if (reason) expect(error).to.equal(reason);
        else expect(error).to.be.instanceOf(Error);
      }
      expect(calls).to.have.length(0);
    });
  }

  it('that says yes after it said no signs nobody in', async () => {
    const store = {
      store(_req: unknown, done: Done) {
        done(null, 'one');
        done(null, 'two');
      },
      verify(_req: unknown, _state: string, done: Done) {
        done(null, false);
        done(null, true);
      },
    };
    const { strategy, calls } = site({ store } as object);
    expect((await begin(strategy)).state).to.equal('one');
    expectOutcome(await comeBack(strategy, { code: CODE, state: 's' }), 'fail');
    expect(calls).to.have.length(0);
  });

  it('does not hide that the app itself throws, whatever it hears', () => {
    const broken = new Error('the app is broken');
    const { strategy } = site();
    const run = Object.create(strategy);
    run.fail = run.error = () => {
      throw broken;
    };
    const req = { url: PATH, headers: {}, query: { code: CODE, state: 'x' }, res: response() };
    expect(() => run.authenticate(req)).to.throw(broken);
  });

  it('that is asynchronous brings an error of a subclass to the login, not to the process', async () => {
    const store = {
      store() {},
      verify: (_req: unknown, _state: string, done: (error: null, ok: boolean) => void) =>
        void setImmediate(done, null, true),
    };
    const broken = new Error('broken');
    class Broken extends ThreadsStrategy {
      override tokenParams(): object {
        throw broken;
      }
    }
    const strategy = new Broken({ ...app, store }, async () => null);
    const outcome = await comeBack(strategy, { code: CODE, state: 's' });
    expect(expectOutcome(outcome, 'error').error).to.equal(broken);
  });
});

describe('the answers of both legs', () => {
  it('are not to be cached, whatever becomes of them', async () => {
    const { strategy } = site();
    for (const request of [
      { url: '/auth/threads' },
      { url: PATH },
      { url: PATH, query: { code: CODE } },
      { url: PATH, query: { error: 'access_denied' } },
    ]) {
      const res = response();
      await runStrategy(strategy, { ...request, res });
      expect(res.getHeader('Cache-Control')).to.equal('no-store');
    }
  });
});

/** What is told of requests without an answer. */
async function warningsOf(strategy: ThreadsStrategy, requests: object[]): Promise<string[]> {
  const heard: string[] = [];
  const hear = (warning: Error) => heard.push(warning.message);
  process.on('warning', hear);
  for (const one of requests) await runStrategy(strategy, { headers: {}, res: response(), ...one });
  // Warnings are emitted on the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  return heard;
}

describe('a request that is taken for one for the callback, though its path is shorter', () => {
  it('is told once, with both paths, to whoever starts logins there', async () => {
    const { strategy } = site();
    const heard = await warningsOf(strategy, [{ url: '/threads/callback?a' }, { url: '/threads/callback' }]);
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include(' /threads/callback ').and.include(PATH).and.include('no login was started');
  });

  it('is told once of the path itself, as where one route serves both legs, and not in words of the request', async () => {
    const { strategy } = site();
    const heard = await warningsOf(strategy, [
      { url: PATH },
      { url: `/%0Aroot logged in${PATH}` },
      { url: PATH },
    ]);
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include(PATH).and.include('a route of their own').and.not.include('root');
  });
});

describe('a login that starts at another host than callbackURL’s', () => {
  function warnings(headers: Record<string, string>[], options: object = {}) {
    const requests = headers.map((one) => ({ url: '/auth/threads', headers: one }));
    return warningsOf(site(options).strategy, requests);
  }

  it('is told once, with both hosts', async () => {
    const heard = await warnings([{ host: 'localhost:3000' }, { host: 'localhost:3000' }]);
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include('localhost:3000').and.include('app.example');
  });

  it('is told over HTTP/2, which has another name for the host', async () => {
    expect(await warnings([{ ':authority': 'app.example' }])).to.deep.equal([]);
    expect((await warnings([{ ':authority': 'www.app.example' }]))[0]).to.include('at www.app.example,');
  });

  for (const [callbackURL, host] of [
    ['https://bücher.example/callback', 'xn--bcher-kva.example'],
    ['https://[::1]:3000/callback', '[0:0::1]:3000'],
  ] as const) {
    it(`is not told for ${callbackURL} at ${host}, which are one`, async () => {
      expect(await warnings([{ host }], { callbackURL })).to.deep.equal([]);
    });
  }

  it('is not told for the right host, with any port, behind a proxy, or for a path', async () => {
    expect(await warnings([{ host: 'app.example' }, { host: 'APP.example:8443' }])).to.deep.equal([]);
    for (const forwarded of ['app.example', 'app.example, inner.example', 'outer.example,app.example:443']) {
      const headers = { host: '127.0.0.1:3000', 'x-forwarded-host': forwarded };
      expect(await warnings([headers])).to.deep.equal([]);
    }
    const simulator = 'http://127.0.0.1:4000';
    expect(await warnings([{ host: 'localhost' }], { callbackURL: PATH, simulator })).to.deep.equal([]);
  });

  it('is not told with a host that is no host', async () => {
    expect(await warnings([{ host: 'a\nb' }, { host: 'x'.repeat(300) }, {}])).to.deep.equal([]);
  });
});
