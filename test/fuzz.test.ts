import { once } from 'node:events';
import { IncomingMessage, request, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import express, { type Request } from 'express';
import fc from 'fast-check';
import { MockAgent } from 'undici';
import {
  type ThreadsProfile,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
  type TokenInfo,
  type TokenParams,
  type VerifyCallback,
  verifyToken,
} from '../lib/index.js';
import { closeAll, serve } from './faults/serve.js';
import { answers, app, CODE, LONG_TOKEN, USER_ID } from './support/fixtures.js';
import { type Outcome, type RequestLike, runStrategy } from './support/run-strategy.js';
import { asUser } from './support/user.js';

// A second outcome rejects in runStrategy; mocha fails a run with an unhandled rejection or an uncaught exception.

const PATHS = {
  token: '/oauth/access_token',
  exchange: '/access_token',
  debug: '/v1.0/debug_token',
  me: '/v1.0/me',
} as const;
type Endpoint = keyof typeof PATHS;

interface RawResponse {
  status: number;
  body: string | Buffer;
  headers?: Record<string, string>;
}

/** A Threads in this process whose answers can be changed between two logins. */
function threads() {
  const replies: Partial<Record<Endpoint, RawResponse>> = {};
  const good: Record<Endpoint, string> = {
    token: answers.token,
    exchange: JSON.stringify(answers.exchange),
    debug: JSON.stringify(answers.debug),
    me: JSON.stringify(answers.me),
  };
  const state = { asked: 0 };
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  dispatcher
    .get('https://graph.threads.net')
    .intercept({ path: () => true, method: () => true })
    .reply(({ path }) => {
      state.asked += 1;
      const { pathname } = new URL(path, 'https://graph.threads.net');
      const endpoint = (Object.keys(PATHS) as Endpoint[]).find((name) => PATHS[name] === pathname)!;
      const { status, body, headers } = replies[endpoint] ?? { status: 200, body: good[endpoint] };
      return { statusCode: status, data: body, responseOptions: { headers: headers ?? {} } };
    })
    .persist();
  return { dispatcher, replies, state };
}

function strategyWith(options: Partial<ThreadsStrategyOptions>) {
  return new ThreadsStrategy(
    { ...app, state: false, ...options },
    (
      accessToken: string,
      refreshToken: string | undefined,
      params: TokenParams,
      profile: ThreadsProfile,
      done: VerifyCallback,
    ) => done(null, asUser({ accessToken, refreshToken, params, profile })),
  );
}

interface User {
  accessToken: unknown;
  params: Record<string, unknown>;
  profile: ThreadsProfile;
}

/** Success with the right person, a failure with a status, an error that Express can show; nothing else. */
function expectSoundOutcome(outcome: Outcome): void {
  if (outcome.outcome === 'success') {
    const { accessToken, params, profile } = outcome.user as User;
    expect(accessToken).to.be.a('string').and.not.equal('');
    expect(params.access_token).to.equal(accessToken);
    expect(profile.id).to.equal(USER_ID);
    expectSoundProfile(profile);
  } else if (outcome.outcome === 'error') {
    expect(outcome.error).to.be.instanceOf(Error);
    expect(outcome.error).to.have.property('status').that.is.oneOf([502, 503, 504]);
    expect((outcome.error as Error).message)
      .to.be.a('string')
      .and.not.equal('');
    expect((outcome.error as Error).name).to.match(/^Threads\w+Error$/);
  } else if (outcome.outcome === 'fail') {
    expect(outcome.status).to.be.oneOf([400, 403]);
    expect(outcome.challenge).to.have.property('message').that.is.a('string');
  } else {
    expect(outcome.outcome).to.equal('redirect');
  }
  expectUnpolluted();
}

function expectSoundProfile(profile: ThreadsProfile): void {
  for (const name of ['username', 'displayName', 'profileUrl', 'biography'] as const) {
    if (profile[name] !== undefined) expect(profile[name]).to.be.a('string').and.not.equal('');
  }
  if (profile.photos) expect(profile.photos[0]?.value).to.be.a('string');
  if (profile.isVerified !== undefined) expect(profile.isVerified).to.be.a('boolean');
  if (profile.token) expectSoundInfo(profile.token);
}

function expectSoundInfo(info: TokenInfo): void {
  expect(info.isValid).to.be.a('boolean');
  expect(info.scopes.every((scope) => typeof scope === 'string')).to.equal(true);
  for (const date of [info.issuedAt, info.expiresAt, info.dataAccessExpiresAt]) {
    if (date) expect(Number.isNaN(date.getTime())).to.equal(false);
  }
  expect(info.userId).to.match(/^\d*$/);
}

const prototypeKeys = JSON.stringify(Reflect.ownKeys(Object.prototype).map(String));

function expectUnpolluted(): void {
  expect(JSON.stringify(Reflect.ownKeys(Object.prototype).map(String))).to.equal(prototypeKeys);
  expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
}

const parameter = fc.constantFrom(
  'code',
  'code',
  'code',
  'state',
  'error',
  'error_reason',
  'error_description',
  'error_code',
  'error_message',
  'error_uri',
  '__proto__',
  'constructor',
  'polluted',
);
const text = fc.oneof(
  fc.constantFrom(
    '',
    CODE,
    `${CODE}#_`,
    '#_',
    '%23_',
    'access_denied',
    'acceess_denied',
    '4476002',
    '__proto__',
  ),
  fc.string({ unit: 'binary' }),
  fc.string({ minLength: 200, maxLength: 2000 }),
);
const rounds = (numRuns: number) => ({ numRuns });

describe('Whatever comes to the callback', () => {
  afterEach(closeAll);

  const path = fc
    .array(
      fc.constantFrom(
        '',
        '[]',
        '[0]',
        '[a]',
        '[__proto__]',
        '[constructor]',
        '[prototype]',
        '[polluted]',
        '.a',
      ),
      {
        maxLength: 3,
      },
    )
    .map((parts) => parts.join(''));
  const pair = fc
    .tuple(fc.oneof(parameter, fc.string()), path, fc.constantFrom('=', '', '=='), text, fc.boolean())
    .map(([name, brackets, equals, value, encoded]) => {
      const raw = `${name}${brackets}${equals}${encoded ? encodeURIComponent(value) : value}`;
      return raw.replace(/[^\x21-\x7e]|#/gu, encodeURIComponent);
    });
  const queryString = fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.join('&').slice(0, 6000));
  const body = fc.oneof(
    fc.record({ type: fc.constant('application/x-www-form-urlencoded'), text: queryString }),
    fc.record({ type: fc.constant('application/json'), text: fc.json() }),
    fc.record({
      type: fc.constant('application/json'),
      text: fc
        .array(fc.tuple(parameter, fc.oneof(text, fc.jsonValue())))
        .map(
          (members) =>
            `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)}}`,
        ),
    }),
  );

  for (const parser of ['simple', 'extended']) {
    it(`has one sound outcome through the ${parser} parser of Express`, async () => {
      const { dispatcher } = threads();
      const open = strategyWith({ dispatcher });
      const guarded = strategyWith({ dispatcher, state: undefined });
      const outcomes: Outcome[] = [];

      const site = express();
      site.set('query parser', parser);
      site.use(express.urlencoded({ extended: parser === 'extended' }), express.json({ strict: false }));
      site.use(async (req: Request, res) => {
        const strategy = req.path === '/open' ? open : guarded;
        // On the request itself: a copy would lose the getter that `req.query` is.
        const authenticate = function (this: ThreadsStrategy) {
          strategy.authenticate.call(this, req);
        };
        outcomes.push(await runStrategy(Object.create(strategy, { authenticate: { value: authenticate } })));
        res.end();
      });
      site.use(((_error, _req, res, _next) => void res.status(400).end()) as express.ErrorRequestHandler);
      const { port } = await serve(site as never);

      await fc.assert(
        fc.asyncProperty(
          queryString,
          body,
          fc.constantFrom('/open', '/guarded'),
          async (query, form, route) => {
            outcomes.length = 0;
            const req = request({ host: '127.0.0.1', port, method: 'POST', path: `${route}?${query}` });
            req.setHeader('content-type', form.type).end(form.text);
            const [res] = await once(req, 'response');
            await once(res.resume(), 'end');
            // A body that the parser refuses does not come to the strategy.
            if (res.statusCode === 400) return;
            expect(outcomes).to.have.lengthOf(1);
            expectSoundOutcome(outcomes[0]!);
            if (route === '/guarded') expect(outcomes[0]?.outcome).not.to.equal('success');
          },
        ),
        rounds(200),
      );
    });
  }

  const anything = fc.anything({
    withNullPrototype: true,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  });
  const members = fc
    .array(fc.tuple(fc.oneof(parameter, fc.string()), fc.oneof(text, anything)), { maxLength: 6 })
    .chain((entries) =>
      fc.constantFrom(Object.prototype, null).map((prototype) => {
        const target: object = Object.create(prototype);
        for (const [name, value] of entries) {
          const descriptor = { value, enumerable: true, configurable: true, writable: true };
          Object.defineProperty(target, name, descriptor);
        }
        return target;
      }),
    );

  it('has one sound outcome as any value of req.query and req.body', async () => {
    const { dispatcher, state } = threads();
    const open = strategyWith({ dispatcher });
    const guarded = strategyWith({ dispatcher, state: undefined });
    const response = () => new ServerResponse(new IncomingMessage(new Socket()));
    await fc.assert(
      fc.asyncProperty(fc.oneof(members, anything), fc.oneof(members, anything), async (query, form) => {
        expectSoundOutcome(await runStrategy(open, { query, body: form, res: response() } as RequestLike));

        const before = state.asked;
        const outcome = await runStrategy(guarded, { query, body: form, res: response() });
        expectSoundOutcome(outcome);
        expect(outcome.outcome).not.to.equal('success');
        expect(state.asked).to.equal(before);
      }),
      // A copied `#_` that is all there is of an error.
      { ...rounds(1000), examples: [[{ error: '%23_' }, {}]] },
    );
  });
});

describe('Whatever Threads answers', () => {
  const member = fc.constantFrom(
    ...[
      'access_token',
      'user_id',
      'expires_in',
      'token_type',
      'id',
      'username',
      'name',
      'is_verified',
      'data',
    ],
    ...[
      'is_valid',
      'scopes',
      'expires_at',
      'issued_at',
      'data_access_expires_at',
      'app_id',
      'granular_scopes',
    ],
    ...[
      'threads_profile_picture_url',
      'threads_biography',
      'error',
      'message',
      'code',
      'error_subcode',
      'type',
    ],
    ...['error_type', 'error_message', 'error_description', 'scope', 'target_ids', 'metadata', 'profile_id'],
    ...['__proto__', 'constructor', 'prototype', 'polluted', 'toString', 'hasOwnProperty'],
  );
  const { value: json } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      fc.constantFrom(
        'null',
        'true',
        'false',
        '0',
        '-0',
        '190',
        '4',
        '1e999',
        '-1',
        '1.5',
        '9'.repeat(30),
        '""',
        '[]',
        '{}',
      ),
      fc.constantFrom(
        `"${LONG_TOKEN}"`,
        `"${USER_ID}"`,
        USER_ID,
        '1754846089',
        '1e15',
        '"\\ud83d"',
        '"\\u0000"',
      ),
      fc.json({ maxDepth: 1 }),
      fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items}]`),
      fc
        .array(fc.tuple(member, tie('value')), { maxLength: 6 })
        .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`)}}`),
    ),
  }));
  /** The right answer with one of its members, or of those in `data`, replaced or added. */
  const altered = (endpoint: Endpoint) =>
    fc.tuple(member, json, fc.boolean()).map(([name, value, inner]) => {
      const change = `${JSON.stringify(name)}:${value}`;
      const without = (object: object) =>
        Object.entries(object)
          .filter(([key]) => key !== name)
          .map(([key, old]) => `${JSON.stringify(key)}:${JSON.stringify(old)}`);
      const good = {
        token: { access_token: 'T' },
        exchange: answers.exchange,
        debug: answers.debug,
        me: answers.me,
      };
      if (endpoint === 'debug' && inner) return `{"data":{${[...without(answers.debug.data), change]}}}`;
      return `{${[...without(good[endpoint]), change]}}`;
    });
  const body = (endpoint: Endpoint) =>
    fc.oneof(
      { arbitrary: altered(endpoint).map(Buffer.from), weight: 4 },
      { arbitrary: json.map((value) => Buffer.from(value)), weight: 2 },
      { arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)), weight: 1 },
      {
        arbitrary: fc
          .tuple(altered(endpoint), fc.nat())
          .map(([doc, at]) => Buffer.from(doc.slice(0, at % doc.length))),
        weight: 1,
      },
    );
  const reply = (endpoint: Endpoint) =>
    fc.record({
      status: fc.oneof(
        { arbitrary: fc.constant(200), weight: 3 },
        { arbitrary: fc.integer({ min: 200, max: 599 }), weight: 1 },
      ),
      body: body(endpoint),
      headers: fc.oneof(
        fc.constant({}),
        fc.record({ 'content-encoding': fc.constantFrom('gzip', 'deflate', 'br', 'identity', 'x', '') }),
        fc.record({ 'content-type': fc.string({ unit: 'grapheme-ascii' }) }),
        fc.record({ 'retry-after': fc.string({ unit: 'grapheme-ascii' }) }),
      ),
    });

  for (const endpoint of Object.keys(PATHS) as Endpoint[]) {
    it(`at ${PATHS[endpoint]}, the login has one sound outcome`, async () => {
      const { dispatcher, replies } = threads();
      const strategies = (['auto', 'required'] as const).map((tokenVerification) =>
        strategyWith({ dispatcher, longLived: true, tokenVerification }),
      );
      await fc.assert(
        fc.asyncProperty(reply(endpoint), async (answer) => {
          replies[endpoint] = answer;
          for (const strategy of strategies) {
            expectSoundOutcome(await runStrategy(strategy, { query: { code: CODE } }));
          }
        }),
        rounds(200),
      );
    });
  }

  it('at debug_token, verifyToken resolves to a sound TokenInfo or rejects with an Error', async () => {
    const { dispatcher, replies } = threads();
    await fc.assert(
      fc.asyncProperty(reply('debug'), async (answer) => {
        replies.debug = answer;
        const outcome = await verifyToken(LONG_TOKEN, { accessToken: LONG_TOKEN, dispatcher }).catch(
          (error: unknown) => error,
        );
        if (outcome instanceof Error) expect(outcome).to.have.property('status', 502);
        else expectSoundInfo(outcome as TokenInfo);
        expectUnpolluted();
      }),
      rounds(200),
    );
  });
});
