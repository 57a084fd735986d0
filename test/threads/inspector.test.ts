import { expect } from 'chai';
import {
  isThreadsError,
  ThreadsClient,
  ThreadsGraphAPIError,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
  ThreadsTokenStrategy,
} from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { answers, app, CODE, debugAnswer, graphError, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { rejection } from '../support/login.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';
import { type Call, type Replies, upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

const APP_TOKEN = answers.appToken.access_token;
const TEN_MINUTES = 10 * 60 * 1000;
const refused = { status: 400, body: graphError(10) };
const dead = { status: 400, body: graphError(190, 463) };

function site(replies: Replies, options: Partial<ThreadsStrategyOptions> = {}) {
  const { dispatcher, calls } = upstream(replies);
  const strategy = new ThreadsStrategy(
    { ...app, state: false, dispatcher, ...options },
    async (_a, _r, profile) => asUser(profile),
  );
  const logIn = async () => {
    calls.length = 0;
    return runStrategy(strategy, { query: { code: CODE } });
  };
  const scopes = async () => (expectOutcome(await logIn(), 'success').user as { scopes?: string[] }).scopes;
  return { logIn, scopes, calls };
}

/** An app token that is another one each time: `TH|1|1`, `TH|1|2` … */
function freshAppTokens() {
  let issued = 0;
  return () => {
    issued += 1;
    return { body: { access_token: `TH|1|${issued}` } };
  };
}

const inspectors = (calls: Call[]) =>
  calls.filter(({ endpoint }) => endpoint === 'debug').map(({ params }) => params.access_token);
const count = (calls: Call[], endpoint: string) => calls.filter((call) => call.endpoint === endpoint).length;

describe('the inspector of a login', () => {
  it('is the app token, asked for once in a process', async () => {
    const { scopes, calls } = site({});
    expect(await scopes()).to.deep.equal(['threads_basic', 'threads_content_publish']);
    expect(inspectors(calls)).to.deep.equal([APP_TOKEN]);
    expect(count(calls, 'appToken')).to.equal(1);
    await scopes();
    expect(inspectors(calls)).to.deep.equal([APP_TOKEN]);
    expect(count(calls, 'appToken')).to.equal(0);
  });

  it('is asked for once by any number of logins at the same moment', async () => {
    const { dispatcher, calls } = upstream({});
    const strategy = new ThreadsStrategy({ ...app, state: false, dispatcher }, async (_a, _r, p) =>
      asUser(p),
    );
    const logins = Array.from({ length: 50 }, () => runStrategy(strategy, { query: { code: CODE } }));
    for (const outcome of await Promise.all(logins)) expectOutcome(outcome, 'success');
    expect(count(calls, 'appToken')).to.equal(1);
    expect(count(calls, 'debug')).to.equal(50);
  });

  it('never is `TH|id|secret`: the app secret stays out of debug_token', async () => {
    const { logIn, calls } = site({});
    await logIn();
    for (const { params } of calls.filter(({ endpoint }) => endpoint === 'debug')) {
      expect(JSON.stringify(params)).not.to.include(app.clientSecret);
    }
  });

  for (const code of [102, 190]) {
    it(`is replaced once where Threads calls it dead (${code})`, async () => {
      const { scopes, calls } = site({
        appToken: freshAppTokens(),
        debug: ({ access_token }) =>
          access_token === 'TH|1|1' ? { status: 400, body: graphError(code) } : { body: answers.debug },
      });
      expect(await scopes()).to.include('threads_basic');
      expect(inspectors(calls)).to.deep.equal(['TH|1|1', 'TH|1|2']);
      await scopes();
      expect(inspectors(calls)).to.deep.equal(['TH|1|2']);
    });
  }

  it('is replaced whenever it dies, be it twice in a minute, as long as the new one lives', async () => {
    let dying = 'TH|1|1';
    const { scopes, calls } = site({
      appToken: freshAppTokens(),
      debug: ({ access_token }) => (access_token === dying ? dead : { body: answers.debug }),
    });
    for (const next of ['TH|1|2', 'TH|1|3']) {
      expect(await scopes()).to.include('threads_basic');
      expect(inspectors(calls)).to.deep.equal([dying, next]);
      dying = next;
    }
  });

  it('is replaced once by all the logins that find it dead at the same moment', async () => {
    const { dispatcher, calls } = upstream({
      appToken: freshAppTokens(),
      debug: ({ access_token }) => (access_token === 'TH|1|1' ? dead : { body: answers.debug }),
    });
    const client = new ThreadsClient({ ...app, dispatcher });
    const asked = Array.from({ length: 20 }, () => client.verifyToken(SHORT_TOKEN));
    for (const info of await Promise.all(asked)) expect(info.isValid).to.equal(true);
    expect(count(calls, 'appToken')).to.equal(2);
  });

  it('that is dead again ends a login that requires it in an error, which is not about the person', async () => {
    const { logIn, calls } = site({ debug: dead }, { tokenVerification: 'required' });
    const { error } = expectOutcome(await logIn(), 'error');
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ requiresLogin: false });
    expect(inspectors(calls)).to.have.length(2);
    expect(count(calls, 'appToken')).to.equal(2);
  });

  it('attack: forged tokens that are answered as if the inspector were dead cost one replacement a minute', async () => {
    let now = Date.UTC(2026, 0, 1);
    const { dispatcher, calls } = upstream({ debug: dead });
    const client = new ThreadsClient({ ...app, dispatcher, now: () => now });
    for (let forged = 0; forged < 50; forged += 1) await rejection(client.verifyToken(`forged-${forged}`));
    expect(count(calls, 'appToken')).to.equal(2);
    now += 60_000;
    await rejection(client.verifyToken('forged'));
    expect(count(calls, 'appToken')).to.equal(3);
  });

  it('that is refused for a wrong secret, as the code is, leaves the error to the code: the secret comes first', async () => {
    const message = 'Error validating application. Cannot get application info due to a system error.';
    const wrongSecret = { status: 400, body: graphError(101, undefined, message) };
    const { logIn, calls } = site({ token: wrongSecret, appToken: wrongSecret });
    const { error } = expectOutcome(await logIn(), 'error');
    expect(error).to.include({ name: 'ThreadsTokenError', code: 101, requiresLogin: false });
    expect((error as Error).message).to.match(
      /^Error validating application\..*\. Check `clientSecret` first/,
    );
    expect(calls.map(({ endpoint }) => endpoint).sort()).to.deep.equal(['appToken', 'token']);
  });

  it('that could not be had is asked for again by the next login', async () => {
    let down = true;
    const { scopes } = site({
      appToken: () => (down ? { status: 500, body: '<html>' } : { body: answers.appToken }),
    });
    expect(await scopes()).to.equal(undefined);
    down = false;
    expect(await scopes()).to.include('threads_basic');
  });

  describe('is requested while the code is exchanged', () => {
    const tester = { testerAccessToken: 'TESTER' };
    for (const [title, options, requests] of [
      ['where it will inspect', {}, 1],
      ['where it must inspect', { tokenVerification: 'required' }, 1],
      ['but not where nothing is inspected', { tokenVerification: 'off' }, 0],
      ['but not where a tester’s token inspects', tester, 0],
      ['but not where a tester’s token may inspect', { ...tester, tokenVerification: 'auto' }, 0],
    ] as const) {
      it(title, async () => {
        const refusedCode = { status: 400, body: graphError(100, 4279030) };
        const { logIn, calls } = site({ token: refusedCode }, options);
        expectOutcome(await logIn(), 'error');
        expect(count(calls, 'appToken')).to.equal(requests);
      });
    }

    it('but not for ten minutes after it was refused', async () => {
      let now = Date.UTC(2026, 0, 1);
      const { scopes, calls } = site({ appToken: refused }, { now: () => now });
      await scopes();
      expect(count(calls, 'appToken')).to.be.greaterThan(0);
      now += TEN_MINUTES - 1;
      await scopes();
      expect(count(calls, 'appToken')).to.equal(0);
      now += 1;
      await scopes();
      expect(count(calls, 'appToken')).to.be.greaterThan(0);
    });
  });
});

