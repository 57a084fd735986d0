import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { type Dispatcher, MockAgent, ProxyAgent } from 'undici';
import {
  CookieStateStore,
  ThreadsClient,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
  verifyToken,
} from '../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../lib/simulator/index.js';
import { type Job, runInChild } from './faults/child.js';
import { expectNoSecretIn } from './faults/secrets.js';
import { answers, app, graphError } from './support/fixtures.js';
import { freePort } from './support/free-port.js';
import { response } from './support/response.js';
import { runStrategy } from './support/run-strategy.js';
import { asUser } from './support/user.js';

// With characters that a query must encode, so that an encoded echo is one to miss.
const SECRET = 'app+secret/0123=';
const CODE = 'AQBx/code+1&2';
const STATE = 'state/of+this=login';
const TOKEN = 'THQVJ/token+short=';
const LONG = 'THQVJ/token+long=';
const TESTER = `TH|${app.clientID}|${SECRET}`;
const PROOFS = [TOKEN, LONG, TESTER].map((token) => createHmac('sha256', SECRET).update(token).digest('hex'));
const SECRETS = [SECRET, CODE, STATE, TOKEN, LONG, TESTER, ...PROOFS];

interface Echo {
  status?: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** Everything that the request carried, as an upstream might quote it back. */
interface Quoted {
  /** As it came. */
  plain: string;
  /** As in a URL. */
  encoded: string;
  /** As in a URL within a URL, with the small letters that some encoders use. */
  twice: string;
}

type Shape = (quoted: Quoted) => Echo;

const small = (text: string) => text.replace(/%[\dA-F]{2}/g, (byte) => byte.toLowerCase());

const shapes: Record<string, Shape> = {
  'the shape of the Graph API': ({ plain }) => ({
    status: 400,
    body: {
      error: {
        message: plain,
        type: plain,
        code: plain,
        error_subcode: plain,
        fbtrace_id: plain,
        [plain]: plain,
      },
    },
  }),
  'the shape of the code exchange': ({ plain }) => ({
    status: 400,
    body: { error_type: plain, code: plain, error_message: plain },
  }),
  'the shape of RFC 6749': ({ plain }) => ({
    status: 400,
    body: { error: plain, error_description: plain, error_uri: plain },
  }),
  'one word of RFC 6749': ({ plain }) => ({ status: 400, body: { error: plain } }),
  'percent-encoding': ({ encoded }) => ({
    status: 400,
    body: { error: { message: encoded, type: encoded, code: encoded, fbtrace_id: encoded } },
  }),
  'percent-encoding of percent-encoding': ({ twice }) => ({
    status: 400,
    body: { error: { message: twice, type: twice, code: twice, fbtrace_id: twice } },
  }),
  'a page with status 500': ({ plain }) => ({
    status: 500,
    body: `<pre>${plain}</pre>`,
    headers: { 'content-type': `text/${TOKEN.replace(/\W/g, '')}`, 'x-echo': plain },
  }),
  'a redirect': ({ encoded }) => ({
    status: 302,
    body: '',
    headers: { location: `https://elsewhere.example/?${encoded}` },
  }),
  'a wait': ({ encoded }) => ({ status: 429, body: '', headers: { 'retry-after': encoded } }),
  'an encoding': ({ encoded }) => ({ body: 'x', headers: { 'content-encoding': encoded } }),
  'the fields of an answer': ({ plain }) => ({
    body: {
      access_token: TOKEN,
      expires_in: plain,
      user_id: plain,
      id: plain,
      data: { is_valid: true, expires_at: plain, user_id: plain, error: { message: plain } },
    },
  }),
  'the reason of a dead token': ({ plain }) => ({
    body: {
      access_token: TOKEN,
      expires_in: -1,
      data: { is_valid: false, user_id: '1', error: { code: 190, message: plain } },
    },
  }),
};

const PATHS: Record<string, string> = {
  'the code exchange': '/oauth/access_token',
  'the long-lived exchange': '/access_token',
  debug_token: '/v1.0/debug_token',
  '/me': '/v1.0/me',
};

const GOOD: Record<string, unknown> = {
  '/oauth/access_token': { access_token: TOKEN, user_id: '1' },
  '/access_token': { access_token: LONG, token_type: 'bearer', expires_in: 60 },
  '/v1.0/debug_token': answers.debug,
  '/v1.0/me': answers.me,
};

const credentials = { ...app, clientSecret: SECRET };

function echoing(path: string, shape: Shape): MockAgent {
  const agent = new MockAgent();
  agent.disableNetConnect();
  agent
    .get('https://graph.threads.net')
    .intercept({ path: () => true, method: () => true })
    .reply(({ path: asked, body }) => {
      const url = new URL(asked, 'https://graph.threads.net');
      if (url.pathname !== path) {
        return { statusCode: 200, data: JSON.stringify(GOOD[url.pathname]) };
      }
      const params = [...url.searchParams, ...new URLSearchParams(String(body ?? ''))];
      const plain = params.map(([name, value]) => `${name}=${value}`).join(' & ');
      const encoded = params.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
      const echo = shape({ plain, encoded, twice: small(encodeURIComponent(encoded)) });
      return {
        statusCode: echo.status ?? 200,
        data: typeof echo.body === 'string' ? echo.body : JSON.stringify(echo.body),
        responseOptions: { headers: echo.headers ?? {} },
      };
    })
    .persist();
  return agent;
}

/** The error of a login with everything in it that must not get out. */
async function errorOf(dispatcher: Dispatcher, options: Partial<ThreadsStrategyOptions> = {}) {
  const strategy = new ThreadsStrategy(
    {
      ...credentials,
      state: false,
      longLived: true,
      enableProof: true,
      testerAccessToken: TESTER,
      dispatcher,
      ...options,
    },
    async (_accessToken, _refreshToken, profile) => asUser(profile),
  );
  const outcome = await runStrategy(strategy, { query: { code: CODE, state: STATE } });
  if (outcome.outcome !== 'error') throw new Error(`Expected an error, got ${outcome.outcome}`);
  expect(outcome.error).to.be.instanceOf(Error);
  return outcome.error as Error;
}

async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(Error);
  return error as Error;
}

