import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { Passport, Strategy } from 'passport';
import {
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  type ThreadsProfile,
  ThreadsTokenError,
  ThreadsTokenStrategy,
  type ThreadsTokenStrategyOptions,
  type VerifyFunctionWithRequestAndParams,
} from '../../lib/index.js';
import { answers, app, debugAnswer, graphError, LONG_TOKEN, USER_ID } from '../support/fixtures.js';
import { expectOutcome, type RequestLike, runStrategy } from '../support/run-strategy.js';
import { type Endpoint, type Replies, upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

const { clientID, clientSecret } = app;
const APP_TOKEN = answers.appToken.access_token;
const TOKEN = LONG_TOKEN;

interface Setting {
  replies?: Replies;
  options?: Partial<ThreadsTokenStrategyOptions>;
  request?: RequestLike;
}

interface User {
  accessToken: string;
  refreshToken: string | undefined;
  profile: ThreadsProfile;
}

const bearer = (token: string): RequestLike => ({ headers: { authorization: `Bearer ${token}` } });

/** A login with a token; the user is all that the verify callback was given. */
async function signIn({ replies, options, request = bearer(TOKEN) }: Setting = {}) {
  const { dispatcher, calls } = upstream({ debug: { body: LIVING }, ...replies });
  const strategy = new ThreadsTokenStrategy(
    { clientID, clientSecret, dispatcher, ...options },
    async (accessToken, refreshToken, profile) =>
      asUser({ accessToken, refreshToken, profile } satisfies User),
  );
  const outcome = await runStrategy(strategy, { method: 'POST', url: '/api/session', ...request });
  return {
    outcome,
    calls,
    asked: (endpoint: Endpoint) => calls.filter((call) => call.endpoint === endpoint),
  };
}

/** The `fail` of a login that must end in one. */
async function refused(setting: Setting) {
  const { outcome, calls } = await signIn(setting);
  const { challenge, status } = expectOutcome(outcome, 'fail');
  return { challenge: String(challenge), status, calls };
}

async function broken(setting: Setting) {
  const { error } = expectOutcome((await signIn(setting)).outcome, 'error');
  return error as Error & Record<string, unknown>;
}

const LIVING = debugAnswer({ expires_at: 4102444800, data_access_expires_at: 4102444800 });
const dead = (subcode?: number) => ({
  body: {
    data: {
      ...LIVING.data,
      is_valid: false,
      scopes: [],
      error: { code: 190, subcode, message: `Said of ${TOKEN}` },
    },
  },
});
const refusesMe = (subcode?: number) => ({ status: 400, body: graphError(190, subcode) });

/** A Graph API on a socket. */
async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.0`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function formWith(token: string): FormData {
  const form = new FormData();
  form.set('token', token);
  return form;
}

describe('ThreadsTokenStrategy: the token of a request', () => {
  describe('is missing', () => {
    for (const [title, request] of Object.entries<RequestLike>({
      'without a header and a body': {},
      'with credentials of another scheme': { headers: { authorization: `Basic ${TOKEN}` } },
      'with a scheme and nothing else': { headers: { authorization: 'Bearer' } },
      'with an empty field in the body': { body: { access_token: '' } },
      'in the prototype of the body, which a parser let in': {
        body: Object.create({ access_token: TOKEN }),
      },
      'in a body that is a list': { body: [{ access_token: TOKEN }] },
      'with a body that was not parsed': { body: `access_token=${TOKEN}` },
      'in the query, which ends up in logs': {
        query: { access_token: TOKEN },
        url: `/?access_token=${TOKEN}`,
      },
    })) {
      it(`${title}: 401 with a bare challenge, and Threads is not asked`, async () => {
        const { challenge, status, calls } = await refused({ request });
        expect({ challenge, status }).to.deep.equal({ challenge: 'Bearer realm="Threads"', status: 401 });
        expect(calls).to.have.length(0);
      });
    }
  });

  describe('is ambiguous', () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    for (const [title, request] of Object.entries<RequestLike>({
      'in the header and in the body': { headers, body: { access_token: 'THQVJother' } },
      'in the header and in the body, the same one': { headers, body: { access_token: TOKEN } },
      'in two headers, of which Node.js shows the first': {
        headers,
        rawHeaders: ['Authorization', `Bearer ${TOKEN}`, 'authorization', 'Bearer THQVJother'],
      },
      'in the second of two headers, whose first is of another scheme': {
        headers: { authorization: 'Basic YTpi' },
        rawHeaders: ['Authorization', 'Basic YTpi', 'authorization', `Bearer ${TOKEN}`],
      },
      'in two headers that a proxy joined': {
        headers: { authorization: `Bearer ${TOKEN}, Bearer THQVJother` },
      },
      'twice in the header, with a comma': { headers: { authorization: `Bearer ${TOKEN},THQVJother` } },
      'twice in the header, with a space': { headers: { authorization: `Bearer ${TOKEN} THQVJother` } },
      'in the header, with a line break after it': {
        headers: { authorization: `Bearer ${TOKEN}\r\nX-Injected: 1` },
      },
      'twice in the body': { body: { access_token: [TOKEN, 'THQVJother'] } },
      'nested in the body': { body: { access_token: { access_token: TOKEN } } },
      'a number': { body: { access_token: 12 } },
    })) {
      it(`${title}: 400 invalid_request, and Threads is not asked`, async () => {
        const { challenge, status, calls } = await refused({ request });
        expect(status).to.equal(400);
        expect(challenge).to.match(
          /^Bearer realm="Threads", error="invalid_request", error_description="[^"]+"$/,
        );
        expect(calls).to.have.length(0);
      });
    }
  });

  describe('is garbage', () => {
    for (const [title, token] of Object.entries({
      'white space': 'THQVJ long',
      'a line break': 'THQVJ\r\nX-Injected: 1',
      'a control character': 'THQVJ\0long',
      'letters beyond ASCII': 'THQVJé',
      quotes: 'THQVJ"long',
      'two tokens with a comma between them': `${TOKEN},${TOKEN}`,
      'the #_ of a redirect': `${TOKEN}#_`,
      'another parameter': `${TOKEN}&access_token=x`,
      'the form of an app token': APP_TOKEN,
      'a JSON Web Token, such as one of the app': 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl',
      'a JSON Web Token without a signature': 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.',
      'an encrypted JSON Web Token': 'eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVydGV4dA.dGFn',
      '2049 characters': 'a'.repeat(2049),
      'a megabyte': 'a'.repeat(1_000_000),
    })) {
      it(`${title}: 401 invalid_token, and Threads is not asked`, async () => {
        const { challenge, status, calls } = await refused({ request: { body: { access_token: token } } });
        expect(status).to.equal(401);
        expect(challenge).to.equal(
          'Bearer realm="Threads", error="invalid_token", error_description="This cannot be an access token of a person"',
        );
        expect(calls).to.have.length(0);
      });
    }
  });

  describe('is in a body that a page of another website sent', () => {
    const forwarded = { host: '10.0.0.7:8080', 'x-forwarded-host': 'app.example' };
    const ELSEWHERE: Record<string, Record<string, string | undefined>> = {
      'Sec-Fetch-Site: cross-site': { 'sec-fetch-site': 'cross-site' },
      'Sec-Fetch-Site: same-site, as of another subdomain': { 'sec-fetch-site': 'same-site' },
      'Sec-Fetch-Site: cross-site, whatever the Origin is': {
        'sec-fetch-site': 'cross-site',
        origin: 'https://app.example',
      },
      'Sec-Fetch-Site in two headers': { 'sec-fetch-site': 'same-origin, cross-site' },
      'an empty Sec-Fetch-Site': { 'sec-fetch-site': '' },
      'the Origin of another host': { origin: 'https://evil.example' },
      'the Origin of a host whose name ends the same': { origin: 'https://notapp.example' },
      'the Origin of a host whose name begins the same': { origin: 'https://app.example.evil.example' },
      'the Origin of another port': { origin: 'https://app.example:8443' },
      'the Origin of another port on this machine': {
        host: 'localhost:3000',
        origin: 'http://localhost:4000',
      },
      'the Origin null, as of a sandboxed frame': { origin: 'null' },
      'an empty Origin': { origin: '' },
      'an Origin and no Host': { host: undefined, origin: 'https://evil.example' },
      'an Origin with a name before the host': { origin: 'https://app.example@evil.example' },
      'the Origin of another host, behind a proxy': { ...forwarded, origin: 'https://evil.example' },
      'the Origin of the second of two forwarded hosts': {
        ...forwarded,
        'x-forwarded-host': 'app.example, evil.example',
        origin: 'https://evil.example',
      },
    };
    for (const [title, headers] of Object.entries(ELSEWHERE)) {
      it(`${title}: 400 invalid_request, and Threads is not asked`, async () => {
        const request = { headers: { host: 'app.example', ...headers }, body: { access_token: TOKEN } };
        const { challenge, status, calls } = await refused({ request });
        expect(status).to.equal(400);
        expect(challenge).to.match(/error="invalid_request".*in the Authorization header/);
        expect(calls).to.have.length(0);
      });

      it(`${title}: a token in the header signs its person in as before`, async () => {
        const { authorization } = bearer(TOKEN).headers as { authorization: string };
        const request = { headers: { host: 'app.example', ...headers, authorization } };
        expectOutcome((await signIn({ request })).outcome, 'success');
      });
    }

    for (const [title, body] of Object.entries<unknown>({
      'a field of another name': { token: TOKEN },
      'a field of a field, as a form with brackets has it': { auth: [{ token: TOKEN }] },
      'a body of text, as a form of text/plain sends it': `{"token":"${TOKEN}","x":"="}`,
      'a body of text, in which it is escaped': `{"token":"${TOKEN.replace('T', '\\u0054')}"}`,
      'a body of bytes': Buffer.from(`{"token":"${TOKEN}"}`),
      'the name of a field': { [TOKEN]: '' },
      'a URLSearchParams': new URLSearchParams({ token: TOKEN }),
      'a Map in an object': { fields: new Map([['token', TOKEN]]) },
      'a form of the Fetch standard': formWith(TOKEN),
    })) {
      it(`where tokenFromRequest finds it in ${title}: 400, and Threads is not asked`, async () => {
        const options = { tokenFromRequest: () => TOKEN };
        const request = { headers: { 'sec-fetch-site': 'cross-site' }, body };
        const { status, calls } = await refused({ options, request });
        expect({ status, asked: calls.length }).to.deep.equal({ status: 400, asked: 0 });
      });
    }

    for (const header of [{ 'content-length': '42' }, { 'transfer-encoding': 'chunked' }]) {
      it(`where tokenFromRequest reads the body itself, ${Object.keys(header)}: 400, and Threads is not asked`, async () => {
        const options = { tokenFromRequest: async () => TOKEN };
        const request = { headers: { 'sec-fetch-site': 'cross-site', ...header } };
        const { status, calls } = await refused({ options, request });
        expect({ status, asked: calls.length }).to.deep.equal({ status: 400, asked: 0 });
      });
    }

    it('is no concern of a request without a body', async () => {
      const options = { tokenFromRequest: async () => TOKEN };
      const request = { headers: { 'sec-fetch-site': 'cross-site', 'content-length': '0' } };
      expectOutcome((await signIn({ options, request })).outcome, 'success');
    });

    it('is not looked for in the body where it came in the header, whatever that body is', async () => {
      const body: Record<string, unknown> = {};
      body.self = body;
      const headers = { ...(bearer(TOKEN).headers as object), 'sec-fetch-site': 'cross-site' };
      expectOutcome((await signIn({ request: { headers, body } })).outcome, 'success');
    });

    it('is no concern of a tokenFromRequest that finds it in a header', async () => {
      const options: Setting['options'] = {
        tokenFromRequest: (req) => req.headers['x-threads-token'] as string,
      };
      const headers = { 'sec-fetch-site': 'cross-site', 'x-threads-token': TOKEN };
      const { outcome } = await signIn({ options, request: { headers, body: { remember: true } } });
      expectOutcome(outcome, 'success');
    });
  });

  describe('is in a body of a page of the app, or of a client that is no browser', () => {
    const OWN: Record<string, Record<string, string | undefined>> = {
      'Sec-Fetch-Site: same-origin': { 'sec-fetch-site': 'same-origin', origin: 'https://app.example' },
      'Sec-Fetch-Site: none, as typed by the person': { 'sec-fetch-site': 'none' },
      'Sec-Fetch-Site: same-origin, where a proxy changed the Host': {
        'sec-fetch-site': 'same-origin',
        host: '10.0.0.7:8080',
        origin: 'https://app.example',
      },
      'neither header': {},
      'the Origin of the app': { origin: 'https://app.example' },
      'the Origin of the app, whose Host names the port of https': {
        host: 'app.example:443',
        origin: 'https://app.example',
      },
      'the Origin of the app, in other letters': { host: 'App.Example', origin: 'https://app.example' },
      'the Origin of the app, with a port': { host: 'localhost:3000', origin: 'http://localhost:3000' },
      'the Origin of the app behind a proxy': {
        host: '10.0.0.7:8080',
        'x-forwarded-host': 'app.example',
        origin: 'https://app.example',
      },
      'the Origin of the app behind two proxies': {
        host: '10.0.0.7:8080',
        'x-forwarded-host': 'app.example, inner.example',
        origin: 'https://app.example',
      },
      'the Origin of the app on http2': {
        host: undefined,
        ':authority': 'app.example',
        origin: 'https://app.example',
      },
    };
    for (const [title, headers] of Object.entries(OWN)) {
      it(`signs its person in: ${title}`, async () => {
        const request = { headers: { host: 'app.example', ...headers }, body: { access_token: TOKEN } };
        expectOutcome((await signIn({ request })).outcome, 'success');
      });
    }
  });

  describe('signs its person in', () => {
    for (const [title, request] of Object.entries<RequestLike>({
      'from the Authorization header': bearer(TOKEN),
      'with the scheme in any letters, and more than one space': {
        headers: { authorization: `bEARER   ${TOKEN}` },
      },
      'from the body': { body: { access_token: TOKEN } },
      'from the header, with an empty field in the body': { ...bearer(TOKEN), body: { access_token: '' } },
      'with every character that a bearer token may have': bearer('aZ09-._~+/=='),
      'with the first letters of a JSON Web Token and one dot': bearer('eyJTHQ.VJlong'),
      'with 2048 characters': bearer('a'.repeat(2048)),
    })) {
      it(title, async () => {
        const { user } = expectOutcome((await signIn({ request })).outcome, 'success');
        expect((user as User).profile.id).to.equal(USER_ID);
      });
    }

    it('from where tokenFromRequest finds it, and from nowhere else', async () => {
      const options: Setting['options'] = {
        tokenFromRequest: (req) => req.headers['x-threads-token'] as string,
      };
      const request = { headers: { 'x-threads-token': TOKEN, authorization: 'Bearer THQVJother' } };
      const { user } = expectOutcome((await signIn({ options, request })).outcome, 'success');
      expect((user as User).accessToken).to.equal(TOKEN);
      expect((await refused({ options })).status).to.equal(401);
    });

    it('from where tokenFromRequest finds it later', async () => {
      const { outcome } = await signIn({ options: { tokenFromRequest: async () => TOKEN }, request: {} });
      expectOutcome(outcome, 'success');
    });
  });

  for (const thrown of [new Error('the app made a mistake'), undefined]) {
    it(`is an error where tokenFromRequest throws ${thrown}`, async () => {
      const options = {
        tokenFromRequest() {
          throw thrown;
        },
      };
      expect(await broken({ options })).to.be.instanceOf(Error);
    });
  }
});