type Reply = { status: number; body: unknown };
const refusal = (code: number, subcode?: number, status = 400): [string, Reply] => [
  `${code}${subcode === undefined ? '' : ` / ${subcode}`} (HTTP ${status})`,
  { status, body: graphError(code, subcode) },
];

const CALLED_DEAD = [
  ...[102, 190].map((code) => refusal(code)),
  ...[458, 459, 460, 463, 464, 467, 492].map((subcode) => refusal(190, subcode)),
  refusal(190, 463, 500),
];

/** Refusals that stay: every code of the protocol that is no limit and no fault. */
const LASTING = [
  ...[3, 10, 24, 100, 101, 104, 199, 200, 250, 299, 2500].map((code) => refusal(code)),
  refusal(10, undefined, 500),
  refusal(10, 4279067),
  refusal(100, 10),
  refusal(100, 33),
  refusal(200, undefined, 403),
  refusal(452, 4279019),
  ...CALLED_DEAD,
];

/** Refusals that pass with time, and are forgotten at once. */
const PASSING = [
  ...[1, 2, 4, 17, 32, 341, 613, 80001, 80014].map((code) => refusal(code)),
  refusal(4, undefined, 500),
  refusal(10, undefined, 429),
];

/** No usable answer: another inspector would have none either. */
const FAULTS: [string, Reply][] = [
  refusal(1, undefined, 500),
  refusal(2, undefined, 503),
  refusal(100, undefined, 500),
  refusal(500, undefined, 500),
  ['HTML (HTTP 500)', { status: 500, body: '<html>' }],
  ['nothing (HTTP 502)', { status: 502, body: '' }],
  ['HTML (HTTP 404)', { status: 404, body: '<html>' }],
  ['HTML (HTTP 200)', { status: 200, body: '<html>' }],
  ['an empty object (HTTP 200)', { status: 200, body: {} }],
  ['no verdict (HTTP 200)', { status: 200, body: { data: { user_id: USER_ID } } }],
];

