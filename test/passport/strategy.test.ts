import { createHmac } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import {
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  type ThreadsProfile,
  ThreadsStrategy,
  ThreadsTokenError,
  type TokenParams,
  type VerifyCallback,
} from '../../lib/index.js';
import {
  answers,
  app,
  CODE,
  debugAnswer,
  graphError,
  LONG_TOKEN,
  SHORT_TOKEN,
  USER_ID,
} from '../support/fixtures.js';
import { loggedIn, login, loginError } from '../support/login.js';
import { useNock } from '../support/nock.js';
import { cookiesOf, response } from '../support/response.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';
import { type Call, upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

const endpoints = (calls: Call[]) => calls.map((call) => call.endpoint).sort();
const callTo = (calls: Call[], endpoint: string) => calls.find((call) => call.endpoint === endpoint);

describe('redirect to the authorization window', () => {
  const start = async (options: object = {}, perRequest: object = {}) => {
    const strategy = new ThreadsStrategy({ ...app, ...options }, async () => null);
    const res = response();
    const outcome = await runStrategy(strategy, { res }, perRequest);
    return { ...expectOutcome(outcome, 'redirect'), cookies: cookiesOf(res) };
  };

  it('has the documented parameters and no others', async () => {
    const { url } = await start();
    const { state, ...rest } = Object.fromEntries(url.searchParams);
    expect(url.origin + url.pathname).to.equal('https://www.threads.com/oauth/authorize');
    expect(rest).to.deep.equal({
      client_id: app.clientID,
      redirect_uri: app.callbackURL,
      response_type: 'code',
      scope: 'threads_basic',
    });
    expect([...url.searchParams]).to.have.length(5);
    expect(url.hash).to.equal('');
  });

  it('has a state that is new each time, and a cookie', async () => {
    const [first, second] = [await start(), await start()];
    const state = first.url.searchParams.get('state');
    expect(state)
      .to.be.a('string')
      .and.match(/^[\w-]{43}$/);
    expect(second.url.searchParams.get('state')).not.to.equal(state);
    expect(first.cookies).to.have.length(1);
  });

  it('has no state and no cookie with state: false', async () => {
    const { url, cookies } = await start({ state: false });
    expect(url.searchParams.has('state')).to.equal(false);
    expect(cookies).to.have.length(0);
  });

  it('has the state that the app gives as a string, with state: false', async () => {
    const { url } = await start({ state: false }, { state: 'of my own' });
    expect(url.searchParams.get('state')).to.equal('of my own');
  });

  it('goes where authorizationURL says, whose query it keeps', async () => {
    const { url } = await start({ authorizationURL: 'https://www.threads.com/oauth/authorize?locale=vi_VN' });
    expect(url.origin + url.pathname).to.equal('https://www.threads.com/oauth/authorize');
    expect(url.searchParams.get('locale')).to.equal('vi_VN');
    expect(url.searchParams.get('client_id')).to.equal(app.clientID);
  });

  it('names the redirect URI of this request where it has one', async () => {
    const callbackURL = 'https://app.example/other?tenant=7';
    const { url } = await start({}, { callbackURL });
    expect(url.searchParams.get('redirect_uri')).to.equal(callbackURL);
  });

  for (const [proxy, origin] of [
    [undefined, 'http://inside.example'],
    [true, 'https://app.example'],
  ] as const) {
    it(`resolves a relative redirect URI against the request, with proxy: ${proxy}`, async () => {
      const strategy = new ThreadsStrategy(
        { ...app, callbackURL: '/auth/threads/callback', state: false, ...(proxy && { proxy }) },
        async () => null,
      );
      const outcome = await runStrategy(strategy, {
        url: '/auth/threads',
        connection: {},
        headers: {
          host: 'inside.example',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'app.example',
        },
      });
      const { url } = expectOutcome(outcome, 'redirect');
      expect(url.searchParams.get('redirect_uri')).to.equal(`${origin}/auth/threads/callback`);
    });
  }

  it('says why where there is no response to set the cookie on', async () => {
    const outcome = await runStrategy(new ThreadsStrategy(app, async () => null));
    const { error } = expectOutcome(outcome, 'error');
    expect(error).to.be.instanceOf(Error).with.property('message').that.includes('state: true');
  });

  it('brings the state object of the app back as info.state', async () => {
    const appState = { returnTo: '/drafts?page=2' };
    const { url, cookies } = await start({}, { state: appState });
    const { outcome } = await login({
      options: { state: undefined },
      request: {
        query: { code: CODE, state: url.searchParams.get('state') },
        headers: { cookie: cookies[0]?.split(';')[0] },
        res: response(),
      },
    });
    expect(expectOutcome(outcome, 'success').info).to.deep.equal({ state: appState });
  });
});

describe('login: what the verify function is given', () => {
  it('is the token, no refresh token, the token answer and the profile', async () => {
    const { accessToken, refreshToken, params, profile, info } = await loggedIn();
    expect({ accessToken, refreshToken, params, info }).to.deep.equal({
      accessToken: SHORT_TOKEN,
      refreshToken: undefined,
      params: { access_token: SHORT_TOKEN, user_id: USER_ID },
      info: {},
    });
    expect(profile).to.deep.include({
      provider: 'threads',
      id: USER_ID,
      username: 'ada.okafor',
      displayName: 'Ada Okafor',
      scopes: ['threads_basic', 'threads_content_publish'],
    });
    expect(profile.token).to.include({ isValid: true, userId: USER_ID });
  });

  it('is the long-lived token, twice, with longLived', async () => {
    const { accessToken, refreshToken, params, calls } = await loggedIn({ options: { longLived: true } });
    expect({ accessToken, refreshToken, params }).to.deep.equal({
      accessToken: LONG_TOKEN,
      refreshToken: LONG_TOKEN,
      params: { access_token: LONG_TOKEN, token_type: 'bearer', expires_in: 5183944, user_id: USER_ID },
    });
    expect(callTo(calls, 'exchange')?.params).to.deep.equal({
      grant_type: 'th_exchange_token',
      client_secret: app.clientSecret,
      access_token: SHORT_TOKEN,
    });
    expect(callTo(calls, 'me')?.params.access_token).to.equal(SHORT_TOKEN);
    expect(callTo(calls, 'debug')?.params.input_token).to.equal(SHORT_TOKEN);
  });

  it('names the redirect URI of the request in the exchange, too', async () => {
    const { calls } = await loggedIn();
    expect(callTo(calls, 'token')?.params.redirect_uri).to.equal(app.callbackURL);
  });

  for (const [name, value] of [
    ['one beyond 2^53', USER_ID],
    ['the largest of 64 bits', '9223372036854775807'],
    ['a small one', '42'],
  ] as const) {
    for (const [title, body] of [
      ['a number', `{"access_token":"${SHORT_TOKEN}","user_id":${value}}`],
      ['a string', `{"access_token":"${SHORT_TOKEN}","user_id":"${value}"}`],
      [
        'a number, first and widely spaced',
        ` {\n "user_id"\t:\r\n ${value} ,"access_token": "${SHORT_TOKEN}" }\n`,
      ],
    ] as const) {
      it(`has the exact user_id, ${name}, sent as ${title}`, async () => {
        const { params, profile } = await loggedIn({
          replies: {
            token: { body },
            me: { body: `{"id":${value}}` },
            debug: { body: `{"data":{"is_valid":true,"user_id":${value},"scopes":[]}}` },
          },
        });
        expect(params.user_id).to.equal(value);
        expect(profile.id).to.equal(value);
        expect(profile.token?.userId).to.equal(value);
      });
    }
  }

  it('has the id of the token answer where nothing else was asked', async () => {
    const { profile, calls } = await loggedIn({
      options: { profileFields: false, tokenVerification: 'off' },
    });
    expect(profile).to.deep.include({ provider: 'threads', id: USER_ID });
    expect(profile).not.to.have.any.keys('scopes', 'token');
    expect(endpoints(calls)).to.deep.equal(['token']);
  });

  it('is an error where nothing says whose token it is', async () => {
    const error = await loginError({
      replies: { token: { body: { access_token: SHORT_TOKEN } } },
      options: { profileFields: false, tokenVerification: 'off' },
    });
    expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'INVALID_RESPONSE' });
  });
});

