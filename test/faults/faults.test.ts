import { expect } from 'chai';
import { Agent } from 'undici';
import {
  ThreadsClient,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  type ThreadsProfile,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
  ThreadsTokenError,
} from '../../lib/index.js';
import { app, CODE, LONG_TOKEN, USER_ID } from '../support/fixtures.js';
import { type FaultName, faults } from './faults.js';
import { type Endpoint, type FaultServer, NAME, startFaultServer } from './server.js';

type Outcome =
  | { user: ThreadsProfile; accessToken: string }
  | { fail: unknown }
  | { error: Error & Record<string, unknown> };

type Expected = 'signs in' | ExpectedError;
interface ExpectedError {
  type: typeof ThreadsNetworkError | typeof ThreadsTokenError | typeof ThreadsGraphAPIError;
  properties: Record<string, unknown>;
}

const LOGIN: Endpoint[] = ['token', 'appToken', 'exchange', 'debug', 'me'];
const isGraph = (endpoint: Endpoint) => endpoint === 'debug' || endpoint === 'me';

function network(code: ThreadsNetworkError['code'], more: Record<string, unknown> = {}): ExpectedError {
  const status = code === 'TIMEOUT' ? 504 : 502;
  return { type: ThreadsNetworkError, properties: { name: 'ThreadsNetworkError', code, status, ...more } };
}

function refused(properties: Record<string, unknown>) {
  return (endpoint: Endpoint): ExpectedError => {
    const type = isGraph(endpoint) ? ThreadsGraphAPIError : ThreadsTokenError;
    // What is refused here is a token of the app, which no person can mend by signing in again.
    const ofTheApp = (endpoint === 'debug' || endpoint === 'appToken') && { requiresLogin: false };
    return { type, properties: { name: type.name, status: 502, ...properties, ...ofTheApp } };
  };
}

/** A refusal that speaks of a person's token, of which there is none yet at the code exchange. */
function refusedToken(properties: Record<string, unknown>) {
  return (endpoint: Endpoint): ExpectedError =>
    refused({ ...properties, ...(endpoint === 'token' && { reason: 'unknown', requiresLogin: false }) })(
      endpoint,
    );
}

const TIMEOUT = network('TIMEOUT', { isTransient: true });
const NETWORK = network('NETWORK', { isTransient: true });
const INVALID = network('INVALID_RESPONSE', { isTransient: false });
const INVALID_5XX = network('INVALID_RESPONSE', { isTransient: true });
const TOO_LARGE = network('RESPONSE_TOO_LARGE', { isTransient: false });

const expectations: Record<FaultName, Expected | ((endpoint: Endpoint) => Expected)> = {
  'never answers': TIMEOUT,
  'stalls after the headers': TIMEOUT,
  'stalls in the middle of the body': TIMEOUT,
  'drips the headers': TIMEOUT,
  'drips the body': TIMEOUT,

  'closes before the headers': NETWORK,
  'resets before the headers': NETWORK,
  'resets after the headers': NETWORK,
  'cuts a body with Content-Length short': NETWORK,
  'cuts a chunked body short': NETWORK,
  'speaks something else than HTTP': INVALID,
  'sends 100 KB of headers': TOO_LARGE,
  'sends a body without end': TOO_LARGE,
  'sends a gzip bomb': TOO_LARGE,
  'says gzip and sends text': INVALID,
  'sends gzip unasked': 'signs in',
  'sends an unknown encoding': INVALID,
  'splits characters between packets': 'signs in',
  'hints before it answers': 'signs in',

  'redirects with 302': INVALID,
  'redirects with 307': INVALID,
  'answers 204': INVALID,
  'answers HTML': INVALID,
  'answers HTML with 502': INVALID_5XX,
  'answers HTML that calls itself JSON': INVALID,
  'answers nothing': INVALID,
  'answers null': INVALID,
  'answers []': INVALID,
  'answers a number': INVALID,
  'answers a string': INVALID,
  'answers true': INVALID,
  'answers {}': INVALID,
  'answers {} with 500': INVALID_5XX,
  'answers the right thing with 500': INVALID_5XX,
  'answers half a document': INVALID,
  'answers JSON and then more': INVALID,
  'nests 30,000 arrays': INVALID,
  'repeats a key with another value': INVALID,
  'puts an object where text belongs': INVALID,
  'puts everything into __proto__': INVALID,
  // The app token has no number that is read.
  'sends an enormous number': (endpoint) => (endpoint === 'appToken' ? 'signs in' : INVALID),

  'adds keys of Object.prototype': 'signs in',
  'begins with a byte order mark': 'signs in',
  'calls itself text/html': 'signs in',
  'has bytes that are not UTF-8': 'signs in',

  'refuses as the code exchange does': refused({ code: 400, reason: 'invalid_code' }),
  'refuses an expired token': refusedToken({
    code: 190,
    subcode: 463,
    traceId: 'H2il2t5bn4e',
    reason: 'expired',
    requiresLogin: true,
  }),
  'refuses for want of a permission': refused({ code: 10, reason: 'permission' }),
  'refuses with a temporary problem': refused({ code: 2, reason: 'temporary', isTransient: true }),
  'refuses as RFC 6749 does': refused({ code: 'invalid_grant', reason: 'unknown' }),
  'refuses with HTTP 200': refusedToken({ code: 190, reason: 'invalid_token', requiresLogin: true }),
  'refuses with 429 and Retry-After': refused({ reason: 'rate_limited', retryAfter: 7, isTransient: true }),
  'refuses with 429 and HTML': network('INVALID_RESPONSE', { retryAfter: 7, isTransient: true }),
};

