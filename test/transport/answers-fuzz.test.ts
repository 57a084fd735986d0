import { expect } from 'chai';
import fc from 'fast-check';
import type { Dispatcher } from 'undici';
import { isThreadsError, ThreadsClient } from '../../lib/index.js';
import { expectNoSecretIn } from '../faults/secrets.js';
import { app, CODE } from '../support/fixtures.js';

// Without words: the names of our own functions would be found in them.
const SHORT_TOKEN = 'THQVJ7kq2zx9wv4mt8rp3';
const LONG_TOKEN = 'THQVJ5hd6yb1ns0gc8jf2';

/** An upstream whose one answer is this text. */
function answering(status: number, text: string): Dispatcher {
  const dispatch: Dispatcher['dispatch'] = (_request, handler) => {
    handler.onConnect?.(() => {});
    handler.onHeaders?.(status, [Buffer.from('content-type'), Buffer.from('application/json')], () => {}, '');
    handler.onData?.(Buffer.from(text));
    handler.onComplete?.([]);
    return true;
  };
  return { dispatch } as Dispatcher;
}

const { clientSecret } = app;
/** Every request, and the secrets that it carries. */
const calls: [call: (client: ThreadsClient) => Promise<unknown>, secrets: string[]][] = [
  [(client) => client.exchangeCode(CODE, app.callbackURL), [CODE, clientSecret]],
  [(client) => client.exchangeToken(SHORT_TOKEN), [SHORT_TOKEN, clientSecret]],
  [(client) => client.refreshToken(LONG_TOKEN), [LONG_TOKEN]],
  [(client) => client.getAppAccessToken(), [clientSecret]],
  [(client) => client.verifyToken(LONG_TOKEN, { accessToken: SHORT_TOKEN }), [LONG_TOKEN, SHORT_TOKEN]],
  [(client) => client.getProfile(LONG_TOKEN), [LONG_TOKEN]],
];

const encodings: ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  encodeURIComponent,
  (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'),
  (text) => Buffer.from(text).toString('hex'),
  (text) => Buffer.from(text).toString('base64'),
];

/** What an upstream that echoes makes of a request: a part of a secret, in some encoding, within some words. */
const echo = (secrets: string[]) =>
  fc
    .tuple(
      fc.constantFrom(...secrets),
      fc.nat(),
      fc.integer({ min: 12, max: 40 }),
      fc.constantFrom(...encodings),
    )
    .map(([secret, from, length, encode]) => {
      const start = from % (secret.length - 11);
      return encode(secret.slice(start, start + length));
    });

const KEYS = [
  ...['error', 'error_message', 'error_type', 'error_description', 'code', 'message', 'type', 'fbtrace_id'],
  ...['error_subcode', 'error_user_title', 'error_user_msg', 'is_transient', 'access_token', 'expires_in'],
  ...['user_id', 'id', 'data', 'is_valid', 'scopes', 'expires_at', '__proto__', 'constructor'],
];

/** A JSON object with the keys of Threads in any places, and whatever under them. */
function bodies(secrets: string[]): fc.Arbitrary<string> {
  const text = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc
      .tuple(fc.string({ maxLength: 8 }), echo(secrets), fc.string({ maxLength: 8 }))
      .map((parts) => parts.join(' ')),
  );
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        text.map((one) => JSON.stringify(one)),
        fc.constantFrom(
          'null',
          'true',
          'false',
          '190',
          '463',
          '1e999',
          '-0',
          '17841405793187219',
          '9'.repeat(400),
        ),
      ),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), text), tie('value')), { maxLength: 5 })
        .map((pairs) => `{${pairs.map(([key, one]) => `${JSON.stringify(key)}:${one}`).join(',')}}`),
    ),
  }));
  const refusal = fc
    .tuple(fc.constantFrom('1', '4', '10', '17', '100', '190', '2'), text, text)
    .map(
      ([code, message, title]) =>
        `{"error":{"code":${code},"message":${JSON.stringify(message)},"type":"OAuthException","error_user_title":${JSON.stringify(title)}}}`,
    );
  return fc.oneof(refusal, value, fc.string());
}

const runsOf = (secret: string) =>
  Array.from({ length: secret.length - 11 }, (_, at) => secret.slice(at, at + 12));

describe('attack: any JSON in place of an answer', () => {
  for (const [index, [call, secrets]] of calls.entries()) {
    const name = /\.(\w+)\(/.exec(String(call))?.[1];

    it(`of ${name} ends in a result or in an error of this package, without 12 characters of a secret`, async () => {
      const property = fc.asyncProperty(
        fc.constantFrom(200, 204, 400, 401, 403, 429, 500, 503),
        bodies(secrets),
        async (status, text) => {
          const client = new ThreadsClient({ ...app, dispatcher: answering(status, text) });
          const error = await call(client).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          if (error === undefined) return;
          expect(isThreadsError(error), String(error)).to.equal(true);
          expectNoSecretIn(error, secrets.flatMap(runsOf));
        },
      );
      await fc.assert(property, { numRuns: 200, seed: 2100 + index });
    });
  }

  it('finds 12 characters of a secret where nothing redacts them', () => {
    expect(() => expectNoSecretIn({ message: `x${LONG_TOKEN.slice(3, 15)}` }, runsOf(LONG_TOKEN))).to.throw(
      'contains',
    );
  });
});