const byApp = (reply: Reply): Replies => ({
  debug: ({ access_token }) => (access_token === APP_TOKEN ? reply : { body: answers.debug }),
});

describe('auto: who inspects where the app token is refused', () => {
  for (const [title, reply] of [...LASTING, ...PASSING]) {
    it(`the new token itself, and then /me alone signs in, with ${title}`, async () => {
      const asksApp = CALLED_DEAD.some(([dead]) => dead === title) ? [APP_TOKEN, APP_TOKEN] : [APP_TOKEN];
      const self = site(byApp(reply));
      expect(await self.scopes()).to.include('threads_basic');
      expect(inspectors(self.calls)).to.deep.equal([...asksApp, SHORT_TOKEN]);

      const none = site({ debug: reply });
      const { user } = expectOutcome(await none.logIn(), 'success');
      expect(user).to.include({ id: USER_ID });
      expect(user).not.to.have.property('scopes');
      expect(inspectors(none.calls)).to.deep.equal([...asksApp, SHORT_TOKEN]);
      expect(count(none.calls, 'appToken')).to.equal(asksApp.length);
      expect(count(none.calls, 'me')).to.equal(1);
    });

    it(`the new token itself, where the app is given no token with ${title}`, async () => {
      const { scopes, calls } = site({ appToken: reply });
      expect(await scopes()).to.include('threads_basic');
      expect(inspectors(calls)).to.deep.equal([SHORT_TOKEN]);
    });

    it(`the new token itself, where a login needs the answer, and else an error, with ${title}`, async () => {
      for (const options of [{ requiredScopes: ['threads_basic'] }, { profileFields: false }] as const) {
        const self = site(byApp(reply), options);
        expect(await self.scopes()).to.include('threads_basic');

        for (const replies of [{ debug: reply }, { appToken: reply, debug: reply }]) {
          const none = site(replies, options);
          for (const _again of [1, 2]) {
            const { error } = expectOutcome(await none.logIn(), 'error');
            expect(error).to.include({ code: (reply.body as ReturnType<typeof graphError>).error.code });
            expect((error as Error & { requiresLogin: boolean }).requiresLogin).to.equal(false);
            expect(inspectors(none.calls)).to.include(SHORT_TOKEN);
          }
        }
      }
    });

    it(`nobody else, where the answer is required, with ${title}`, async () => {
      for (const replies of [byApp(reply), { appToken: reply }]) {
        const { logIn, calls } = site(replies, { tokenVerification: 'required' });
        expectOutcome(await logIn(), 'error');
        expect(inspectors(calls)).not.to.include(SHORT_TOKEN);
      }
    });
  }

  for (const [title, reply] of LASTING) {
    it(`${title} is remembered for ten minutes`, async () => {
      let now = Date.UTC(2026, 0, 1);
      const { scopes, calls } = site({ debug: reply }, { now: () => now });
      await scopes();
      now += TEN_MINUTES - 1;
      expect(await scopes()).to.equal(undefined);
      expect(count(calls, 'debug') + count(calls, 'appToken')).to.equal(0);
      now += 1;
      await scopes();
      expect(inspectors(calls)).to.include.members([APP_TOKEN, SHORT_TOKEN]);
    });
  }

  for (const [title, reply] of PASSING) {
    it(`${title} is not remembered`, async () => {
      const { scopes, calls } = site({ debug: reply });
      for (const _again of [1, 2]) {
        expect(await scopes()).to.equal(undefined);
        expect(inspectors(calls)).to.deep.equal([APP_TOKEN, SHORT_TOKEN]);
      }
    });
  }

  for (const [title, reply] of FAULTS) {
    it(`nobody: /me alone signs in after ${title}, which is not remembered`, async () => {
      const { scopes, calls } = site({ debug: reply });
      for (const _again of [1, 2]) {
        expect(await scopes()).to.equal(undefined);
        expect(inspectors(calls)).to.deep.equal([APP_TOKEN]);
      }
      const noToken = site({ appToken: reply });
      for (const _again of [1, 2]) {
        expect(await noToken.scopes()).to.equal(undefined);
        expect(count(noToken.calls, 'debug')).to.equal(0);
        expect(count(noToken.calls, 'appToken')).to.be.greaterThan(0);
      }
    });

    it(`nobody: a login that needs the answer ends in an error after ${title}`, async () => {
      for (const options of [
        { requiredScopes: ['threads_basic'] },
        { profileFields: false },
        { tokenVerification: 'required' },
      ] as const) {
        for (const replies of [{ debug: reply }, { appToken: reply }]) {
          const { logIn, calls } = site(replies, options);
          expectOutcome(await logIn(), 'error');
          expect(inspectors(calls)).not.to.include(SHORT_TOKEN);
        }
      }
    });
  }

  const aboutToken: [title: string, body: unknown, status?: number][] = [
    [
      'a token of another app',
      graphError(100, undefined, '(#100) The App_id in the input_token did not match the Viewing App'),
      400,
    ],
    ['is_valid: false', debugAnswer({ is_valid: false })],
    ['is_valid: false, beside what cannot be read', debugAnswer({ is_valid: false, expires_at: 'soon' })],
    ['another app', debugAnswer({ app_id: '42' })],
    ['another person', debugAnswer({ user_id: '17841405793187218' })],
    ['a person whose id cannot be read', debugAnswer({ user_id: 'ada' })],
    ['another type', debugAnswer({ type: 'PAGE' })],
    ['a type that cannot be read', debugAnswer({ type: 7 })],
    ['an expired token', debugAnswer({ expires_at: 1752254132 })],
    ['an end that cannot be read', debugAnswer({ expires_at: 'soon' })],
  ];
  for (const [title, body, status = 200] of aboutToken) {
    it(`attack: nobody signs in after ${title}, by whichever inspector`, async () => {
      const reply = { status, body };
      for (const tokenVerification of ['auto', 'required'] as const) {
        const app = site({ debug: reply }, { tokenVerification });
        expectOutcome(await app.logIn(), 'error');
        expect(inspectors(app.calls)).to.deep.equal([APP_TOKEN]);
      }
      const self = site({
        debug: ({ access_token }) => (access_token === APP_TOKEN ? refused : reply),
      });
      expectOutcome(await self.logIn(), 'error');
      expect(inspectors(self.calls)).to.deep.equal([APP_TOKEN, SHORT_TOKEN]);
    });
  }

  for (const [title, options] of [
    ['requiredScopes', { requiredScopes: ['threads_basic'] }],
    ['the login of an app without /me', { profileFields: false }],
  ] as const) {
    it(`attack: a person whose token Threads refuses to inspect does not take ${title} from the next`, async () => {
      const { dispatcher, calls } = upstream({
        token: ({ code }) => ({ body: `{"access_token":"${code}","user_id":${USER_ID}}` }),
        debug: ({ input_token }) => (input_token === 'ODD' ? refused : { body: answers.debug }),
      });
      const strategy = new ThreadsStrategy(
        { ...app, state: false, dispatcher, ...options },
        async (_a, _r, profile) => asUser(profile),
      );
      const odd = await runStrategy(strategy, { query: { code: 'ODD' } });
      expect(odd.outcome).to.equal('error');
      const { user } = expectOutcome(await runStrategy(strategy, { query: { code: 'NEXT' } }), 'success');
      expect(user).to.deep.include({ scopes: answers.debug.data.scopes });
      expect(inspectors(calls)).to.deep.equal([APP_TOKEN, 'ODD', APP_TOKEN]);
    });
  }

  it('says to the developer what to give in place of an app token that is refused', async () => {
    for (const replies of [{ debug: refused }, { appToken: refused }]) {
      const { logIn } = site(replies, { tokenVerification: 'required' });
      const { error } = expectOutcome(await logIn(), 'error');
      expect((error as Error).message).to.include('`testerAccessToken`');
    }
  });
});