// Of this file's own: the global one is that of Node.js as soon as another test of the process has used `fetch`.
const dispatcher = new Agent();

describe('A fault of the upstream', () => {
  let server: FaultServer;
  const logins: Outcome[][] = [];

  before(async () => {
    server = await startFaultServer();
  });
  after(() => server.close());

  for (const fault of Object.keys(faults) as FaultName[]) {
    const expectation = expectations[fault];
    // Only the faults that would never end are cut off early: a slow machine must not change an outcome.
    const timeout = expectation === TIMEOUT ? 60 : 8000;

    for (const endpoint of LOGIN) {
      const expected = typeof expectation === 'function' ? expectation(endpoint) : expectation;

      it(`${endpoint} ${fault}: the login ${titleOf(expected)}`, async () => {
        const options = { timeout, tokenVerification: 'required' } as const;
        const { outcome, outcomes } = await logIn({ ...server.endpoints(endpoint, fault), ...options });
        logins.push(outcomes);
        if (typeof expected === 'string') expectUser(outcome);
        else expectError('error' in outcome ? outcome.error : outcome, expected);
      });

      if (endpoint !== 'debug' && endpoint !== 'appToken') continue;
      // An answer that calls the token valid, and whose other members cannot be read, is not passed over.
      if (endpoint === 'debug' && fault === 'sends an enormous number') continue;
      it(`${endpoint} ${fault}: the login signs in by default, with or without scopes`, async () => {
        // The other requests of the login have the same limit, and must be answered within it on a slow machine too.
        const options = { ...server.endpoints(endpoint, fault), timeout: Math.max(timeout, 1500) };
        const { outcome, outcomes } = await logIn(options);
        expect(outcomes).to.have.lengthOf(1);
        expectUser(outcome, typeof expected !== 'string');
      });
    }

    it(`refresh ${fault}: the refresh ${titleOf(expectationOf(expectation, 'refresh')).replace('signs in', 'succeeds')}`, async () => {
      const { tokenURL, graphURL } = server.endpoints('refresh', fault);
      const client = new ThreadsClient({ ...app, tokenURL, graphURL, timeout, dispatcher });
      const expected = expectationOf(expectation, 'refresh');
      const refresh = client.refreshToken(LONG_TOKEN);
      if (typeof expected === 'string') {
        expect((await refresh).accessToken).to.equal(LONG_TOKEN);
      } else {
        expectError(await refresh.catch((error: unknown) => error), expected);
      }
    });
  }

  it('never takes a request elsewhere', () => {
    expect(server.strays).to.deep.equal([]);
  });

  it('never has a second outcome', () => {
    expect(logins).to.have.lengthOf(LOGIN.length * Object.keys(faults).length);
    expect(logins.filter((outcomes) => outcomes.length !== 1)).to.deep.equal([]);
  });

  it('leaves Object.prototype as it was', () => {
    expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
  });

  function logIn(options: Partial<ThreadsStrategyOptions>) {
    const strategy = new ThreadsStrategy(
      { ...app, ...options, longLived: true, state: false, dispatcher },
      (accessToken, _refreshToken, profile, done) => done(null, { user: profile, accessToken } as never),
    );
    const outcomes: Outcome[] = [];
    return new Promise<{ outcome: Outcome; outcomes: Outcome[] }>((resolve) => {
      const end = (outcome: Outcome) => {
        outcomes.push(outcome);
        resolve({ outcome, outcomes });
      };
      const attempt = Object.assign(Object.create(strategy), {
        success: end,
        fail: (challenge: unknown) => end({ fail: challenge }),
        error: (error: never) => end({ error }),
      });
      attempt.authenticate({ method: 'GET', url: '/', headers: {}, query: { code: CODE } });
    });
  }
});

function expectationOf(
  expectation: Expected | ((endpoint: Endpoint) => Expected),
  endpoint: Endpoint,
): Expected {
  return typeof expectation === 'function' ? expectation(endpoint) : expectation;
}

function titleOf(expected: Expected): string {
  if (typeof expected === 'string') return expected;
  const { name, code = 'rate limit' } = expected.properties;
  return `ends in a ${name} (${code})`;
}

const SCOPES = ['threads_basic', 'threads_content_publish'];

function expectUser(outcome: Outcome, mayLackScopes = false): void {
  if (!('user' in outcome)) throw new Error('Nobody was signed in', { cause: outcome });
  const { user, accessToken } = outcome;
  expect(accessToken).to.equal(LONG_TOKEN);
  expect(user.id).to.equal(USER_ID);
  expect(user.displayName).to.equal(NAME);
  if (!mayLackScopes || user.scopes) expect(user.scopes).to.deep.equal(SCOPES);
}

function expectError(error: unknown, { type, properties }: ExpectedError): void {
  expect(error).to.be.instanceOf(type).and.to.be.instanceOf(Error);
  expect(error).to.include(properties);
}