describe('login: token verification', () => {
  const notATester = { status: 400, body: graphError(10, undefined, 'Not a tester') };

  it('auto goes on with /me alone where Threads refuses the inspector', async () => {
    for (const status of [200, 400, 401, 403, 404, 500]) {
      for (const code of [3, 10, 100, 200, 299]) {
        const { profile } = await loggedIn({ replies: { debug: { status, body: graphError(code) } } });
        expect(profile.id).to.equal(USER_ID);
        expect(profile).not.to.have.any.keys('scopes', 'token');
      }
    }
  });

  const unanswered: [title: string, status: number, body: unknown, headers?: object][] = [
    ['a dead session (102)', 400, graphError(102)],
    ['a dead token (190)', 400, graphError(190, 463)],
    ...[4, 17, 32, 341, 613].map((code): [string, number, unknown] => [
      `the rate limit (${code})`,
      400,
      graphError(code),
    ]),
    ['HTTP 429', 429, graphError(100)],
    ['HTTP 500', 500, graphError(1)],
    ['HTTP 503', 503, graphError(2)],
    ['an unknown code', 400, graphError(2500)],
    [
      'a token of another app (100, of the input token)',
      400,
      graphError(100, undefined, '(#100) The App_id in the input_token did not match the Viewing App'),
    ],
  ];
  for (const [title, status, body] of unanswered) {
    it(`required ends in an error for ${title}`, async () => {
      const options = { tokenVerification: 'required' } as const;
      const error = await loginError({ replies: { debug: { status, body } }, options });
      expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ status: 502, httpStatus: status });
    });
  }

  it('required ends in an error where debug_token answers something else', async () => {
    const options = { tokenVerification: 'required' } as const;
    for (const body of ['<html>', '', '{}', '{"data":null}', '{"data":{"is_valid":"true"}}']) {
      const error = await loginError({ replies: { debug: { body } }, options });
      expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'INVALID_RESPONSE' });
    }
  });

  for (const isValid of ['"false"', '0', '"true"', '1']) {
    it(`auto ends in an error where debug_token answers is_valid: ${isValid}, which may be a no`, async () => {
      const error = await loginError({ replies: { debug: { body: `{"data":{"is_valid":${isValid}}}` } } });
      expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'INVALID_RESPONSE' });
    });
  }

  it('auto ends in the error of /me where both are refused', async () => {
    const error = await loginError({
      replies: { debug: notATester, me: { status: 400, body: graphError(190, 460) } },
    });
    expect(error).to.include({ code: 190, reason: 'logged_out' });
  });

  it('auto ends in an error where there is no /me to go on with', async () => {
    const error = await loginError({ replies: { debug: notATester }, options: { profileFields: false } });
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 10 });
  });

  it('required ends in the refusal', async () => {
    const error = await loginError({
      replies: { debug: notATester },
      options: { tokenVerification: 'required' },
    });
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 10, reason: 'permission' });
  });

  it('off asks /me alone', async () => {
    const { profile, calls } = await loggedIn({ options: { tokenVerification: 'off' } });
    expect(endpoints(calls)).to.deep.equal(['me', 'token']);
    expect(profile).not.to.have.any.keys('scopes', 'token');
  });

  it('inspects with the app token, which is asked for while the code is exchanged', async () => {
    const { calls } = await loggedIn();
    expect(endpoints(calls.slice(0, 2))).to.deep.equal(['appToken', 'token']);
    expect(callTo(calls, 'debug')?.params).to.deep.equal({
      access_token: answers.appToken.access_token,
      input_token: SHORT_TOKEN,
    });
  });

  it('is required with a testerAccessToken', async () => {
    const error = await loginError({
      replies: { debug: notATester },
      options: { testerAccessToken: 'TESTER' },
    });
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 10 });
  });

  it('may still be auto with a testerAccessToken', async () => {
    const { profile } = await loggedIn({
      replies: { debug: notATester },
      options: { testerAccessToken: 'TESTER', tokenVerification: 'auto' },
    });
    expect(profile.scopes).to.equal(undefined);
  });

  for (const [title, testerAccessToken] of [
    ['a string', 'TESTER'],
    ['a function', () => 'TESTER'],
    ['an async function', async () => 'TESTER'],
  ] as const) {
    it(`inspects with the testerAccessToken, ${title}`, async () => {
      const { calls } = await loggedIn({ options: { testerAccessToken } });
      expect(callTo(calls, 'debug')?.params).to.deep.equal({
        access_token: 'TESTER',
        input_token: SHORT_TOKEN,
      });
    });
  }

  const broken = new Error('the vault is sealed');
  for (const [title, testerAccessToken] of [
    [
      'throws',
      () => {
        throw broken;
      },
    ],
    ['rejects', async () => Promise.reject(broken)],
  ] as const) {
    for (const tokenVerification of ['auto', 'required'] as const) {
      it(`ends in the error of a testerAccessToken that ${title} (${tokenVerification})`, async () => {
        const error = await loginError({ options: { testerAccessToken, tokenVerification } });
        expect(error).to.equal(broken);
      });
    }
  }

  for (const reason of [undefined, null, false, 0, '']) {
    it(`ends in an error, not in a login, where the testerAccessToken rejects with ${JSON.stringify(reason)}`, async () => {
      const error = await loginError({ options: { testerAccessToken: () => Promise.reject(reason) } });
      expect(error.message).to.include('testerAccessToken');
    });
  }

  for (const value of [undefined, '', null, 7]) {
    it(`ends in a TypeError where the testerAccessToken returns ${JSON.stringify(value)}`, async () => {
      const error = await loginError({
        options: { testerAccessToken: async () => value as never, tokenVerification: 'auto' },
      });
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('testerAccessToken');
    });
  }

  const wrong: [title: string, changes: Record<string, unknown>, message: RegExp][] = [
    ['is not valid', { is_valid: false, error: { code: 190, subcode: 458 } }, /not valid.*not_authorized/],
    ['is not valid, without a reason', { is_valid: false }, /not valid/],
    ['belongs to another app', { app_id: '999' }, /another app/],
    ['belongs to somebody else than /me says', { user_id: '17841405793187220' }, /two different people/],
    ['belongs to nobody', { user_id: undefined }, /not the token of a person/],
  ];
  for (const [title, changes, message] of wrong) {
    it(`ends in an error where the token ${title}`, async () => {
      for (const tokenVerification of ['auto', 'required'] as const) {
        const error = await loginError({
          replies: { debug: { body: debugAnswer(changes) } },
          options: { tokenVerification },
        });
        expect(error).to.be.instanceOf(ThreadsTokenError).and.include({ code: 'invalid_token', status: 502 });
        expect(error.message).to.match(message);
      }
    });
  }

  it('takes the id of the app as a string or a number', async () => {
    for (const app_id of [app.clientID, Number(app.clientID)]) {
      const { profile } = await loggedIn({ replies: { debug: { body: debugAnswer({ app_id }) } } });
      expect(profile.token?.appId).to.equal(app.clientID);
    }
  });
});

