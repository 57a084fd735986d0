import { expect } from 'chai';
import {
  ThreadsClient,
  ThreadsGraphAPIError,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
} from '../../lib/index.js';
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

  it('that is dead again ends the login in an error, which is not about the person', async () => {
    const { logIn, calls } = site({ debug: dead });
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
    const { logIn, scopes } = site({
      appToken: () => (down ? { status: 500, body: '<html>' } : { body: answers.appToken }),
    });
    expectOutcome(await logIn(), 'error');
    down = false;
    expect(await scopes()).to.include('threads_basic');
  });
});

describe('auto: who inspects where the app token is refused', () => {
  for (const [title, reply] of [
    ['code 3', { status: 400, body: graphError(3) }],
    ['code 10', refused],
    ['code 10 with HTTP 500', { status: 500, body: graphError(10) }],
    ['code 200', { status: 403, body: graphError(200) }],
    ['code 299', { status: 400, body: graphError(299) }],
    ['code 100 that does not speak of the input token', { status: 400, body: graphError(100) }],
  ] as const) {
    it(`the new token itself, and then nobody, with ${title}`, async () => {
      const self = site({
        debug: ({ access_token }) => (access_token === APP_TOKEN ? reply : { body: answers.debug }),
      });
      expect(await self.scopes()).to.include('threads_basic');
      expect(inspectors(self.calls)).to.deep.equal([APP_TOKEN, SHORT_TOKEN]);

      const nobody = site({ debug: reply });
      expect(await nobody.scopes()).to.equal(undefined);
      expect(inspectors(nobody.calls)).to.deep.equal([APP_TOKEN, SHORT_TOKEN]);
    });
  }

  it('the new token itself where Threads gives the app no token for lack of permission', async () => {
    const { scopes, calls } = site({ appToken: refused });
    expect(await scopes()).to.include('threads_basic');
    expect(inspectors(calls)).to.deep.equal([SHORT_TOKEN]);
  });

  it('remembers what was refused for ten minutes', async () => {
    let now = Date.UTC(2026, 0, 1);
    const { scopes, calls } = site({ debug: refused }, { now: () => now });
    await scopes();
    now += TEN_MINUTES - 1;
    expect(await scopes()).to.equal(undefined);
    expect(count(calls, 'debug') + count(calls, 'appToken')).to.equal(0);
    now += 1;
    await scopes();
    expect(inspectors(calls)).to.deep.equal([APP_TOKEN, SHORT_TOKEN]);
  });

  const errors: [title: string, reply: { status: number; body: unknown }][] = [
    [
      'a token of another app',
      {
        status: 400,
        body: graphError(
          100,
          undefined,
          '(#100) The App_id in the input_token did not match the Viewing App',
        ),
      },
    ],
    ...[102, 190].map((code): [string, { status: number; body: unknown }] => [
      `code ${code}`,
      { status: 400, body: graphError(code) },
    ]),
    ...[4, 17, 32, 341, 613].map((code): [string, { status: number; body: unknown }] => [
      `the rate limit ${code}`,
      { status: 400, body: graphError(code) },
    ]),
    ['HTTP 429', { status: 429, body: graphError(10) }],
    ['a temporary problem', { status: 500, body: graphError(2) }],
    ['an unknown code', { status: 400, body: graphError(2500) }],
    ['an answer that cannot be read', { status: 200, body: '<html>' }],
  ];
  for (const [title, reply] of errors) {
    it(`nobody signs in, and no other inspector is asked, after ${title}`, async () => {
      const { logIn, calls } = site({ debug: reply });
      expectOutcome(await logIn(), 'error');
      expect(inspectors(calls)).not.to.include(SHORT_TOKEN);
    });
  }

  it('asks on where there is no /me that could name the person alone', async () => {
    const { logIn, calls } = site({ debug: refused }, { profileFields: false });
    for (const _again of [1, 2]) {
      const { error } = expectOutcome(await logIn(), 'error');
      expect(error).to.include({ code: 10 });
      expect(count(calls, 'debug')).to.be.greaterThan(0);
    }
  });

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
      expect(odd.outcome).to.be.oneOf(['fail', 'error']);
      const { user } = expectOutcome(await runStrategy(strategy, { query: { code: 'NEXT' } }), 'success');
      expect(user).to.deep.include({ scopes: answers.debug.data.scopes });
      expect(inspectors(calls)).to.deep.equal([APP_TOKEN, 'ODD', APP_TOKEN]);
    });
  }

  it('requiredScopes fail closed where nobody may inspect', async () => {
    const { logIn } = site({ debug: refused }, { requiredScopes: ['threads_basic'] });
    expect(expectOutcome(await logIn(), 'fail').challenge).to.include({ type: 'missing_scopes' });
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