describe('ThreadsTokenStrategy: who is refused', () => {
  const invalid = async (setting: Setting, description: RegExp) => {
    const { challenge, status } = await refused(setting);
    expect(status).to.equal(401);
    expect(challenge).to.contain('error="invalid_token"').and.match(description);
    expect(challenge).not.to.contain(TOKEN);
  };

  for (const [subcode, reason] of [
    [458, 'not_authorized'],
    [459, 'checkpoint'],
    [460, 'logged_out'],
    [463, 'expired'],
    [464, 'unconfirmed_user'],
    [467, 'invalid_token'],
    [492, 'invalid_session'],
    [undefined, 'invalid_token'],
  ] as const) {
    it(`a token that died: ${subcode ?? 'no subcode'} (${reason})`, async () => {
      await invalid({ replies: { debug: dead(subcode), me: refusesMe(subcode) } }, RegExp(`\\(${reason}\\)`));
    });
  }

  it('a dead token, for the reason that /me gives where debug_token gives none, as Threads does', () => {
    const debug = { body: debugAnswer({ is_valid: false, scopes: [] }) };
    return invalid({ replies: { debug, me: refusesMe(458) } }, /not_authorized/);
  });

  it('a dead token, for no known reason where /me fails for another', () => {
    const debug = { body: debugAnswer({ is_valid: false, scopes: [] }) };
    return invalid({ replies: { debug, me: { status: 500, body: graphError(10) } } }, /no reason given/);
  });

  it('a dead token, though /me answers to it', () => invalid({ replies: { debug: dead(463) } }, /expired/));

  it('a token that dies between debug_token and /me', () =>
    invalid({ replies: { me: refusesMe(460) } }, /logged_out/));

  it('a token that is over by the clock, though Threads calls it valid', () =>
    invalid({ replies: { debug: { body: debugAnswer({ expires_at: 1752254132 }) } } }, /expired/));

  it("another app's token, to which /me answers: Threads refuses to look at it", () => {
    const refusal = '(#100) The App_id in the input_token did not match the Viewing App';
    const debug = { status: 400, body: graphError(100, undefined, refusal) };
    return invalid({ replies: { debug } }, /belongs to another app/);
  });

  it("another app's token, to which /me answers: the app_id is another's", () =>
    invalid({ replies: { debug: { body: debugAnswer({ ...LIVING.data, app_id: '99' }) } } }, /another app/));

  for (const code of [190, 102]) {
    it(`a token that alone makes debug_token call the inspector dead (${code}), which is well by itself`, () =>
      invalid(
        {
          replies: {
            debug: ({ input_token }) =>
              input_token === TOKEN ? { status: 400, body: graphError(code) } : { body: LIVING },
            me: { status: 400, body: graphError(190) },
          },
        },
        /cannot read/,
      ));
  }

  it('an app token in another form', () => {
    const debug = { body: { data: { type: 'APP', is_valid: true, scopes: [], application: 'My app' } } };
    return invalid(
      { replies: { debug, me: { status: 400, body: graphError(2500) } } },
      /not the token of a person/,
    );
  });

  it('a page token, which names a person too', () => {
    const debug = { body: debugAnswer({ ...LIVING.data, type: 'PAGE', profile_id: '7' }) };
    return invalid({ replies: { debug } }, /not the token of a person/);
  });

  it('a token whose person debug_token does not name', () =>
    invalid({ replies: { debug: { body: debugAnswer({ ...LIVING.data, user_id: undefined }) } } }, /person/));

  it('a token for which /me names another person, off by one', () => {
    const me = { body: { ...answers.me, id: '17841405793187220' } };
    return invalid({ replies: { me } }, /two different people/);
  });

  it('a token without a permission in requiredScopes: 403 insufficient_scope', async () => {
    const { challenge, status } = await refused({
      options: { requiredScopes: ['threads_basic', 'threads_delete'] },
    });
    expect(status).to.equal(403);
    expect(challenge).to.match(
      /^Bearer realm="Threads", error="insufficient_scope", error_description="[^"]*threads_delete", scope="threads_basic threads_delete"$/,
    );
  });

  it('a token that may not read the profile: 403 insufficient_scope', async () => {
    const debug = { body: debugAnswer({ ...LIVING.data, scopes: ['threads_delete'] }) };
    const me = { status: 500, body: graphError(10) };
    const { challenge, status } = await refused({ replies: { debug, me } });
    expect(status).to.equal(403);
    expect(challenge).to.contain('error="insufficient_scope"').and.contain('scope="threads_basic"');
  });

  for (const [title, me] of [
    ['to which /me answers', { body: answers.me }],
    ['so that /me refuses', { status: 400, body: graphError(10) }],
  ] as const) {
    it(`a token that outlived the grant behind it, ${title}: 403 insufficient_scope`, async () => {
      const debug = { body: debugAnswer({ data_access_expires_at: 1754846089 }) };
      const { challenge, status } = await refused({ replies: { debug, me } });
      expect(status).to.equal(403);
      expect(challenge).to.match(/error="insufficient_scope".*grant.*has ended.*scope="threads_basic"$/);
    });
  }

  it('a token whose grant ends at this very millisecond, and not one before it', async () => {
    const debug = { body: debugAnswer({ data_access_expires_at: 1754846089 }) };
    const at = (now: number) => ({ replies: { debug }, options: { now: () => now } });
    expectOutcome((await signIn(at(1754846088_999))).outcome, 'success');
    const { challenge, status } = await refused({
      ...at(1754846089_000),
      options: { now: () => 1754846089_000, requiredScopes: ['threads_delete'] },
    });
    expect(status).to.equal(403);
    expect(challenge).to.contain('scope="threads_basic threads_delete"');
  });

  it('a person whom the verify callback refuses: 403 with what the app says of it', async () => {
    const { dispatcher } = upstream({ debug: { body: LIVING } });
    const why = { type: 'banned', message: 'Not here' };
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, dispatcher },
      (_a, _r, _profile, done) => done(null, false, why),
    );
    const outcome = await runStrategy(strategy, bearer(TOKEN));
    expect(outcome).to.deep.equal({ outcome: 'fail', challenge: why, status: 403 });
  });
});

