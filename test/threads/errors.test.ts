import { inspect } from 'node:util';
import { expect } from 'chai';
import { AuthorizationError, InternalOAuthError, TokenError } from 'passport-oauth2';
import { MockAgent } from 'undici';
import {
  ThreadsAuthorizationError,
  ThreadsClient,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  ThreadsTokenError,
} from '../../lib/index.js';
import { app, CODE, graphError, LONG_TOKEN, SHORT_TOKEN } from '../support/fixtures.js';
import { loginError, rejection } from '../support/login.js';
import { type Endpoint, type Reply, upstream } from '../support/upstream.js';

const INSPECTOR = 'THQVJinspectorToken';
const SECRETS = [app.clientSecret, CODE, SHORT_TOKEN, LONG_TOKEN, INSPECTOR];

const CALLS: Record<Endpoint, (client: ThreadsClient) => Promise<unknown>> = {
  token: (client) => client.exchangeCode(CODE, app.callbackURL),
  exchange: (client) => client.exchangeToken(SHORT_TOKEN),
  refresh: (client) => client.refreshToken(LONG_TOKEN),
  appToken: (client) => client.getAppAccessToken(),
  debug: (client) => client.verifyToken(LONG_TOKEN, { accessToken: INSPECTOR }),
  me: (client) => client.getProfile(LONG_TOKEN),
};
const ENDPOINTS = Object.keys(CALLS) as Endpoint[];

function errorOf(endpoint: Endpoint, reply: Reply) {
  const { dispatcher } = upstream({ [endpoint]: reply });
  return rejection(CALLS[endpoint](new ThreadsClient({ ...app, dispatcher, enableProof: true })));
}

/** All that anybody could print of an error. */
function printed(error: Error): string {
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [
    inspect(error, { depth: 20, showHidden: true }),
    JSON.stringify(error),
    String(error),
    ...own,
  ].join();
}