describe('login: what is asked', () => {
  it('has the documented /me fields', async () => {
    const { calls } = await loggedIn();
    expect(callTo(calls, 'me')?.params).to.deep.equal({
      fields: 'id,username,name,threads_profile_picture_url,threads_biography,is_verified',
      access_token: SHORT_TOKEN,
    });
  });

  it('has the /me fields of the app, and the id always', async () => {
    for (const [profileFields, fields] of [
      [['username'], 'id,username'],
      [['username', 'id', 'username'], 'id,username'],
      [[], 'id'],
    ] as const) {
      const { calls } = await loggedIn({ options: { profileFields } });
      expect(callTo(calls, 'me')?.params.fields).to.equal(fields);
    }
  });

  it('is debug_token alone with profileFields: false', async () => {
    const { profile, calls } = await loggedIn({ options: { profileFields: false } });
    expect(endpoints(calls)).to.deep.equal(['appToken', 'debug', 'token']);
    expect(profile).to.deep.include({
      provider: 'threads',
      id: USER_ID,
      scopes: ['threads_basic', 'threads_content_publish'],
      _raw: '',
      _json: answers.debug,
    });
  });

  const broken = new Error('no');
  for (const [title, skipUserProfile] of [
    ['true', true],
    ['a function', () => true],
    ['an async function', async () => true],
    [
      'a function with a callback',
      (_token: string, done: (error: unknown, skip?: boolean) => void) => done(null, true),
    ],
  ] as const) {
    it(`is the token alone where skipUserProfile is ${title}`, async () => {
      const { profile, params, calls } = await loggedIn({
        options: { skipUserProfile: skipUserProfile as never },
      });
      expect(profile).to.equal(undefined);
      expect(params.user_id).to.equal(USER_ID);
      expect(endpoints(calls)).to.deep.equal(['token']);
    });
  }

  for (const [title, skipUserProfile] of [
    ['false', false],
    ['a function', () => false],
    ['an async function', async () => false],
    [
      'a function with a callback',
      (_token: string, done: (error: unknown, skip?: boolean) => void) => done(null, false),
    ],
  ] as const) {
    it(`is everything where skipUserProfile is ${title} that says no`, async () => {
      const { calls } = await loggedIn({ options: { skipUserProfile: skipUserProfile as never } });
      expect(endpoints(calls)).to.deep.equal(['appToken', 'debug', 'me', 'token']);
    });
  }

  for (const [title, skipUserProfile] of [
    [
      'throws',
      () => {
        throw broken;
      },
    ],
    ['rejects', async () => Promise.reject(broken)],
    ['calls back with an error', (_token: string, done: (error: unknown) => void) => done(broken)],
  ] as const) {
    it(`ends in the error of a skipUserProfile that ${title}`, async () => {
      expect(await loginError({ options: { skipUserProfile: skipUserProfile as never } })).to.equal(broken);
    });
  }

  for (const [title, skipUserProfile] of [
    ['rejects without a reason', () => Promise.reject()],
    ['returns yes, but takes a callback', async (_token: string, _done: unknown) => true],
  ] as const) {
    it(`ends in an error, not in a login and not never, with a skipUserProfile that ${title}`, async () => {
      const error = await loginError({ options: { skipUserProfile: skipUserProfile as never } });
      expect(error.message).to.include('skipUserProfile');
    });
  }

  it('carries the custom headers everywhere', async () => {
    const { calls } = await loggedIn({
      options: { longLived: true, customHeaders: { 'x-trace': 'abc', 'user-agent': 'postcards/1' } },
    });
    expect(endpoints(calls)).to.deep.equal(['appToken', 'debug', 'exchange', 'me', 'token']);
    for (const { headers } of calls)
      expect(headers).to.include({ 'x-trace': 'abc', 'user-agent': 'postcards/1' });
  });

  it('lets a custom header take the place of its own, in whatever case', async () => {
    const { calls } = await loggedIn({ options: { customHeaders: { Accept: 'text/x' } } });
    for (const { headers } of calls) {
      expect(headers).to.include({ accept: 'text/x' }).and.not.have.property('Accept');
    }
  });

  it('carries no proof unless the app says so', async () => {
    const { calls } = await loggedIn();
    for (const { params } of calls) expect(params).not.to.have.property('appsecret_proof');
  });

  it('carries the proof of the token that it asks with, with enableProof', async () => {
    const proof = (token: string) => createHmac('sha256', app.clientSecret).update(token).digest('hex');
    const { calls } = await loggedIn({ options: { enableProof: true, testerAccessToken: 'TESTER' } });
    expect(callTo(calls, 'me')?.params.appsecret_proof).to.equal(proof(SHORT_TOKEN));
    expect(callTo(calls, 'debug')?.params.appsecret_proof).to.equal(proof('TESTER'));
  });
});