describe('ThreadsTokenStrategy: what Threads is asked', () => {
  it('is /me and debug_token, and once for the app token', async () => {
    const { calls } = await signIn();
    expect(calls.map(({ endpoint }) => endpoint).sort()).to.deep.equal(['appToken', 'debug', 'me']);
  });

  it('is debug_token alone with profileFields: false', async () => {
    const { outcome, calls } = await signIn({ options: { profileFields: false } });
    const { profile } = expectOutcome(outcome, 'success').user as User;
    expect(profile).to.deep.include({ provider: 'threads', id: USER_ID, scopes: LIVING.data.scopes });
    expect(calls.map(({ endpoint }) => endpoint)).to.deep.equal(['appToken', 'debug']);
  });

  it('has the app token as the inspector, never the token itself', async () => {
    const { asked } = await signIn();
    expect(asked('debug').map(({ params }) => params)).to.deep.equal([
      { access_token: APP_TOKEN, input_token: TOKEN },
    ]);
  });

  it("has the tester's token as the inspector where there is one", async () => {
    const { asked } = await signIn({ options: { testerAccessToken: async () => 'THQVJtester' } });
    expect(asked('debug').map(({ params }) => params.access_token)).to.deep.equal(['THQVJtester']);
    expect(asked('appToken')).to.have.length(0);
  });

  describe('where the app token may not ask', () => {
    const CODES = [1, 2, 3, 4, 10, 17, 24, 32, 100, 102, 190, 200, 299, 341, 452, 613, 80001];
    const atAppToken = (code: number) => ({ error_type: 'OAuthException', code, error_message: 'Refused' });
    const REFUSALS: Record<string, (code: number) => Replies> = {
      'debug_token refuses it with HTTP 400 and': (code) => ({
        debug: { status: 400, body: graphError(code) },
      }),
      'debug_token refuses it with a subcode and': (code) => ({
        debug: { status: 400, body: graphError(code, code === 100 ? 33 : 4279067) },
      }),
      'debug_token refuses it with HTTP 500 and': (code) => ({
        debug: { status: 500, body: graphError(code) },
      }),
      'it is not handed out, in the shape of the Graph API, with': (code) => ({
        appToken: { status: 400, body: graphError(code) },
      }),
      'it is not handed out, in the flat shape, with': (code) => ({
        appToken: { status: 400, body: atAppToken(code) },
      }),
    };
    for (const [title, replies] of Object.entries(REFUSALS)) {
      for (const code of CODES) {
        it(`${title} code ${code}: an error that names testerAccessToken, and the token does not inspect itself`, async () => {
          const { outcome, asked } = await signIn({ replies: replies(code) });
          const { error } = expectOutcome(outcome, 'error');
          expect(error).to.have.property('requiresLogin', false);
          expect((error as Error).message).to.contain('`testerAccessToken`');
          expect(asked('debug').map(({ params }) => params.access_token)).not.to.include(TOKEN);
        });

        it(`${title} code ${code}: testerAccessToken signs the person in all the same`, async () => {
          const asTester: Replies = {
            ...replies(code),
            debug: ({ access_token }) =>
              access_token === 'THQVJtester' ? { body: LIVING } : { status: 400, body: graphError(code) },
          };
          const options = { testerAccessToken: 'THQVJtester' };
          const { outcome, asked } = await signIn({ replies: asTester, options });
          expectOutcome(outcome, 'success');
          expect(asked('appToken')).to.deep.equal([]);
        });
      }
    }
  });

  for (const [title, self] of Object.entries({
    'is called dead by itself, too': { status: 400, body: graphError(190) },
    'is not valid by itself': { body: debugAnswer({ is_valid: false }) },
    'cannot be asked about': { status: 503, body: '<html>' },
  })) {
    it(`is an error where debug_token calls the inspector dead, and it ${title}`, async () => {
      const debug = ({ input_token }: { input_token?: string }) =>
        input_token === TOKEN ? { status: 400, body: graphError(190) } : self;
      const error = await broken({ replies: { debug } });
      expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ requiresLogin: false });
    });
  }

  it('is an error where the app secret is wrong', async () => {
    const refusal = {
      error_type: 'OAuthException',
      code: 400,
      error_message: 'Error validating client secret.',
    };
    const error = await broken({ replies: { appToken: { status: 400, body: refusal } } });
    expect(error).to.be.instanceOf(ThreadsTokenError);
  });

  it('is an error where the endpoint of the app token speaks of an invalid_token', async () => {
    const refusal = { error: 'invalid_token', error_description: 'Not today' };
    const error = await broken({ replies: { appToken: { status: 401, body: refusal } } });
    expect(error).to.be.instanceOf(ThreadsTokenError);
  });

  for (const reason of [new Error('the database is down'), undefined]) {
    it(`is an error where testerAccessToken rejects with ${reason}`, async () => {
      const options = { testerAccessToken: () => Promise.reject(reason) };
      expect(await broken({ options })).to.be.instanceOf(Error);
    });
  }

  for (const endpoint of ['appToken', 'debug', 'me'] as const) {
    it(`is an error where Threads is down, at ${endpoint}`, async () => {
      const error = await broken({ replies: { [endpoint]: { status: 503, body: '<html>' } } });
      expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ status: 502 });
    });
  }

  it('is an error where /me refuses for a reason that is not the token', async () => {
    const error = await broken({ replies: { me: { status: 400, body: graphError(4) } } });
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ reason: 'rate_limited' });
  });

  it('is an error where nobody listens', async () => {
    const graphURL = 'http://127.0.0.1:9/v1.0';
    const options = { graphURL, tokenURL: 'http://127.0.0.1:9/oauth/access_token', dispatcher: undefined };
    expect(await broken({ options })).to.be.instanceOf(ThreadsNetworkError);
  });

  it('takes one round trip: both are on the way before either is answered', async () => {
    const waiting: (() => void)[] = [];
    const threads = await serve((req, res) => {
      const { pathname } = new URL(req.url ?? '', 'http://threads');
      const answer = { '/v1.0/me': answers.me, '/v1.0/debug_token': LIVING }[pathname];
      res.setHeader('content-type', 'application/json');
      waiting.push(() => res.end(JSON.stringify(answer)));
      if (waiting.length === 2) for (const send of waiting) send();
    });
    try {
      const options = { graphURL: threads.url, testerAccessToken: 'THQVJtester', dispatcher: undefined };
      expectOutcome((await signIn({ options })).outcome, 'success');
    } finally {
      await threads.close();
    }
  });
});

