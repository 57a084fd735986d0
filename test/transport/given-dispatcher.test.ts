import { createServer } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import {
  Agent,
  type Dispatcher,
  EnvHttpProxyAgent,
  getGlobalDispatcher,
  interceptors,
  MockAgent,
  ProxyAgent,
  RetryAgent,
  setGlobalDispatcher,
} from 'undici';
import { ThreadsClient, ThreadsNetworkError, ThreadsStrategy, verifyToken } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { cert, key } from '../faults/certificate.js';
import { runInChild } from '../faults/child.js';
import { closeAll, listen, serve } from '../faults/serve.js';
import { app, CODE, LONG_TOKEN, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { freePort } from '../support/free-port.js';
import { runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

const { clientID, clientSecret } = simulatedApp;
const redirectURI = simulatedApp.redirectURIs[0]!;

afterEach(closeAll);

/** Uses every endpoint, and returns nothing unless all of them answer. */
async function useEverything(dispatcher: Dispatcher | undefined) {
  const client = new ThreadsClient({ ...app, dispatcher });
  await client.exchangeCode(CODE, app.callbackURL);
  await client.exchangeToken(SHORT_TOKEN);
  await client.refreshToken(LONG_TOKEN);
  await client.getAppAccessToken();
  await client.verifyToken(LONG_TOKEN);
  await client.getProfile(LONG_TOKEN);
  await verifyToken(LONG_TOKEN, { accessToken: LONG_TOKEN, dispatcher });
}

const EVERYTHING = ['token', 'exchange', 'refresh', 'appToken', 'appToken', 'debug', 'me', 'debug'];

/** A login by way of a dispatcher, at a simulator that is found under this origin. */
async function logIn(simulator: ThreadsSimulator, origin: string, dispatcher: Dispatcher) {
  const strategy = new ThreadsStrategy(
    {
      clientID,
      clientSecret,
      callbackURL: redirectURI,
      tokenURL: `${origin}/oauth/access_token`,
      graphURL: `${origin}/v1.0`,
      longLived: true,
      state: false,
      dispatcher,
    },
    async (_accessToken, _refreshToken, profile) => asUser({ id: profile.id }),
  );
  const code = simulator.authorize({ clientID, redirectURI });
  return runStrategy(strategy, { query: { code } });
}

describe('A dispatcher', () => {
  it('that knows no answer makes every call fail, and nothing goes to the network', async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    const client = new ThreadsClient({ ...app, dispatcher });
    const calls = [
      client.exchangeCode(CODE, app.callbackURL),
      client.exchangeToken(SHORT_TOKEN),
      client.refreshToken(LONG_TOKEN),
      client.getAppAccessToken(),
      client.verifyToken(LONG_TOKEN),
      client.getProfile(LONG_TOKEN),
      verifyToken(LONG_TOKEN, { accessToken: LONG_TOKEN, dispatcher }),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result)
        .to.have.property('reason')
        .instanceOf(ThreadsNetworkError)
        .with.property('code', 'NETWORK');
    }
  });

  it('carries every call', async () => {
    const { dispatcher, calls } = upstream();
    await useEverything(dispatcher);
    expect(calls.map(({ endpoint }) => endpoint)).to.deep.equal(EVERYTHING);
  });

  it('may be the global one', async () => {
    const before = getGlobalDispatcher();
    const { dispatcher, calls } = upstream();
    setGlobalDispatcher(dispatcher);
    try {
      await useEverything(undefined);
    } finally {
      setGlobalDispatcher(before);
    }
    expect(calls.map(({ endpoint }) => endpoint)).to.deep.equal(EVERYTHING);
  });

  it('may trust a certificate of its own', async () => {
    const simulator = createThreadsSimulator();
    const { origin } = await listen(createTLSServer({ key, cert }, simulator.handler), 'https');
    const dispatcher = new Agent({ connect: { ca: cert } });
    expect(await logIn(simulator, origin, dispatcher)).to.deep.include({
      outcome: 'success',
      user: { id: USER_ID },
    });
    await dispatcher.destroy();
  });
});