describe('login: required scopes', () => {
  const requiredScopes = ['threads_basic', 'threads_delete', 'threads_manage_insights'];

  it('fails with 403 and names what is missing', async () => {
    const { outcome } = await login({ options: { requiredScopes } });
    const { challenge, status } = expectOutcome(outcome, 'fail');
    expect(status).to.equal(403);
    expect(challenge).to.have.all.keys('type', 'message', 'missing');
    expect(challenge).to.deep.include({
      type: 'missing_scopes',
      missing: ['threads_delete', 'threads_manage_insights'],
    });
    expect((challenge as Error).message).to.include('threads_delete, threads_manage_insights');
  });

  it('does not run the verify function', async () => {
    let runs = 0;
    const { dispatcher } = upstream();
    const strategy = new ThreadsStrategy({ ...app, state: false, dispatcher, requiredScopes }, async () => {
      runs += 1;
      return null;
    });
    expectOutcome(await runStrategy(strategy, { query: { code: CODE } }), 'fail');
    expect(runs).to.equal(0);
  });

  it('ends in an error where debug_token was refused: what is missing is not known then', async () => {
    const error = await loginError({
      replies: { debug: { status: 400, body: graphError(10) } },
      options: { requiredScopes: 'threads_basic' },
    });
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 10, requiresLogin: false });
  });

  it('fails where a function skipped the profile', async () => {
    const { outcome } = await login({ options: { requiredScopes, skipUserProfile: () => true } });
    expect(expectOutcome(outcome, 'fail').challenge).to.deep.include({ missing: requiredScopes });
  });

  it('lets a login pass that has them all, in any form', async () => {
    for (const scopes of ['threads_basic,threads_content_publish', ['threads_content_publish'], '']) {
      await loggedIn({ options: { requiredScopes: scopes } });
    }
  });
});