describe('ThreadsTokenStrategy: who is signed in', () => {
  it('is the person of the token, with what both answers say', async () => {
    const { outcome } = await signIn();
    const { accessToken, refreshToken, profile } = expectOutcome(outcome, 'success').user as User;
    expect({ accessToken, refreshToken }).to.deep.equal({ accessToken: TOKEN, refreshToken: undefined });
    expect(profile).to.deep.include({
      provider: 'threads',
      id: USER_ID,
      username: 'ada.okafor',
      scopes: LIVING.data.scopes,
    });
    expect(profile.token?.isValid).to.equal(true);
  });

  it('is the user of a verify callback in its form of five parameters and the request', async () => {
    const { dispatcher } = upstream({ debug: { body: LIVING } });
    const verify: VerifyFunctionWithRequestAndParams = (req, _a, _r, params, profile, done) =>
      done(null, asUser({ path: req.url, params, id: profile.id }), { newcomer: true });
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, dispatcher, passReqToCallback: true },
      verify,
    );
    const outcome = await runStrategy(strategy, { ...bearer(TOKEN), url: '/api/session' });
    const { user, info } = expectOutcome(outcome, 'success');
    expect(user).to.deep.equal({
      path: '/api/session',
      params: { access_token: TOKEN, user_id: USER_ID },
      id: USER_ID,
    });
    expect(info).to.deep.equal({ newcomer: true });
  });

  it('is nobody where the verify callback fails', async () => {
    const { dispatcher } = upstream({ debug: { body: LIVING } });
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, dispatcher },
      async (_a, _r, _profile) => {
        throw new Error('the database is down');
      },
    );
    const { error } = expectOutcome(await runStrategy(strategy, bearer(TOKEN)), 'error');
    expect(error).to.have.property('message', 'the database is down');
  });

  it('is each as themselves, of fifty at the same moment, with one app token', async () => {
    const toID = (token = '') => token.replace('person-', '17841405793187');
    const { dispatcher, calls } = upstream({
      debug: ({ input_token }) => ({ body: debugAnswer({ ...LIVING.data, user_id: toID(input_token) }) }),
      me: ({ access_token }) => ({ body: { ...answers.me, id: toID(access_token) } }),
    });
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, dispatcher },
      async (_a, _r, { id }) => asUser({ id }),
    );
    const tokens = Array.from({ length: 50 }, (_, i) => `person-${100 + i}`);
    const outcomes = await Promise.all(tokens.map((token) => runStrategy(strategy, bearer(token))));
    const users = outcomes.map((outcome) => expectOutcome(outcome, 'success').user);
    expect(users).to.deep.equal(tokens.map((token) => ({ id: toID(token) })));
    expect(calls.filter(({ endpoint }) => endpoint === 'appToken')).to.have.length(1);
  });

  it('is nobody of a thousand forged tokens, at the cost of two requests each and one for the app token, and the next genuine one is', async () => {
    const asked: string[] = [];
    const threads = await serve((req, res) => {
      const { pathname, searchParams } = new URL(req.url ?? '', 'http://threads');
      asked.push(pathname);
      const isGenuine = [searchParams.get('input_token'), searchParams.get('access_token')].includes(TOKEN);
      const isMe = pathname === '/v1.0/me';
      const body = isMe ? answers.me : pathname === '/v1.0/debug_token' ? LIVING : answers.appToken;
      const refusal = isMe ? refusesMe(467) : dead(467);
      if (isMe && !isGenuine) res.statusCode = 400;
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(isGenuine || body === answers.appToken ? body : refusal.body));
    });
    const tokenURL = new URL('/oauth/access_token', threads.url).href;
    const options = { clientID, clientSecret, graphURL: threads.url, tokenURL };
    const strategy = new ThreadsTokenStrategy(options, async (_a, _r, { id }) => asUser({ id }));
    try {
      for (let wave = 0; wave < 10; wave += 1) {
        const tokens = Array.from({ length: 100 }, (_, i) => `THQVJforged${wave}-${i}`);
        const outcomes = await Promise.all(tokens.map((token) => runStrategy(strategy, bearer(token))));
        for (const outcome of outcomes) expect(expectOutcome(outcome, 'fail').status).to.equal(401);
      }
      expect(asked.filter((path) => path === '/oauth/access_token')).to.have.length(1);
      expect(asked.length).to.be.at.most(2 * 1000 + 1);

      expectOutcome(await runStrategy(strategy, bearer(TOKEN)), 'success');
    } finally {
      await threads.close();
    }
  });

  it('is nobody of a hundred tokens that make debug_token call the inspector dead, at the cost of three requests each and one more app token', async () => {
    const { dispatcher, calls } = upstream({
      debug: ({ input_token }) =>
        input_token?.startsWith('THQVJpoison') ? { status: 400, body: graphError(190) } : { body: LIVING },
      me: ({ access_token }) => (access_token === TOKEN ? { body: answers.me } : refusesMe(467)),
    });
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, dispatcher },
      async (_a, _r, { id }) => asUser({ id }),
    );
    for (let i = 0; i < 100; i += 1) {
      const outcome = await runStrategy(strategy, bearer(`THQVJpoison${i}`));
      expect(expectOutcome(outcome, 'fail').status).to.equal(401);
    }
    expect(calls.filter(({ endpoint }) => endpoint === 'appToken')).to.have.length(2);
    expect(calls.length).to.be.at.most(3 * 100 + 3);

    expectOutcome(await runStrategy(strategy, bearer(TOKEN)), 'success');
  });

  it('is reported as an error where the app cannot handle a failure, and the process lives', async () => {
    const { dispatcher } = upstream();
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, dispatcher },
      (_a, _r, _profile, done) => done(null, false),
    );
    const error = await new Promise((resolve) => {
      const run = Object.create(strategy);
      run.error = resolve;
      run.fail = () => {
        throw new TypeError('the handler of the app is wrong');
      };
      run.authenticate({ headers: {} });
    });
    expect(error).to.be.instanceOf(TypeError);
  });
});