describe('A dispatcher of another version', () => {
  const bodyOfMe = Buffer.from(JSON.stringify({ id: USER_ID, username: 'ada' }));
  const profileBy = (dispatch: (handler: Record<string, (...args: unknown[]) => void>) => void) =>
    new ThreadsClient({
      ...app,
      dispatcher: { dispatch: (_: unknown, handler: never) => dispatch(handler) } as never,
    }).getProfile(LONG_TOKEN);

  it('may call onConnect, onHeaders, onData and onComplete alone, as undici 6 does', async () => {
    const profile = await profileBy(({ onConnect, onHeaders, onData, onComplete }) => {
      onConnect!(() => {});
      onHeaders!(200, [Buffer.from('Content-Type'), Buffer.from('application/json')], () => {}, 'OK');
      onData!(bodyOfMe);
      onComplete!([]);
    });
    expect(profile.id).to.equal(USER_ID);
  });

  it('may call onRequestStart, onResponseStart, onResponseData and onResponseEnd alone, as undici 8 does', async () => {
    const controller = { abort: () => {} };
    const zipped = gzipSync(bodyOfMe);
    const profile = await profileBy(({ onRequestStart, onResponseStart, onResponseData, onResponseEnd }) => {
      onRequestStart!(controller, {});
      onResponseStart!(controller, 200, { 'content-encoding': 'gzip' }, 'OK');
      onResponseData!(controller, zipped);
      onResponseEnd!(controller, {});
    });
    expect(profile.id).to.equal(USER_ID);
  });

  it('is aborted by the controller that onRequestStart was given', async () => {
    let reason: unknown;
    const controller = {
      abort: (error: unknown) => {
        reason = error;
      },
    };
    const error = await profileBy(({ onRequestStart, onResponseStart, onResponseData }) => {
      onRequestStart!(controller, {});
      onResponseStart!(controller, 200, {}, 'OK');
      onResponseData!(controller, Buffer.alloc(64 * 1024 + 1));
    }).catch((one: unknown) => one);
    expect(error).to.be.instanceOf(ThreadsNetworkError).with.property('code', 'RESPONSE_TOO_LARGE');
    expect(reason).to.equal(error);
  });

  const invalidArgument = () =>
    Object.assign(new Error('invalid onNext method'), { code: 'UND_ERR_INVALID_ARG' });
  const undrivable: Record<string, Parameters<typeof profileBy>[0]> = {
    'throws that a method of the handler is missing': () => {
      throw invalidArgument();
    },
    'tells the handler that a method is missing': ({ onError }) => onError!(invalidArgument()),
    'calls a method that the handler does not have': ({ onNextMajor }) => onNextMajor!(),
  };
  for (const [what, dispatch] of Object.entries(undrivable)) {
    it(`that ${what} is a TypeError that names the versions`, async () => {
      const error = await profileBy(dispatch).catch((one: unknown) => one);
      expect(error).to.be.instanceOf(TypeError);
      expect((error as Error).message).to.match(/`dispatcher`.*undici 6, 7 or 8/);
    });
  }

  it('that is closed says so, and not a word of the network', async () => {
    const dispatcher = new Agent();
    await dispatcher.close();
    const error = await new ThreadsClient({ ...app, dispatcher })
      .getProfile(LONG_TOKEN)
      .catch((one: Error) => one);
    expect(error)
      .to.have.property('message')
      .that.matches(/UND_ERR_(CLOSED|DESTROYED)\)\. The dispatcher has been closed\.$/);
  });

  it('that makes an error of a refusal says that its text is lost, and keeps the status', async () => {
    const { origin } = await serve((_req, res) => res.writeHead(503).end('{}'));
    const dispatcher = new RetryAgent(new Agent(), { maxRetries: 1, minTimeout: 1 });
    const error = await new ThreadsClient({ ...app, graphURL: origin, dispatcher })
      .getProfile(LONG_TOKEN)
      .catch((one: Error) => one);
    expect(error).to.include({ code: 'INVALID_RESPONSE', httpStatus: 503, isTransient: true });
    expect((error as Error).message).to.match(/HTTP 503.*UND_ERR_REQ_RETRY.*`throwOnError: false`/);
  });

  it('attack: a redirect is not followed by interceptors either, and no secret goes to where it leads', async () => {
    const strays: (string | undefined)[] = [];
    const elsewhere = await serve((req, res) => {
      strays.push(req.url);
      res.end(bodyOfMe);
    });
    const { origin } = await serve((req, res) =>
      res.writeHead(307, { location: `${elsewhere.origin}${req.url}` }).end(),
    );
    const dispatcher = new Agent().compose(interceptors.redirect({ maxRedirections: 5 }));
    const error = await new ThreadsClient({ ...app, graphURL: origin, dispatcher })
      .getProfile(LONG_TOKEN)
      .catch((one: Error) => one);
    expect(error).to.have.property('message').that.includes('HTTP 307');
    expect(strays).to.deep.equal([]);
  });
});