describe('errors: a refusal', () => {
  const shapes: [title: string, status: number, body: object, expected: object, message: string][] = [
    [
      'in the flat shape of the code exchange',
      400,
      {
        error_type: 'OAuthException',
        code: 400,
        error_message: 'Matching code was not found or was already used',
      },
      { type: 'OAuthException', code: 400, subcode: undefined, traceId: undefined, reason: 'unknown' },
      'Matching code was not found or was already used',
    ],
    [
      'in the shape of the Graph API',
      400,
      graphError(190, 463, 'Error validating access token: Session has expired on …'),
      { type: 'OAuthException', code: 190, subcode: 463, traceId: 'H2il2t5bn4e', reason: 'expired' },
      'Error validating access token: Session has expired on …',
    ],
    [
      'in the shape of RFC 6749',
      401,
      { error: 'invalid_client', error_description: 'Unknown client' },
      { type: undefined, code: 'invalid_client', reason: 'unknown' },
      'Unknown client',
    ],
    [
      'in the shape of RFC 6749, without a description',
      400,
      { error: 'invalid_grant' },
      { code: 'invalid_grant' },
      'invalid_grant',
    ],
    [
      'with no more than a type',
      400,
      { error_type: 'OAuthException' },
      { type: 'OAuthException' },
      'HTTP 400',
    ],
    ['that is an empty error object', 403, { error: {} }, { type: undefined }, 'HTTP 403'],
    [
      'whose fields have other types',
      400,
      { error: { message: 7, type: {}, code: [], error_subcode: {}, fbtrace_id: null } },
      { type: undefined, subcode: undefined, traceId: undefined },
      'HTTP 400',
    ],
    [
      'whose codes are strings of digits',
      400,
      { error: { message: 'Gone', code: '190', error_subcode: '463' } },
      { code: 190, subcode: 463, reason: 'expired', requiresLogin: true },
      'Gone',
    ],
    ['with HTTP 200', 200, graphError(100, undefined, 'Surprise'), { code: 100 }, 'Surprise'],
    ['with HTTP 500', 500, graphError(2, undefined, 'Oops'), { code: 2, reason: 'temporary' }, 'Oops'],
  ];
  for (const endpoint of ENDPOINTS) {
    const type = endpoint === 'me' || endpoint === 'debug' ? ThreadsGraphAPIError : ThreadsTokenError;
    for (const [title, status, body, expected, message] of shapes) {
      it(`of ${endpoint} ${title} is a ${type.name} with status 502`, async () => {
        const error = await errorOf(endpoint, { status, body });
        expect(error).to.be.instanceOf(Error).and.instanceOf(type);
        expect(error).to.include({ ...expected, name: type.name, status: 502 });
        expect(error.message).to.include(message);
        expect(error.stack).to.include(`${type.name}: ${error.message}`);
      });
    }

    it(`of ${endpoint} does not repeat secrets, wherever Threads puts them`, async () => {
      const quoting = SECRETS.map((secret) => `${secret} ${encodeURIComponent(secret)}`).join(' and ');
      for (const body of [
        { error: { message: quoting, type: quoting, code: quoting, fbtrace_id: quoting, extra: quoting } },
        { error_type: quoting, code: quoting, error_message: quoting, extra: quoting },
        { error: quoting, error_description: quoting, error_uri: quoting },
        { error: quoting },
      ]) {
        const { dispatcher, calls } = upstream({ [endpoint]: { status: 400, body } });
        const client = new ThreadsClient({ ...app, dispatcher, enableProof: true });
        const text = printed(await rejection(CALLS[endpoint](client)));
        const carried = Object.values(calls[0]?.params ?? {}).filter((value) => SECRETS.includes(value));
        expect(carried).not.to.have.length(0);
        for (const secret of carried) expect(text).not.to.include(secret);
        expect(text).to.include('[redacted]');
      }
    });

    it(`of ${endpoint} says something where the refusal says nothing that can be printed`, async () => {
      for (const body of [
        '{"error_message":"\\u0000"}',
        '{"error":"\\u0000"}',
        '{"error":{"message":" "}}',
      ]) {
        const error = await errorOf(endpoint, { status: 400, body });
        expect(error.message)
          .to.match(/^Threads refused the request/)
          .and.not.include('undefined');
      }
    });

    it(`of ${endpoint} has no control characters in its message, and is no longer than a page`, async () => {
      const error_message = `a\r\nb\u0000c\u001b[31m${'d'.repeat(50_000)}`;
      const error = await errorOf(endpoint, { status: 400, body: { error_message } });
      expect(error.message).not.to.match(/\p{Cc}/u);
      expect(error.message.length).to.be.lessThan(1500);
    });

    it(`of ${endpoint} says when to try again`, async () => {
      const reply = { status: 429, body: graphError(4), headers: { 'retry-after': '17' } };
      expect(await errorOf(endpoint, reply)).to.include({
        retryAfter: 17,
        reason: 'rate_limited',
        isTransient: true,
      });
    });
  }

  it('of a token endpoint is a TokenError of passport-oauth2', async () => {
    for (const endpoint of ['token', 'exchange', 'refresh', 'appToken'] as const) {
      expect(await errorOf(endpoint, { status: 400, body: graphError(1) })).to.be.instanceOf(TokenError);
    }
  });

  it('of a token endpoint says what to do', async () => {
    const advice: [Endpoint, RegExp][] = [
      ['token', /works once.*redirect URI.*clientID and clientSecret/],
      ['exchange', /short-lived.*clientID and clientSecret/],
      ['refresh', /24 hours old/],
      ['appToken', /clientID and clientSecret/],
    ];
    for (const [endpoint, words] of advice) {
      const error = await errorOf(endpoint, { status: 400, body: { error_message: 'No.' } });
      expect(error.message).to.match(words).and.not.include('..');
    }
  });
});