describe('ThreadsTokenStrategy: attacks', () => {
  it("does not sign a visitor in as the attacker, whose website posts the attacker's token to a route with a session", async () => {
    const { dispatcher, calls } = upstream({ debug: { body: LIVING } });
    const passport = new Passport();
    passport.serializeUser((user, done) => done(null, JSON.stringify(user)));
    passport.deserializeUser((user, done) => done(null, JSON.parse(String(user))));
    passport.use(
      new ThreadsTokenStrategy({ clientID, clientSecret, dispatcher }, async (_a, _r, { id }) =>
        asUser({ id }),
      ),
    );
    const site = express();
    site.use(session({ secret: 'test', resave: false, saveUninitialized: false }), passport.session());
    site.use(express.urlencoded({ extended: true }), express.text(), express.json());
    site.post('/api/session', passport.authenticate('threads-token'), (req, res) => void res.json(req.user));
    site.get('/me', (req, res) => void res.json(req.user ?? null));
    const app = await serve(site);
    const origin = new URL(app.url).origin;
    /** What a form sends: no header of its own, and these two of the browser. */
    const submit = (headers: { origin: string; 'sec-fetch-site'?: string }) =>
      fetch(`${origin}/api/session`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ access_token: TOKEN }),
      });
    const EVIL = 'https://evil.example';
    try {
      // An older browser, or one at plain http, sends the second alone.
      for (const headers of [{ origin: EVIL, 'sec-fetch-site': 'cross-site' }, { origin: EVIL }]) {
        const { status, headers: answered } = await submit(headers);
        expect({ status, cookies: answered.getSetCookie() }).to.deep.equal({ status: 400, cookies: [] });
      }
      expect(calls).to.deep.equal([]);

      const own = await submit({ origin, 'sec-fetch-site': 'same-origin' });
      expect(own.status).to.equal(200);
      const cookie = own.headers.getSetCookie()[0]!.split(';')[0]!;
      const page = await fetch(`${origin}/me`, { headers: { cookie } });
      expect(await page.json()).to.deep.equal({ id: USER_ID });
    } finally {
      await app.close();
    }
  });
});

