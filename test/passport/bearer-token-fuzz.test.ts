import { once } from 'node:events';
import { request } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import fc from 'fast-check';
import { ThreadsTokenStrategy } from '../../lib/index.js';
import { closeAll, serve } from '../faults/serve.js';
import { app, debugAnswer, LONG_TOKEN } from '../support/fixtures.js';
import { type Outcome, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

const { clientID, clientSecret } = app;
const SEED = 20261127;
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl';

/** A Threads that answers to every token: whatever the strategy lets through is signed in. */
function strategyOfAnyToken() {
  const { dispatcher, calls } = upstream({ debug: { body: debugAnswer({}) } });
  const strategy = new ThreadsTokenStrategy(
    { clientID, clientSecret, dispatcher },
    async (accessToken, _refreshToken, _profile) => asUser({ accessToken }),
  );
  return { strategy, calls };
}

/** The user is the one of `token`; a refusal has a challenge that fits into a header and costs no request. */
function expectSound(outcome: Outcome, token: string | undefined, asked: number): void {
  if (outcome.outcome === 'success') {
    expect(outcome.user).to.deep.equal({ accessToken: token });
    return;
  }
  if (outcome.outcome !== 'fail') throw new Error(outcome.outcome, { cause: outcome });
  expect(token, 'a token that should have been accepted').to.equal(undefined);
  expect(asked).to.equal(0);
  expect(outcome.status).to.be.oneOf([400, 401]);
  expect(outcome.challenge).to.match(
    /^Bearer realm="Threads"(, error="(invalid_request|invalid_token)", error_description="[^"\\]+")?$/,
  );
}

const isToken = (text: string) =>
  text.length <= 2048 && /^[A-Za-z0-9._~+/-]+=*$/.test(text) && !/^eyJ.*\..*\./.test(text);

const token = fc.oneof(
  fc.constantFrom(
    LONG_TOKEN,
    JWT,
    '',
    'eyJ',
    'eyJ.a',
    'eyJ.a.b',
    'a==',
    '==',
    'a=b',
    'TH|1|s',
    'a'.repeat(2048),
  ),
  fc.constantFrom(
    'a'.repeat(2049),
    `${LONG_TOKEN},${LONG_TOKEN}`,
    `${LONG_TOKEN} ${LONG_TOKEN}`,
    'a"b',
    'a\\b',
  ),
  fc.stringMatching(/^[\w.~+/-]{1,40}={0,2}$/),
  fc.string(),
  fc.string({ unit: 'binary' }),
);

describe('Whatever stands in an Authorization header', () => {
  const header = fc
    .tuple(
      fc.constantFrom('Bearer', 'bearer', 'BEARER', 'Basic', 'Bearer:', 'Bear', '', ' Bearer', 'DPoP'),
      fc.constantFrom(' ', '  ', '', '\t', ', '),
      token,
      fc.constantFrom('', '', ' ', ',', '\r\n', ', Bearer x'),
    )
    .map((parts) => parts.join(''));

  it('signs in the person of its one token, or is refused without a request', async () => {
    const { strategy, calls } = strategyOfAnyToken();
    await fc.assert(
      fc.asyncProperty(fc.array(header, { minLength: 1, maxLength: 2 }), async (headers) => {
        calls.length = 0;
        const rawHeaders = headers.flatMap((value) => ['Authorization', value]);
        const outcome = await runStrategy(strategy, { headers: { authorization: headers[0] }, rawHeaders });
        const [scheme, sent = ''] = headers[0]!.split(/ +(.*)$/s);
        const isBearer = scheme?.toLowerCase() === 'bearer' && isToken(sent.trim());
        expectSound(outcome, headers.length === 1 && isBearer ? sent.trim() : undefined, calls.length);
      }),
      { numRuns: 2000, seed: SEED },
    );
  });
});

describe('Whatever stands in a JSON body', () => {
  afterEach(closeAll);

  const name = fc.constantFrom(
    'access_token',
    'access_token',
    'Access_Token',
    '__proto__',
    'token',
    'constructor',
  );
  const value = fc.oneof(
    { weight: 3, arbitrary: token.map((text) => JSON.stringify(text)) },
    fc.json({ maxDepth: 2 }),
    token.map((text) => `[${JSON.stringify(text)}]`),
    token.map((text) => `{"access_token":${JSON.stringify(text)}}`),
  );
  const body = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .array(fc.tuple(name, value), { maxLength: 3 })
        .map((members) => `{${members.map(([key, json]) => `"${key}":${json}`)}}`),
    },
    fc.json(),
    fc.constant(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
  );
  const site = fc.record(
    {
      'sec-fetch-site': fc.constantFrom(
        'same-origin',
        'none',
        'cross-site',
        'same-site',
        '',
        'same-origin, none',
      ),
      origin: fc.constantFrom(
        'http://app.example',
        'https://evil.example',
        'null',
        '',
        'http://app.example:81',
        'app.example',
      ),
      'x-forwarded-host': fc.constantFrom('app.example', 'inner.example', '', 'a, app.example'),
      host: fc.constantFrom('app.example', 'app.example:80', 'evil.example.app.example', 'inner.example'),
    },
    { requiredKeys: ['host'] },
  );
  /** The rule of the contract once more, for these few values alone. */
  const isOwn = (
    headers: Partial<Record<'sec-fetch-site' | 'origin' | 'x-forwarded-host' | 'host', string>>,
  ) => {
    const { 'sec-fetch-site': fetchSite, origin, host, 'x-forwarded-host': forwarded } = headers;
    if (fetchSite !== undefined) return ['same-origin', 'none'].includes(fetchSite);
    if (origin === undefined) return true;
    return (
      origin === 'http://app.example' &&
      (forwarded === 'app.example' || host === 'app.example' || host === 'app.example:80')
    );
  };

  it('signs in the person of its one token for the pages of the app alone, or is refused without a request', async () => {
    const { strategy, calls } = strategyOfAnyToken();
    const outcomes: { outcome: Outcome; body: unknown }[] = [];
    const app = express().use(express.json({ strict: false }));
    app.use(async (req, res) => {
      const run = Object.create(strategy, {
        authenticate: {
          value(this: ThreadsTokenStrategy) {
            strategy.authenticate.call(this, req);
          },
        },
      });
      outcomes.push({ outcome: await runStrategy(run), body: req.body });
      res.end();
    });
    app.use(((_error, _req, res, _next) => void res.status(400).end()) as express.ErrorRequestHandler);
    const { port } = await serve(app as never);

    await fc.assert(
      fc.asyncProperty(body, site, async (json, headers) => {
        outcomes.length = 0;
        calls.length = 0;
        const req = request({ host: '127.0.0.1', port, method: 'POST', headers: { ...headers } });
        req.setHeader('content-type', 'application/json').end(json);
        const [res] = await once(req, 'response');
        await once(res.resume(), 'end');
        // A body that the parser refuses does not come to the strategy.
        if (res.statusCode === 400) return;
        expect(outcomes).to.have.lengthOf(1);
        const { outcome, body: parsed } = outcomes[0]!;
        const sent =
          parsed && Object.hasOwn(parsed, 'access_token')
            ? (parsed as { access_token: unknown }).access_token
            : undefined;
        const accepted = typeof sent === 'string' && isToken(sent) && isOwn(headers) ? sent : undefined;
        expectSound(outcome, accepted, calls.length);
      }),
      { numRuns: 1000, seed: SEED },
    );
  });
});