describe('A header of the connection among `customHeaders`', () => {
  it('is a TypeError that names customHeaders', async () => {
    const customHeaders = { 'Transfer-Encoding': 'chunked' };
    const error = await new ThreadsClient({ ...app, customHeaders, dispatcher: new Agent() })
      .getProfile(LONG_TOKEN)
      .catch((one: unknown) => one);
    expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('`customHeaders`');
  });
});

describe('A proxy', () => {
  /** A real proxy: it opens tunnels, and notes where they lead. */
  async function startProxy() {
    const tunnels: (string | undefined)[] = [];
    const server = createServer((_req, res) => void res.writeHead(400).end());
    server.on('connect', (req, client) => {
      tunnels.push(req.url);
      const [host, port] = (req.url ?? '').split(':');
      const target = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        target.pipe(client).pipe(target);
      });
      target.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
      client.on('error', () => target.destroy()).on('close', () => target.destroy());
    });
    return { ...(await listen(server)), tunnels };
  }

  it('that is not there is a NETWORK error', async () => {
    const dispatcher = new ProxyAgent(`http://127.0.0.1:${await freePort()}`);
    const error = await new ThreadsClient({ ...app, dispatcher })
      .getProfile(LONG_TOKEN)
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ThreadsNetworkError).with.property('code', 'NETWORK');
    await dispatcher.destroy();
  });

  it('that finds nobody is a NETWORK error', async () => {
    const proxy = await startProxy();
    const dispatcher = new ProxyAgent(proxy.origin);
    const graphURL = `https://127.0.0.1:${await freePort()}`;
    const error = await new ThreadsClient({ ...app, graphURL, dispatcher })
      .getProfile(LONG_TOKEN)
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ThreadsNetworkError).with.property('code', 'NETWORK');
    expect(proxy.tunnels).to.deep.equal([new URL(graphURL).host]);
    await dispatcher.destroy();
  });

  it('that never opens the tunnel is a TIMEOUT', async () => {
    const silent = createServer();
    silent.on('connect', () => {});
    const { origin } = await listen(silent);
    const dispatcher = new ProxyAgent(origin);
    const error = await new ThreadsClient({ ...app, dispatcher, timeout: 50 })
      .getProfile(LONG_TOKEN)
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ThreadsNetworkError).with.property('code', 'TIMEOUT');
    await dispatcher.destroy();
  });

  it('of HTTPS_PROXY is used by an EnvHttpProxyAgent', async () => {
    const simulator = createThreadsSimulator();
    const target = await listen(createTLSServer({ key, cert }, simulator.handler), 'https');
    const proxy = await startProxy();
    const dispatcher = new EnvHttpProxyAgent({
      httpsProxy: proxy.origin,
      noProxy: '',
      requestTls: { ca: cert },
    });
    const { outcome } = await logIn(simulator, target.origin, dispatcher);
    expect(outcome).to.equal('success');
    expect(new Set(proxy.tunnels)).to.deep.equal(new Set([`127.0.0.1:${target.port}`]));
    await dispatcher.destroy();
  });

  it('carries a whole login, and cannot read it', async () => {
    const simulator = createThreadsSimulator();
    const target = await listen(createTLSServer({ key, cert }, simulator.handler), 'https');
    const proxy = await startProxy();
    const dispatcher = new ProxyAgent({ uri: proxy.origin, requestTls: { ca: cert } });
    expect(await logIn(simulator, target.origin, dispatcher)).to.deep.include({
      outcome: 'success',
      user: { id: USER_ID },
    });
    expect(new Set(proxy.tunnels)).to.deep.equal(new Set([`127.0.0.1:${target.port}`]));
    // Nobody came to Threads by another way.
    expect(target.sockets).to.have.lengthOf(proxy.tunnels.length);
    await dispatcher.destroy();
  });
});

describe("The undici inside Node, whose version is not this package's", () => {
  for (const first of ['fetch', 'a login']) {
    it(`shares a process with a login when ${first} comes first`, async () => {
      const simulator = createThreadsSimulator();
      const { origin } = await serve(simulator.handler);
      const { user, printed } = await runInChild({
        options: {
          clientID,
          clientSecret,
          callbackURL: redirectURI,
          authorizationURL: `${origin}/oauth/authorize`,
          tokenURL: `${origin}/oauth/access_token`,
          graphURL: `${origin}/v1.0`,
          state: false,
        },
        code: simulator.authorize({ clientID, redirectURI }),
        refusing: `http://127.0.0.1:${await freePort()}`,
        ...(first === 'fetch' && { fetchFirst: origin }),
      });
      expect(user?.id).to.equal(USER_ID);
      expect(printed).to.equal('');
    });
  }
});