describe('ThreadsTokenStrategy: the challenge of the answer', () => {
  class Guest extends Strategy {
    override authenticate() {
      this.success(asUser({}));
    }
  }

  /** The answer of an app that does as `answer` says once Passport is done. */
  async function challengeOf(
    names: string[],
    answer: (res: ServerResponse) => void,
  ): Promise<{ status: number; challenge: string | null }> {
    const { dispatcher } = upstream({ debug: dead(463), me: refusesMe(463) });
    const options = { clientID, clientSecret, dispatcher };
    const passport = new Passport();
    passport.use(new ThreadsTokenStrategy(options, async (_a, _r, _profile) => null));
    passport.use('guest', new Guest());
    const app = await serve((req, res) => {
      passport.authenticate(names, () => answer(res))(req, res, () => {});
    });
    try {
      const { status, headers } = await fetch(app.url, {
        ...(bearer(TOKEN) as RequestInit),
        redirect: 'manual',
      });
      return { status, challenge: headers.get('www-authenticate') };
    } finally {
      await app.close();
    }
  }

  it('is sent where the app answers with the status of the failure by itself', async () => {
    const { challenge } = await challengeOf(['threads-token'], (res) => res.writeHead(401).end());
    expect(challenge).to.contain('error="invalid_token"');
  });

  it("gives way to the app's own", async () => {
    const own = { 'WWW-Authenticate': 'Bearer realm="mine"' };
    const { challenge } = await challengeOf(['threads-token'], (res) => res.writeHead(401, own).end());
    expect(challenge).to.equal(own['WWW-Authenticate']);
  });

  for (const status of [200, 204, 302, 404, 500]) {
    it(`is left out where the app answers otherwise: ${status}`, async () => {
      const answer = await challengeOf(['threads-token', 'guest'], (res) =>
        res.writeHead(status, { location: '/login' }).end(),
      );
      expect(answer).to.deep.equal({ status, challenge: null });
    });
  }
});