describe('login: round trips', () => {
  const FIRST = ['GET /oauth/access_token', 'POST /oauth/access_token'];

  /** A Threads that answers what belongs to one round trip when all of it is there, and never a part alone. */
  async function together(trips: string[][]) {
    const seen: string[] = [];
    const waiting = new Map<string, ServerResponse>();
    const answersTo: Record<string, string> = {
      'POST /oauth/access_token': answers.token,
      'GET /oauth/access_token': JSON.stringify(answers.appToken),
      'GET /access_token': JSON.stringify(answers.exchange),
      'GET /v1.0/debug_token': JSON.stringify(answers.debug),
      'GET /v1.0/me': JSON.stringify(answers.me),
    };
    const server = createServer((req, res) => {
      const name = `${req.method} ${new URL(req.url ?? '', 'http://localhost').pathname}`;
      seen.push(name);
      req.resume();
      waiting.set(name, res);
      const trip = trips[0];
      if (!trip?.every((one) => waiting.has(one))) return;
      trips.shift();
      for (const one of trip) {
        waiting.get(one)?.end(answersTo[one]);
        waiting.delete(one);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const close = () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    };
    return { seen, origin, close };
  }

  for (const [title, longLived, second] of [
    ['two', false, ['GET /v1.0/debug_token', 'GET /v1.0/me']],
    ['two with longLived', true, ['GET /access_token', 'GET /v1.0/debug_token', 'GET /v1.0/me']],
  ] as const) {
    it(`are ${title}, for the first login of a process and for the next`, async () => {
      const trips = [FIRST, [...second], ['POST /oauth/access_token'], [...second]];
      const all = trips.flat().sort();
      const { seen, origin, close } = await together(trips);
      try {
        const options = {
          ...app,
          state: false,
          longLived,
          tokenURL: `${origin}/oauth/access_token`,
          graphURL: `${origin}/v1.0`,
        };
        const strategy = new ThreadsStrategy(options, async (_token, _refresh, profile) => asUser(profile));
        for (const _login of ['first', 'next']) {
          expectOutcome(await runStrategy(strategy, { query: { code: CODE } }), 'success');
        }
        expect(seen.sort()).to.deep.equal(all);
      } finally {
        await close();
      }
    });
  }
});

describe('login at the documented hosts', () => {
  const nock = useNock();

  it('takes the documented answers, byte for byte', async () => {
    nock('https://graph.threads.net')
      .post('/oauth/access_token', {
        client_id: app.clientID,
        client_secret: app.clientSecret,
        grant_type: 'authorization_code',
        redirect_uri: app.callbackURL,
        code: CODE,
      })
      .matchHeader('content-type', 'application/x-www-form-urlencoded')
      .reply(200, '{"access_token":"THQVJ...","user_id":17841405793187218}')
      .get('/access_token')
      .query({ grant_type: 'th_exchange_token', client_secret: app.clientSecret, access_token: 'THQVJ...' })
      .reply(200, '{"access_token":"LONG","token_type":"bearer","expires_in":5183944}')
      .get('/v1.0/me')
      .query({
        fields: 'id,username,name,threads_profile_picture_url,threads_biography,is_verified',
        access_token: 'THQVJ...',
      })
      .reply(200, '{"id":"17841405793187218","username":"ada"}')
      .get('/oauth/access_token')
      .query({ client_id: app.clientID, client_secret: app.clientSecret, grant_type: 'client_credentials' })
      .reply(200, `{"access_token":"TH|${app.clientID}|...","token_type":"bearer"}`)
      .get('/v1.0/debug_token')
      .query({ access_token: `TH|${app.clientID}|...`, input_token: 'THQVJ...' })
      .reply(
        200,
        `{"data":{"type":"USER","application":"Threads API Test App","data_access_expires_at":1754846089,"expires_at":1752254132,
     "is_valid":true,"issued_at":1747070132,"scopes":["threads_basic","threads_content_publish"],"user_id":"17841405793187218"}}`,
      );

    const strategy = new ThreadsStrategy(
      // The documented token was alive then.
      { ...app, state: false, longLived: true, now: () => Date.UTC(2025, 5, 1) },
      (
        _accessToken: string,
        _refreshToken: string | undefined,
        params: TokenParams,
        profile: ThreadsProfile,
        done: VerifyCallback,
      ) => done(null, asUser({ params, profile })),
    );
    const { user } = expectOutcome(await runStrategy(strategy, { query: { code: CODE } }), 'success');
    expect(user).to.have.nested.property('params.user_id', '17841405793187218');
    expect(user).to.have.nested.property('profile.username', 'ada');
  });

  it('ends in the documented refusal of a code', async () => {
    nock('https://graph.threads.net')
      .post('/oauth/access_token')
      .reply(
        400,
        '{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or was already used"}',
      );
    const strategy = new ThreadsStrategy({ ...app, state: false }, async () => null);
    const { error } = expectOutcome(await runStrategy(strategy, { query: { code: CODE } }), 'error');
    expect(error).to.be.instanceOf(ThreadsTokenError).and.include({ code: 400, type: 'OAuthException' });
  });
});