describe('ThreadsTokenStrategy stands or falls with the inspector', () => {
  function tokenSite(replies: Replies) {
    const { dispatcher, calls } = upstream(replies);
    const { clientID, clientSecret } = app;
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, dispatcher },
      async (_a, _r, profile) => asUser(profile),
    );
    const headers = { authorization: `Bearer ${SHORT_TOKEN}` };
    return { signIn: () => runStrategy(strategy, { headers }), calls };
  }

  for (const [title, reply] of [...LASTING, ...PASSING, ...FAULTS]) {
    it(`an error, and nobody is signed in or sent away, with ${title}`, async () => {
      for (const replies of [{ debug: reply }, { appToken: reply }]) {
        const { signIn, calls } = tokenSite(replies);
        const { error } = expectOutcome(await signIn(), 'error');
        expect(isThreadsError(error)).to.equal(true);
        expect(inspectors(calls)).not.to.include(SHORT_TOKEN);
      }
    });
  }

  it('an error that says what to give in place of the app token', async () => {
    for (const [, reply] of LASTING) {
      for (const replies of [{ debug: reply }, { appToken: reply }]) {
        const { error } = expectOutcome(await tokenSite(replies).signIn(), 'error');
        const { reason, message } = error as ThreadsGraphAPIError;
        if (reason !== 'temporary') expect(message).to.include('`testerAccessToken`');
      }
    }
  });
});

