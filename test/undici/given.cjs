// A process of its own: dispatchers of the undici in the folder that is given carry the requests of the package.
const assert = require('node:assert');
const { createServer } = require('node:http');
const { ThreadsClient, ThreadsStrategy } = require('passport-threads-oauth2');
const { createThreadsSimulator, simulatedApp } = require('passport-threads-oauth2/simulator');

const undici = require(process.argv[2]);
const { Agent, interceptors = {}, MockAgent, RetryAgent, setGlobalDispatcher } = undici;
const {
  clientID,
  clientSecret,
  redirectURIs: [callbackURL],
} = simulatedApp;

/** Every interceptor that this version has and that is to make no difference. */
function composed() {
  const { redirect, retry, dns, cache, decompress } = interceptors;
  const following = redirect?.({ maxRedirections: 5 });
  return new Agent().compose(
    [following, retry?.({ throwOnError: false }), dns?.(), cache?.(), decompress?.()].filter(Boolean),
  );
}

function mock() {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const pool = agent.get('http://threads.example');
  const reply = (path, method, body) => pool.intercept({ path, method }).reply(200, body).persist();
  reply('/oauth/access_token', 'POST', '{"access_token":"TOKEN","user_id":17841405793187219}');
  reply((path) => path.startsWith('/v1.0/me'), 'GET', { id: '17841405793187219' });
  return agent;
}

const dispatchers = {
  Agent: () => new Agent(),
  'composed Agent': composed,
  RetryAgent: () => new RetryAgent(new Agent(), { maxRetries: 1, minTimeout: 1 }),
  ...(process.argv[2].includes('undici-6') && {
    'Agent with maxRedirections': () => new Agent({ maxRedirections: 5 }),
  }),
};

async function listen(listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Ends a login, and returns whom it signed in. */
function signIn(options, code) {
  return new Promise((resolve, reject) => {
    const strategy = Object.create(
      new ThreadsStrategy(
        { clientID, clientSecret, callbackURL, state: false, ...options },
        async (_token, _refresh, profile) => profile,
      ),
    );
    Object.assign(strategy, { success: (user) => resolve(user.id), fail: reject, error: reject });
    strategy.authenticate({ url: `/?code=${code}`, query: { code }, headers: {} });
  });
}

async function main() {
  const simulator = createThreadsSimulator();
  await simulator.listen();
  const code = () => simulator.authorize({ clientID, redirectURI: callbackURL });
  const strays = [];
  const elsewhere = await listen((req, res) => {
    strays.push(req.url);
    res.end('{"id":"1"}');
  });
  const redirecting = await listen((_req, res) => res.writeHead(302, { location: elsewhere }).end());
  const closed = [];
  const stalling = await listen((req, res) => {
    req.socket.on('close', () => closed.push(req.url));
    res.writeHead(200).write('{');
  });
  const failing = await listen((_req, res) => res.writeHead(503, { 'retry-after': '0' }).end('{}'));

  for (const [name, make] of Object.entries(dispatchers)) {
    const dispatcher = make();
    const profileAt = (graphURL, timeout = 10_000) =>
      new ThreadsClient({ clientID, clientSecret, graphURL, dispatcher, timeout }).getProfile('TOKEN').then(
        () => 'no error',
        (error) => error,
      );

    assert.equal(
      await signIn({ ...simulator.endpoints, longLived: true, dispatcher }, code()),
      '17841405793187219',
      name,
    );

    const redirect = await profileAt(redirecting);
    assert.match(redirect.message, /redirect \(HTTP 302\), which is not followed/, name);
    assert.deepEqual(strays, [], `${name} followed a redirect`);

    const late = await profileAt(stalling, 100);
    assert.equal(late.code, 'TIMEOUT', name);
    while (closed.length === 0) await new Promise((resolve) => setImmediate(resolve));
    closed.length = 0;

    if (name === 'RetryAgent') {
      const failed = await profileAt(failing);
      assert.match(failed.message, /HTTP 503, and an interceptor .*UND_ERR_REQ_RETRY/, name);
      assert.equal(failed.isTransient, true);
    }
  }

  const mocked = {
    tokenURL: 'http://threads.example/oauth/access_token',
    graphURL: 'http://threads.example/v1.0',
  };
  const unmocked = { ...mocked, tokenVerification: 'off', dispatcher: mock() };
  assert.equal(await signIn(unmocked, 'CODE'), '17841405793187219', 'MockAgent');
  const missing = await signIn({ ...unmocked, graphURL: 'http://other.example' }, 'CODE').catch(
    (error) => error,
  );
  assert.match(missing.message, /UND_MOCK_ERR_MOCK_NOT_MATCHED.*no answer to this request/);

  setGlobalDispatcher(mock());
  assert.equal(await signIn({ ...mocked, tokenVerification: 'off' }, 'CODE'), '17841405793187219', 'global');

  console.log('signed in by every dispatcher');
  process.exit();
}

main().catch((error) => {
  console.log(error.stack ?? error);
  process.exit(1);
});
