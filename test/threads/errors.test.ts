import { inspect } from 'node:util';
import { expect } from 'chai';
import { AuthorizationError, InternalOAuthError, TokenError } from 'passport-oauth2';
import { MockAgent } from 'undici';
import {
  isThreadsError,
  ThreadsAuthorizationError,
  ThreadsClient,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  ThreadsSignedRequestError,
  ThreadsTokenError,
} from '../../lib/index.js';
import { app, CODE, graphError, LONG_TOKEN, SHORT_TOKEN } from '../support/fixtures.js';
import { loginError, rejection } from '../support/login.js';
import { type Endpoint, type RawResponse, upstream } from '../support/upstream.js';

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

function errorOf(endpoint: Endpoint, reply: RawResponse) {
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
      { type: 'OAuthException', code: 400, subcode: undefined, traceId: undefined, reason: 'invalid_code' },
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
      'with words for the person and none for the developer',
      400,
      {
        error: {
          code: 100,
          error_subcode: 4279030,
          error_user_title: 'Fehler beim Anmelden',
          error_user_msg: 'Der Code wurde schon verwendet.\u0000',
        },
      },
      {
        code: 100,
        subcode: 4279030,
        reason: 'invalid_code',
        userTitle: 'Fehler beim Anmelden',
        userMessage: 'Der Code wurde schon verwendet.',
      },
      'Der Code wurde schon verwendet',
    ],
    [
      'with a text where a word belongs',
      400,
      { error: { message: 'Gone', type: 'a <b>text</b>', code: 'no code', fbtrace_id: 'x'.repeat(65) } },
      { type: undefined, traceId: undefined },
      'Gone',
    ],
    [
      'whose codes are strings of digits',
      400,
      { error: { message: 'Gone', code: '190', error_subcode: '463' } },
      { code: 190, subcode: 463, reason: 'expired' },
      'Gone',
    ],
    ['with HTTP 200', 200, graphError(100, undefined, 'Surprise'), { code: 100 }, 'Surprise'],
    [
      'with the other type of the Graph API, and HTTP 500 although it stays',
      500,
      { error: { message: 'Application does not have permission', type: 'THApiException', code: 10 } },
      { type: 'THApiException', code: 10, reason: 'permission', isTransient: false, httpStatus: 500 },
      'Application does not have permission',
    ],
    ['with HTTP 500', 500, graphError(2, undefined, 'Oops'), { code: 2, reason: 'temporary' }, 'Oops'],
  ];
  for (const endpoint of ENDPOINTS) {
    const type = endpoint === 'me' || endpoint === 'debug' ? ThreadsGraphAPIError : ThreadsTokenError;
    for (const [title, status, body, expected, message] of shapes) {
      it(`of ${endpoint} ${title} is a ${type.name} with status 502`, async () => {
        const error = await errorOf(endpoint, { status, body });
        expect(error).to.be.instanceOf(Error).and.instanceOf(type);
        // At the code exchange there is no token yet that could have died.
        const reason = endpoint === 'token' && 'reason' in expected && expected.reason === 'expired';
        expect(error).to.include({ ...expected, ...(reason && { reason: 'unknown' }) });
        expect(error).to.include({ name: type.name, status: 502 });
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

    it(`of ${endpoint} says with which HTTP status it came`, async () => {
      for (const status of [400, 401, 403, 429, 500, 503]) {
        expect(await errorOf(endpoint, { status, body: graphError(100) })).to.include({ httpStatus: status });
      }
    });

    it(`of ${endpoint} says something where the refusal says nothing that can be printed`, async () => {
      for (const body of [
        '{"error_message":"\\u0000"}',
        '{"error":"\\u0000"}',
        '{"error":{"message":" "}}',
      ]) {
        const error = await errorOf(endpoint, { status: 400, body });
        expect(error.message).to.include('Threads refused the request').and.not.include('undefined');
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
      ['token', /^No\. Check `clientSecret` first: .*`clientID`.*works once.*redirect URI/],
      ['exchange', /^No\. Check `clientSecret` first: .*short-lived/],
      ['refresh', /24 hours old/],
      ['appToken', /^No\. Check `clientSecret` first: .*`clientID`/],
    ];
    for (const [endpoint, words] of advice) {
      const error = await errorOf(endpoint, { status: 400, body: { error_message: 'No.' } });
      expect(error.message).to.match(words).and.not.include('..');
    }
  });
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
          expect(error).to.include({ isTransient: status === 500 });
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

    it(`to ${endpoint} is transient with HTTP 429 and every 5xx, and keeps the Retry-After of a proxy`, async () => {
      for (const status of [429, 500, 502, 503, 504, 520, 599]) {
        for (const body of ['<html>', '{}']) {
          const error = await errorOf(endpoint, { status, body, headers: { 'retry-after': '5' } });
          expect(error).to.include({ httpStatus: status, retryAfter: 5, isTransient: true });
        }
      }
      const error = await errorOf(endpoint, { status: 404, body: '<html>', headers: { 'retry-after': '5' } });
      expect(error).to.include({ httpStatus: 404, retryAfter: undefined, isTransient: false });
    });

    it(`to ${endpoint} is transient with HTTP 500 where it is too long or cannot be read`, async () => {
      const replies: [code: string, reply: RawResponse][] = [
        ['RESPONSE_TOO_LARGE', { status: 500, body: 'x'.repeat(65 * 1024) }],
        ['INVALID_RESPONSE', { status: 500, body: 'x', headers: { 'content-encoding': 'gzip' } }],
        ['INVALID_RESPONSE', { status: 500, body: 'x', headers: { 'content-encoding': 'zstd' } }],
      ];
      for (const [code, reply] of replies) {
        const expected = { code, httpStatus: 500, isTransient: true };
        expect(await errorOf(endpoint, reply)).to.include(expected);
        expect(await errorOf(endpoint, { ...reply, status: 400 })).to.include({ isTransient: false });
      }
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
    const options = { longLived: true, tokenVerification: 'required' } as const;

    it(`come from ${endpoint} to strategy.error as they are`, async () => {
      const body = graphError(190, 458, `No ${SHORT_TOKEN} ${LONG_TOKEN}`);
      const error = await loginError({ replies: { [endpoint]: { status: 400, body } }, options });
      const reason = endpoint === 'token' ? 'unknown' : 'not_authorized';
      expect(error).to.include({ code: 190, subcode: 458, reason, status: 502 });
      if (endpoint !== 'token') expect(printed(error)).not.to.include(SHORT_TOKEN);
    });

    it(`come from ${endpoint} to strategy.error where it answers null`, async () => {
      const error = await loginError({ replies: { [endpoint]: { body: 'null' } }, options });
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

  it('of the authorization window have an error_uri that is a web page, or none', () => {
    const uri = (given: string) => new ThreadsAuthorizationError('No', { uri: given }).uri;
    expect(uri('https://developers.facebook.com/docs?a=1')).to.equal(
      'https://developers.facebook.com/docs?a=1',
    );
    for (const given of [
      'javascript:alert(1)',
      'data:text/html,x',
      '//evil.example',
      '/docs',
      'see https://a.b',
      '',
    ]) {
      expect(uri(given), given).to.equal(undefined);
    }
  });

  it('are told from everything else', () => {
    const errors = [
      new ThreadsAuthorizationError('No'),
      new ThreadsTokenError({ message: 'No' }),
      new ThreadsGraphAPIError({ message: 'No' }),
      new ThreadsNetworkError('TIMEOUT', 'No'),
      new ThreadsSignedRequestError('SIGNATURE', 'No'),
    ];
    for (const error of errors) expect(isThreadsError(error), error.name).to.equal(true);
    const others = [new Error('No'), new TokenError('No', 'no'), { ...errors[0] }, 'No', null, undefined];
    for (const other of others) expect(isThreadsError(other)).to.equal(false);
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