describe('with a Threads over sockets', () => {
  let simulator: ThreadsSimulator;
  beforeEach(async () => {
    simulator = createThreadsSimulator();
    await simulator.listen();
  });
  afterEach(() => simulator.close());

  function strategyWith(options: Partial<ThreadsStrategyOptions> = {}) {
    const { clientID, clientSecret, redirectURIs } = simulatedApp;
    const [callbackURL = ''] = redirectURIs;
    const strategy = new ThreadsStrategy(
      { clientID, clientSecret, callbackURL, ...simulator.endpoints, state: false, ...options },
      async (_a, _r, profile) => asUser(profile),
    );
    return async () => {
      const { url } = expectOutcome(await runStrategy(strategy), 'redirect');
      const { searchParams } = new URL(simulator.answer(url));
      return runStrategy(strategy, { query: Object.fromEntries(searchParams) });
    };
  }

  for (const code of [3, 10, 24, 100, 190, 200, 299, 4, 500]) {
    it(`a login with default options signs the right person in where debug_token answers ${code} to all`, async () => {
      simulator.fail('/debug_token', { status: 400, body: graphError(code) });
      const logIn = strategyWith();
      for (const _again of [1, 2]) {
        const { user } = expectOutcome(await logIn(), 'success');
        expect(user).to.include({ id: USER_ID, username: 'ada.okafor' });
      }
    });

    it(`a login with default options signs the right person in where the app token is refused with ${code}`, async () => {
      simulator.fail('/debug_token', { status: 400, body: graphError(code), inspector: 'app' });
      const logIn = strategyWith();
      for (const _again of [1, 2]) {
        const { user } = expectOutcome(await logIn(), 'success');
        expect(user).to.include({ id: USER_ID, username: 'ada.okafor' });
        expect(user).to.deep.include({ scopes: ['threads_basic'] });
      }
    });

    it(`a login with default options signs the right person in where the app token is not handed out (${code})`, async () => {
      simulator.fail('app_token', { status: 400, body: graphError(code) });
      const { user } = expectOutcome(await strategyWith()(), 'success');
      expect(user).to.include({ id: USER_ID, username: 'ada.okafor' });
    });
  }

  for (const [title, fault] of [
    ['answers HTTP 500', { status: 500 }],
    ['is cut short', { cut: true }],
    ['answers no JSON', { status: 200, body: '<html>' }],
  ] as const) {
    for (const endpoint of ['/debug_token', 'app_token']) {
      it(`a login with default options signs in where ${endpoint} ${title}, and one that needs it does not`, async () => {
        simulator.fail(endpoint, fault);
        const { user } = expectOutcome(await strategyWith()(), 'success');
        expect(user).to.include({ id: USER_ID, username: 'ada.okafor' });
        for (const options of [
          { requiredScopes: ['threads_basic'] },
          { profileFields: false },
          { tokenVerification: 'required' },
        ] as const) {
          expectOutcome(await strategyWith(options)(), 'error');
        }
      });
    }
  }

  describe('that stalls, with a timeout of one second', () => {
    const timeout = 1000;
    const stalls: [title: string, plan: () => void][] = [
      ['debug_token stalls', () => simulator.fail('/debug_token', { stall: true })],
      ['the app token stalls', () => simulator.fail('app_token', { stall: true })],
      [
        'the app token comes late and debug_token stalls',
        () => {
          simulator.fail('app_token', { delay: 0.8 * timeout });
          simulator.fail('/debug_token', { stall: true });
        },
      ],
      [
        'the app token is refused late and the token itself stalls',
        () => {
          simulator.fail('/debug_token', {
            delay: 0.8 * timeout,
            status: 400,
            body: graphError(10),
            times: 1,
          });
          simulator.fail('/debug_token', { stall: true });
        },
      ],
      [
        'the app token is called dead late, and its replacement stalls',
        () => {
          simulator.fail('/debug_token', {
            delay: 0.8 * timeout,
            status: 400,
            body: graphError(190),
            times: 1,
          });
          simulator.fail('app_token', { delay: 1, times: 1 });
          simulator.fail('app_token', { stall: true });
        },
      ],
    ];
    for (const [title, plan] of stalls) {
      it(`a login with default options signs in after one second where ${title}`, async () => {
        plan();
        const logIn = strategyWith({ timeout });
        const start = performance.now();
        const { user } = expectOutcome(await logIn(), 'success');
        expect(user).to.include({ id: USER_ID, username: 'ada.okafor' });
        expect(performance.now() - start).to.be.within(0.7 * timeout, 1.7 * timeout);
      });

      it(`a login that requires the answer ends in a TIMEOUT after one second where ${title}`, async () => {
        plan();
        // Without self-inspection, only the refusal ends the login.
        const isRefused = title.includes('is refused');
        const needing = { requiredScopes: ['threads_basic'] };
        const logIn = strategyWith({ timeout, ...(isRefused ? needing : { tokenVerification: 'required' }) });
        const start = performance.now();
        const { error } = expectOutcome(await logIn(), 'error');
        expect(error).to.include({ name: 'ThreadsNetworkError', code: 'TIMEOUT', status: 504 });
        expect(performance.now() - start).to.be.within(0.7 * timeout, 1.7 * timeout);
      });
    }
  });
});