describe('ThreadsTokenStrategy: options', () => {
  const make = (options: object) => () =>
    new ThreadsTokenStrategy({ clientID, clientSecret, ...options }, async (_a, _r, _profile) => null);

  for (const [title, options, message] of [
    ['a missing clientID', { clientID: undefined }, /^ThreadsTokenStrategy needs `clientID`.*App Dashboard/],
    ['an empty clientSecret', { clientSecret: '' }, /^ThreadsTokenStrategy needs `clientSecret`/],
    ['a clientID with white space', { clientID: '12 34' }, /`clientID` has white space/],
    ["tokenVerification: 'off'", { tokenVerification: 'off' }, /`tokenVerification` has no meaning here/],
    ["tokenVerification: 'auto'", { tokenVerification: 'auto' }, /`tokenVerification` has no meaning here/],
    [
      'a tokenFromRequest that is a name',
      { tokenFromRequest: 'x-token' },
      /`tokenFromRequest` must be a function/,
    ],
    ['an empty testerAccessToken', { testerAccessToken: '' }, /`testerAccessToken` must be/],
    ['profileFields: true', { profileFields: true }, /`profileFields` must be/],
    ['a graphURL without a scheme', { graphURL: 'graph.threads.net' }, /`graphURL` must be/],
    ['a timeout of nothing', { timeout: 0 }, /`timeout` must be/],
    ['requiredScopes that are no text', { requiredScopes: [1] }, /`requiredScopes` must be/],
  ] as const) {
    it(`refuse ${title}`, () => {
      expect(make(options)).to.throw(TypeError, message);
    });
  }

  it('refuse to be left out, as the verify callback', () => {
    const Strategy = ThreadsTokenStrategy as unknown as new (...args: unknown[]) => unknown;
    expect(() => new Strategy()).to.throw(TypeError, /needs a verify callback/);
    expect(() => new Strategy(undefined, () => {})).to.throw(TypeError, /needs `clientID`/);
    expect(() => new Strategy({ clientID, clientSecret })).to.throw(TypeError, /needs a verify callback/);
    expect(() => new Strategy({ clientID, clientSecret }, (_one: string) => {})).to.throw(
      TypeError,
      /declares 1 parameters/,
    );
  });

  it('warn of one that only a login with a redirect has', async () => {
    const warned = once(process, 'warning');
    make({ longLived: true })();
    const [{ message }] = await warned;
    expect(message).to.equal('ThreadsTokenStrategy does not know the option `longLived`. Is it misspelt?');
  });
});