describe('errors: the codes of the Graph API', () => {
  type Row = [code: number, subcode: number | undefined, reason: string, ...flags: [boolean, boolean]];
  const [LOGIN, AGAIN] = [true, true];
  const table: Row[] = [
    ...[1, 2].map((code): Row => [code, undefined, 'temporary', !LOGIN, AGAIN]),
    ...[4, 17, 32, 341, 613].map((code): Row => [code, undefined, 'rate_limited', !LOGIN, AGAIN]),
    ...[3, 10, 200, 201, 250, 299].map((code): Row => [code, undefined, 'permission', !LOGIN, !AGAIN]),
    ...[102, 190].flatMap((code): Row[] => [
      [code, 458, 'not_authorized', LOGIN, !AGAIN],
      [code, 459, 'checkpoint', LOGIN, !AGAIN],
      [code, 460, 'logged_out', LOGIN, !AGAIN],
      [code, 463, 'expired', LOGIN, !AGAIN],
      [code, 464, 'unconfirmed_user', LOGIN, !AGAIN],
      [code, 467, 'invalid_token', LOGIN, !AGAIN],
      [code, 492, 'invalid_session', LOGIN, !AGAIN],
      [code, 1, 'invalid_token', LOGIN, !AGAIN],
      [code, undefined, 'invalid_token', LOGIN, !AGAIN],
    ]),
    ...[100, 199, 300, 2500].map((code): Row => [code, undefined, 'unknown', !LOGIN, !AGAIN]),
  ];
  for (const [code, subcode, reason, requiresLogin, isTransient] of table) {
    it(`${code}${subcode === undefined ? '' : ` with ${subcode}`} is ${reason}`, async () => {
      for (const endpoint of ['me', 'refresh'] as const) {
        const error = await errorOf(endpoint, { status: 400, body: graphError(code, subcode) });
        expect(error).to.include({ code, subcode, reason, requiresLogin, isTransient });
      }
    });
  }

  it('are rate limits with HTTP 429, whatever they are', async () => {
    const error = await errorOf('me', { status: 429, body: graphError(100) });
    expect(error).to.include({ reason: 'rate_limited', isTransient: true, requiresLogin: false });
  });

  const advice: [code: number, subcode: number | undefined, words: RegExp][] = [
    [190, 458, /sign in again/],
    [190, 459, /security check.*sign in again/],
    [190, 460, /logged out or changed the password.*sign in again/],
    [190, 463, /expired.*sign in again/],
    [190, 464, /confirm.*sign in again/],
    [190, 467, /not valid.*sign in again/],
    [190, 492, /session.*sign in again/],
    [4, undefined, /back off/],
    [2, undefined, /try again later/],
    [10, undefined, /permission.*`scope`/],
  ];
  for (const [code, subcode, words] of advice) {
    it(`${code}${subcode === undefined ? '' : ` with ${subcode}`} come with advice`, async () => {
      expect((await errorOf('me', { status: 400, body: graphError(code, subcode) })).message).to.match(words);
    });
  }
});