describe('attack: a token of another app that vouches for itself', () => {
  it('is refused by ThreadsClient.verifyToken: the inspector is the app token', async () => {
    const otherApps = {
      status: 400,
      body: graphError(100, undefined, '(#100) The App_id in the input_token did not match the Viewing App'),
    };
    const { dispatcher, calls } = upstream({
      debug: ({ access_token, input_token }) =>
        access_token === input_token ? { body: answers.debug } : otherApps,
    });
    const client = new ThreadsClient({ ...app, dispatcher });
    const error = await rejection(client.verifyToken('THQV-of-another-app'));
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 100, requiresLogin: false });
    expect(inspectors(calls)).to.deep.equal([APP_TOKEN]);
  });
});

describe('one person', () => {
  const OTHER = '17841405793187218';
  const wrong: [title: string, replies: Replies, message: RegExp][] = [
    [
      '/me names another than debug_token',
      { me: { body: { ...answers.me, id: OTHER } } },
      /two different people/,
    ],
    [
      'debug_token names another',
      { debug: { body: debugAnswer({ user_id: OTHER }) } },
      /two different people/,
    ],
    [
      'the token answer names another',
      { token: { body: `{"access_token":"T","user_id":${OTHER}}` } },
      /two different people/,
    ],
    [
      'an id is off by one, as a number that was rounded',
      { me: { body: `{"id":17841405793187220}` } },
      /two different people/,
    ],
    ['app_id is another app’s', { debug: { body: debugAnswer({ app_id: '42' }) } }, /another app/],
    ['type is APP', { debug: { body: debugAnswer({ type: 'APP' }) } }, /not the token of a person/],
    ['type is PAGE', { debug: { body: debugAnswer({ type: 'PAGE' }) } }, /not the token of a person/],
    [
      'user_id is missing',
      { debug: { body: debugAnswer({ user_id: undefined }) } },
      /not the token of a person/,
    ],
    [
      'is_valid is true beside an error',
      { debug: { body: debugAnswer({ error: { code: 190, subcode: 460 } }) } },
      /not valid \(logged_out\)/,
    ],
    ['is_valid is false', { debug: { body: debugAnswer({ is_valid: false }) } }, /not valid/],
    ['expires_at is past', { debug: { body: debugAnswer({ expires_at: 1752254132 }) } }, /has expired/],
  ];
  for (const [title, replies, message] of wrong) {
    for (const longLived of [false, true]) {
      it(`nobody signs in where ${title}${longLived ? ', with longLived' : ''}`, async () => {
        const { logIn } = site(replies, { longLived });
        const { error } = expectOutcome(await logIn(), 'error');
        expect(error).to.include({ name: 'ThreadsTokenError', code: 'invalid_token', status: 502 });
        expect((error as Error).message).to.match(message);
      });
    }
  }

  it('nobody signs in where the token answer and /me disagree and debug_token is off', async () => {
    const { logIn } = site({ me: { body: { ...answers.me, id: OTHER } } }, { tokenVerification: 'off' });
    expect(expectOutcome(await logIn(), 'error').error).to.include({ code: 'invalid_token' });
  });

  it('nobody signs in where the token answer and debug_token disagree and /me is off', async () => {
    const { logIn } = site({ debug: { body: debugAnswer({ user_id: OTHER }) } }, { profileFields: false });
    expect(expectOutcome(await logIn(), 'error').error).to.include({ code: 'invalid_token' });
  });

  it('signs in where type and times are missing, as was observed', async () => {
    const body = debugAnswer({
      type: undefined,
      expires_at: undefined,
      issued_at: undefined,
      data_access_expires_at: undefined,
    });
    const { logIn } = site({ debug: { body } });
    expect(expectOutcome(await logIn(), 'success').user).to.include({ id: USER_ID });
  });

  it('reads the clock when it is needed, so that a mocked Date is heard', async () => {
    const { logIn } = site({ debug: { body: debugAnswer({ expires_at: 1752254132 }) } });
    const { now } = Date;
    Date.now = () => 1752254131_000;
    try {
      expectOutcome(await logIn(), 'success');
    } finally {
      Date.now = now;
    }
  });
});