describe('No secret, token or code is in an error', () => {
  for (const [endpoint, path] of Object.entries(PATHS)) {
    for (const [name, shape] of Object.entries(shapes)) {
      it(`when ${endpoint} quotes the request in ${name}`, async () => {
        expectNoSecretIn(await errorOf(echoing(path, shape)), SECRETS);
      });
    }
  }

  it('when an inspector of the form TH|id|secret is refused by its last part', async () => {
    const dispatcher = echoing('/v1.0/debug_token', () => ({
      status: 400,
      body: graphError(100, undefined, `The app secret ${SECRET} is wrong`),
    }));
    const error = await rejectionOf(verifyToken(TOKEN, { accessToken: TESTER, dispatcher }));
    expect(error.message).to.contain('[redacted]');
    expectNoSecretIn(error, SECRETS);
  });

  it('when a refresh is refused with its token', async () => {
    const dispatcher = echoing('/refresh_access_token', shapes['the shape of the Graph API']!);
    expectNoSecretIn(
      await rejectionOf(new ThreadsClient({ ...credentials, dispatcher }).refreshToken(LONG)),
      SECRETS,
    );
  });

  it('when a mock has no answer and quotes the path', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent.get('https://graph.threads.net').intercept({ path: '/other' }).reply(200, '');
    const client = new ThreadsClient({ ...credentials, dispatcher: agent, enableProof: true });
    for (const call of [
      client.getProfile(TOKEN),
      client.exchangeToken(TOKEN),
      client.exchangeCode(CODE, 'https://a.example'),
    ]) {
      expectNoSecretIn(await rejectionOf(call), SECRETS);
    }
  });

  it('when a mock may not go to the network', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const client = new ThreadsClient({ ...credentials, dispatcher: agent });
    expectNoSecretIn(await rejectionOf(client.exchangeToken(TOKEN)), SECRETS);
  });

  it('when the dispatcher fails with an error that holds the URL, in every property', async () => {
    const url = `https://graph.threads.net/access_token?client_secret=${SECRET}&access_token=${TOKEN}`;
    const cause = Object.assign(new Error(url), { code: TOKEN, url, request: { path: url } });
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent
      .get('https://graph.threads.net')
      .intercept({ path: () => true, method: () => true })
      .replyWithError(Object.assign(new Error(url, { cause }), { code: TOKEN, name: TOKEN, url }))
      .persist();
    expectNoSecretIn(await errorOf(agent), SECRETS);
    const client = new ThreadsClient({ ...credentials, dispatcher: agent });
    expectNoSecretIn(await rejectionOf(client.exchangeToken(TOKEN)), SECRETS);
  });

  it('when a proxy turns the request away and quotes it', async () => {
    const proxy = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (head) =>
        socket.end(`HTTP/1.1 407 ${TOKEN}\r\nx-request: ${head.toString('latin1').split('\r\n')[0]}\r\n\r\n`),
      );
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const password = 'proxy-password';
    const dispatcher = new ProxyAgent(
      `http://user:${password}@127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    );
    const client = new ThreadsClient({ ...credentials, dispatcher });
    expectNoSecretIn(await rejectionOf(client.exchangeToken(TOKEN)), [...SECRETS, password]);
    await dispatcher.destroy();
    proxy.close();
  });

  it('when time runs out, or the caller gives up with a reason that holds the token', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent
      .get('https://graph.threads.net')
      .intercept({ path: () => true, method: () => true })
      .reply(200, '{}')
      .delay(5000)
      .persist();
    expectNoSecretIn(await errorOf(agent, { timeout: 20 }), SECRETS);
    const signal = AbortSignal.abort(new Error(`gave up on ${TOKEN}`));
    const client = new ThreadsClient({ ...credentials, dispatcher: agent });
    expectNoSecretIn(await rejectionOf(client.getProfile(TOKEN, { signal })), SECRETS);
    await agent.close();
  });

  it('when the authorization window sends the state back in an error', async () => {
    const quote = `${STATE} ${encodeURIComponent(STATE)}`;
    const query = {
      state: STATE,
      error: 'server_error',
      error_reason: quote,
      error_description: quote,
      error_uri: quote,
    };
    const strategy = new ThreadsStrategy({ ...credentials, state: false }, (_a, _r, _p, done) => done());
    const refused = await runStrategy(strategy, { query });
    expect(refused.outcome).to.equal('error');
    expectNoSecretIn(refused, SECRETS);
    const cancelled = await runStrategy(strategy, { query: { ...query, error: 'access_denied' } });
    expect(cancelled.outcome).to.equal('fail');
    expectNoSecretIn(cancelled, SECRETS);
  });

  it('when the cookie of a login cannot be set, or its state is too large', async () => {
    const strategy = new ThreadsStrategy(credentials, (_a, _r, _p, done) => done());
    const unreachable = await runStrategy(strategy);
    expect(unreachable.outcome).to.equal('error');
    expectNoSecretIn(unreachable, SECRETS);

    const res = response();
    for (const state of [{ token: TOKEN.repeat(500) }, { token: TOKEN, big: 1n }]) {
      const tooLarge = await runStrategy(strategy, { res }, { state });
      expect(tooLarge.outcome).to.equal('error');
      expectNoSecretIn(tooLarge, SECRETS);
    }
    expectNoSecretIn(new CookieStateStore({ secret: SECRET }).constructor.name, SECRETS);
  });

  it('when an option is wrong', () => {
    const wrong: Record<string, unknown>[] = [
      { clientID: '' },
      { callbackURL: undefined },
      { timeout: -1 },
      { tokenURL: 'graph.threads.net' },
      { graphURL: '/v1.0' },
      { authorizationURL: 7 },
      { tokenVerification: TOKEN },
      { testerAccessToken: [TESTER] },
      { profileFields: TOKEN },
      { scope: { token: TOKEN } },
      { requiredScopes: 7 },
      { requiredScopes: ['threads_basic'], tokenVerification: 'off' },
    ];
    for (const options of wrong) {
      try {
        new ThreadsStrategy({ ...credentials, testerAccessToken: TESTER, ...options } as never, () => {});
      } catch (error) {
        expectNoSecretIn(error, SECRETS);
        continue;
      }
      throw new Error(`Accepted ${JSON.stringify(options)}`);
    }
    expect(() => new CookieStateStore({ secret: [SECRET, ''] }))
      .to.throw(TypeError)
      .and.satisfy((error: Error) => expectNoSecretIn(error, SECRETS) === undefined);
  });
});

describe('NODE_DEBUG', () => {
  const { clientID, clientSecret } = simulatedApp;
  const callbackURL = simulatedApp.redirectURIs[0]!;
  let simulator: ThreadsSimulator;
  let refusing: string;

  before(async () => {
    simulator = createThreadsSimulator();
    await simulator.listen();
    refusing = `http://127.0.0.1:${await freePort()}`;
  });
  after(() => simulator.close());

  async function printedUnder(sections: string) {
    const code = simulator.authorize({ clientID, redirectURI: callbackURL });
    const testerAccessToken = simulator.issueToken({ clientID });
    const options = { clientID, clientSecret, callbackURL, ...simulator.endpoints, testerAccessToken };
    const job: Job = { options: { ...options, state: false, longLived: true }, code, refusing };
    const { user, failure, printed } = await runInChild(job, sections);
    expect(user?.id).to.equal('17841405793187219');
    expect(failure).to.equal('ThreadsNetworkError');
    return { printed, secrets: [code, clientSecret, testerAccessToken, user?.accessToken ?? ''] };
  }

  it('prints no secret, token or code for any section but those of undici', async () => {
    const { printed, secrets } = await printedUnder('net,tls,http,https,http2,passport-threads-oauth2');
    expect(printed).to.match(/NET \d+: /);
    expectNoSecretIn(printed, secrets);
  });

  it('prints URLs with the tokens in them for the sections of undici, as SECURITY.md says', async () => {
    const { printed, secrets } = await printedUnder('undici');
    expect(printed).to.match(/GET http.*\/v1\.0\/me\?fields=/);
    expect(printed).to.include(secrets.at(-1));
  });
});