describe('errors: an answer that is none', () => {
  const bodies: [title: string, body: string][] = [
    ['HTML', '<!doctype html><title>Sorry, something went wrong</title>'],
    ['nothing', ''],
    ['null', 'null'],
    ['an array', '[{"access_token":"T","id":"1"}]'],
    ['a number', '7'],
    ['a string', '"access_token=T"'],
    ['true', 'true'],
    ['a form', 'access_token=T&id=1'],
    ['JSON that is cut short', '{"access_token":"T","id":"1"'],
    ['JSON with more behind it', '{"access_token":"T","id":"1"}{}'],
    ['an empty object', '{}'],
  ];
  for (const endpoint of ENDPOINTS) {
    for (const [title, body] of bodies) {
      it(`to ${endpoint}, ${title}, is a ThreadsNetworkError with status 502`, async () => {
        for (const status of [200, 400, 500]) {
          const error = await errorOf(endpoint, { status, body });
          expect(error).to.be.instanceOf(ThreadsNetworkError).and.instanceOf(InternalOAuthError);
          expect(error).to.include({ name: 'ThreadsNetworkError', code: 'INVALID_RESPONSE', status: 502 });
          expect(error.message).to.have.length.above(20);
        }
      });
    }

    it(`to ${endpoint} is not quoted, for it may hold a token`, async () => {
      const body = `<p>access_token=${SECRETS.join()}</p>`;
      const text = printed(await errorOf(endpoint, { body, headers: { 'content-type': 'text/html' } }));
      for (const secret of SECRETS) expect(text).not.to.include(secret);
      expect(text).to.include('text/html');
    });

    it(`to ${endpoint} keeps the Retry-After of a proxy`, async () => {
      const reply = { status: 503, body: '<html>', headers: { 'retry-after': '5' } };
      expect(await errorOf(endpoint, reply)).to.include({ retryAfter: 5, isTransient: true });
    });

    it(`to ${endpoint}, none in time, is a TIMEOUT with status 504`, async () => {
      const dispatcher = new MockAgent();
      dispatcher.disableNetConnect();
      dispatcher
        .get('https://graph.threads.net')
        .intercept({ path: () => true, method: () => true })
        .reply(200, '{}')
        .delay(2 ** 30);
      const client = new ThreadsClient({ ...app, dispatcher, timeout: 5 });
      const error = await rejection(CALLS[endpoint](client));
      expect(error).to.be.instanceOf(ThreadsNetworkError).and.instanceOf(InternalOAuthError);
      expect(error).to.include({ code: 'TIMEOUT', status: 504, isTransient: true });
      expect(error.message).to.include('graph.threads.net').and.include('5 ms');
    });

    it(`to ${endpoint}, no connection, is a NETWORK with status 502 and no secret`, async () => {
      const dispatcher = new MockAgent();
      dispatcher.disableNetConnect();
      dispatcher
        .get('https://graph.threads.net')
        .intercept({ path: () => true, method: () => true })
        .replyWithError(Object.assign(new Error(`connect ${SECRETS.join()}`), { code: 'ECONNREFUSED' }))
        .persist();
      const client = new ThreadsClient({ ...app, dispatcher });
      const error = await rejection(CALLS[endpoint](client));
      expect(error).to.include({ name: 'ThreadsNetworkError', code: 'NETWORK', status: 502 });
      expect(error.message).to.include('ECONNREFUSED');
      for (const secret of SECRETS) expect(printed(error)).not.to.include(secret);
    });
  }
});

describe('errors of a login', () => {
  for (const endpoint of ['token', 'exchange', 'debug', 'me'] as const) {
    it(`come from ${endpoint} to strategy.error as they are`, async () => {
      const error = await loginError({
        replies: {
          [endpoint]: { status: 400, body: graphError(190, 458, `No ${SHORT_TOKEN} ${LONG_TOKEN}`) },
        },
        options: { longLived: true },
      });
      expect(error).to.include({ code: 190, reason: 'not_authorized', status: 502 });
      const carried = endpoint === 'token' ? [] : [endpoint === 'exchange' ? SHORT_TOKEN : LONG_TOKEN];
      for (const token of carried) expect(printed(error)).not.to.include(token);
    });

    it(`come from ${endpoint} to strategy.error where it answers null`, async () => {
      const error = await loginError({
        replies: { [endpoint]: { body: 'null' } },
        options: { longLived: true },
      });
      expect(error).to.include({ name: 'ThreadsNetworkError', code: 'INVALID_RESPONSE' });
    });
  }
});

describe('error classes', () => {
  it('of the authorization window, made by hand, need no details', () => {
    const error = new ThreadsAuthorizationError(undefined);
    expect(error).to.be.instanceOf(AuthorizationError);
    expect(error).to.include({ code: 'server_error', status: 502, hint: undefined, reason: undefined });
    expect(error.message).to.include('server_error');
  });

  it('have the name, the message and the place in their stack', () => {
    for (const error of [
      new ThreadsAuthorizationError('Said so'),
      new ThreadsTokenError({ message: 'Said so' }),
      new ThreadsGraphAPIError({ message: 'Said so' }),
      new ThreadsNetworkError('NETWORK', 'Said so'),
    ]) {
      expect(error.name).to.equal(error.constructor.name);
      expect(error.stack).to.match(new RegExp(`^${error.name}: Said so\\n\\s+at .*errors\\.test`));
    }
  });
});
