import { createServer } from 'node:http';
import Module from 'node:module';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { createThreadsSimulator, simulatedApp, simulatedUsers } from '../../lib/simulator/index.js';
import { ada, app, ask, DAY, HOUR, otherApp, START, useSimulator } from './support.js';

describe('simulator: settings that Threads could not hold throw', () => {
  const simulator = createThreadsSimulator();

  for (const clientID of ['', 'my-app', '12 34', 123 as unknown as string]) {
    it(`a client ID of ${JSON.stringify(clientID)}`, () =>
      expect(() => simulator.addApp({ ...app, clientID })).to.throw(TypeError, 'clientID'));
  }

  it('an empty secret, without repeating a secret', () =>
    expect(() => simulator.addApp({ ...app, clientSecret: '' })).to.throw(TypeError, 'clientSecret'));

  for (const url of ['/callback', 'javascript:alert(1)', 'https://app.example/#x', 'file:///etc/passwd']) {
    it(`the URL ${url}`, () => {
      expect(() => simulator.addApp({ ...app, redirectURIs: [url] })).to.throw(TypeError, 'URL');
      expect(() => simulator.addApp({ ...app, deauthorizeURL: url })).to.throw(TypeError, 'URL');
      expect(() => simulator.addApp({ ...app, dataDeletionURL: url })).to.throw(TypeError, 'URL');
    });
  }

  for (const id of [
    '',
    '0',
    '-1',
    '1.5',
    '1e3',
    '007',
    'abc',
    '9223372036854775808',
    17 as unknown as string,
  ]) {
    it(`the user id ${JSON.stringify(id)}`, () =>
      expect(() => simulator.addUser({ id, username: 'x' })).to.throw(TypeError, '2^63-1'));
  }

  it('a member that does not exist, so that no misspelt setting is ignored in silence', () => {
    const misspelt = { ...app, redirectURLs: [] };
    expect(() => simulator.addApp(misspelt)).to.throw(
      TypeError,
      'has no member redirectURLs: there are clientID',
    );
    const user = { ...ada, testersOf: [] };
    expect(() => simulator.addUser(user)).to.throw(TypeError, 'has no member testersOf');
  });

  it('a member of another type', () => {
    const live = 'false' as unknown as boolean;
    expect(() => simulator.addApp({ ...app, live })).to.throw(TypeError, 'live must be true or false');
    const testerOf = app.clientID as unknown as string[];
    expect(() => simulator.addUser({ ...ada, testerOf })).to.throw(
      TypeError,
      'testerOf must be a list of strings',
    );
    expect(() => simulator.addApp(null as never)).to.throw(TypeError, 'clientID');
    expect(() => simulator.addUser(undefined as never)).to.throw(TypeError, '2^63-1');
  });

  it('an empty username', () =>
    expect(() => simulator.addUser({ id: '1', username: '' })).to.throw(TypeError, 'username'));
});

describe('simulator: without express', () => {
  const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const load = loader._load;

  afterEach(() => {
    loader._load = load;
  });

  it('says how to install it', () => {
    loader._load = (request, ...rest) => {
      if (request === 'express') throw Object.assign(new Error('Cannot find'), { code: 'MODULE_NOT_FOUND' });
      return load.call(loader, request, ...rest);
    };
    expect(() => createThreadsSimulator()).to.throw(
      /needs express: npm install --save-dev passport-threads-oauth2 express\..+npx -p passport-threads-oauth2 -p express/,
    );
  });

  it('lets an express that is there and broken speak for itself', () => {
    loader._load = (request, ...rest) => {
      if (request === 'express') throw new SyntaxError('broken');
      return load.call(loader, request, ...rest);
    };
    expect(() => createThreadsSimulator()).to.throw(SyntaxError, 'broken');
  });
});

describe('simulator: its options', () => {
  for (const [what, options, message] of [
    ['are misspelt', { app: [] }, 'has no member app: there are apps, users, now, hosts, loggedIn'],
    ['hold one app in place of a list', { apps: simulatedApp }, 'apps must be a list'],
    ['hold a time in place of a clock', { now: Date.now() }, 'now must be a function'],
    ['are no object', [], 'must be an object'],
  ] as const) {
    it(`are refused when they ${what}`, () => {
      expect(() => createThreadsSimulator(options as object)).to.throw(TypeError, message);
    });
  }
});

describe('simulator: its default people', () => {
  it('have ids that no JavaScript number can hold', () => {
    expect(simulatedUsers).to.have.length(3);
    for (const { id } of simulatedUsers) {
      expect(BigInt(id) > 2n ** 53n).to.equal(true);
      expect(BigInt(Number(id)).toString()).not.to.equal(id);
    }
  });

  it('are registered together with the default app', () => {
    const { clientID, redirectURIs } = simulatedApp;
    const code = createThreadsSimulator().authorize({ clientID, redirectURI: String(redirectURIs[0]) });
    expect(code).to.match(/^AQ/);
  });
});

describe('simulator: listening', () => {
  it('has no endpoints before listen() and after close()', async () => {
    const simulator = createThreadsSimulator();
    expect(() => simulator.endpoints).to.throw('await listen() first');
    expect(() => simulator.url).to.throw('await listen() first');
    const origin = await simulator.listen();
    expect(origin).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(simulator.url).to.equal(origin);
    expect(simulator.endpoints).to.deep.equal({
      authorizationURL: `${origin}/oauth/authorize`,
      tokenURL: `${origin}/oauth/access_token`,
      graphURL: `${origin}/v1.0`,
    });
    await simulator.close();
    expect(() => simulator.endpoints).to.throw('await listen() first');
  });

  it('endpointsAt names the same addresses at any origin', () => {
    const simulator = createThreadsSimulator();
    for (const base of ['https://threads.test', 'https://threads.test/', new URL('https://threads.test')]) {
      expect(simulator.endpointsAt(base)).to.deep.equal({
        authorizationURL: 'https://threads.test/oauth/authorize',
        tokenURL: 'https://threads.test/oauth/access_token',
        graphURL: 'https://threads.test/v1.0',
      });
    }
    const { graphURL } = simulator.endpointsAt('http://localhost:3000/threads/');
    expect(graphURL).to.equal('http://localhost:3000/threads/v1.0');
    for (const wrong of ['threads.test', 'ftp://x', '', 'https://x/?a', 'https://x/#a']) {
      expect(() => simulator.endpointsAt(wrong)).to.throw(TypeError, 'endpointsAt takes an origin');
    }
  });

  it('rejects on a port that is taken, and can then listen elsewhere', async () => {
    const [first, second] = [createThreadsSimulator(), createThreadsSimulator()];
    const port = Number(new URL(await first.listen()).port);
    const error = await second.listen(port).catch((reason: NodeJS.ErrnoException) => reason);
    expect(error).to.be.an('error').with.property('code', 'EADDRINUSE');
    await second.listen();
    await Promise.all([first.close(), second.close()]);
  });

  it('rejects a second listen()', async () => {
    const simulator = createThreadsSimulator();
    await simulator.listen();
    const error = await simulator.listen().catch((reason: Error) => reason);
    expect(error).to.be.an('error').with.property('message').that.contains('already listens');
    await simulator.close();
  });

  it('close() does not wait for idle connections, may be repeated, and listen() works again', async () => {
    const simulator = createThreadsSimulator();
    await simulator.close();
    await ask(`${await simulator.listen()}/`, { headers: { connection: 'keep-alive' } });
    await simulator.close();
    await simulator.close();
    expect((await ask(`${await simulator.listen()}/`)).status).to.equal(200);
    await simulator.close();
  });

  it('its handler can be mounted below a path, behind a body parser', async () => {
    const simulator = createThreadsSimulator();
    const parent = express();
    parent.use(express.urlencoded({ extended: true }), express.json());
    parent.use('/threads', simulator.handler);
    const server = createServer(parent).listen(0);
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/threads`;
    try {
      const { clientID, clientSecret } = simulatedApp;
      const redirect_uri = String(simulatedApp.redirectURIs[0]);
      const query = new URLSearchParams({
        client_id: clientID,
        redirect_uri,
        response_type: 'code',
        scope: 'threads_basic',
      });
      const page = await ask(`${base}/oauth/authorize?${query}`);
      expect(page.text)
        .to.contain('href="/threads/simulator.css"')
        .and.contain('action="/threads/oauth/authorize?');
      const user = simulatedUsers[0]?.id ?? '';
      const allowed = await ask(`${base}/oauth/authorize?${query}`, {
        method: 'POST',
        body: new URLSearchParams({ decision: 'allow', user }),
      });
      const code = new URL(String(allowed.headers.get('location'))).searchParams.get('code') ?? '';
      const form = {
        client_id: clientID,
        client_secret: clientSecret,
        grant_type: 'authorization_code',
        redirect_uri,
        code,
      };
      const nested = new URLSearchParams({ ...form, 'code[a]': 'b' });
      nested.delete('code');
      const refused = await ask(`${base}/oauth/access_token`, { method: 'POST', body: nested });
      expect(refused.json).to.include({ error_type: 'OAuthException', code: 400 });
      const answer = await ask(`${base}/oauth/access_token`, {
        method: 'POST',
        body: new URLSearchParams(form),
      });
      expect(answer.status).to.equal(200);
      const me = await ask(
        `${base}/v1.0/me?fields=threads_profile_picture_url&access_token=${answer.json.access_token}`,
      );
      expect((await ask(String(me.json.threads_profile_picture_url))).status).to.equal(200);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

describe('simulator: what the test code may ask of it', () => {
  const threads = useSimulator();

  it('throws for apps, users, redirect URIs and tokens it does not know', () => {
    const { simulator } = threads;
    const redirectURI = 'https://app.example/callback';
    expect(() => simulator.authorize({ clientID: '9', redirectURI })).to.throw('no app');
    expect(() => simulator.authorize({ clientID: app.clientID, redirectURI: 'https://x.example' })).to.throw(
      'redirect URI',
    );
    expect(() => simulator.issueToken({ clientID: app.clientID, userId: '9' })).to.throw('no user');
    expect(() => simulator.revoke({ clientID: app.clientID, userId: '9' })).to.throw('no user');
    expect(() => simulator.logOut('9')).to.throw('no user');
    expect(() => simulator.expireToken('THnothing')).to.throw('no such token');
    simulator.addApp({ ...otherApp, live: false });
    simulator.addUser({ ...ada, testerOf: [] });
    expect(() => simulator.issueToken({ clientID: otherApp.clientID })).to.throw('not a tester');
  });

  it('logOut ends the tokens of every app and lets the person come back', async () => {
    const tokens = [threads.token(), threads.token({ clientID: otherApp.clientID, longLived: true })];
    threads.simulator.logOut(ada.id);
    for (const access_token of tokens) {
      expect((await threads.get('/v1.0/me', { access_token })).error.error_subcode).to.equal(460);
    }
    expect((await threads.get('/v1.0/me', { access_token: threads.token() })).status).to.equal(200);
  });

  it('revoke ends the tokens of one app alone, and those issued after a new login live', async () => {
    const [token, other] = [threads.token(), threads.token({ clientID: otherApp.clientID })];
    threads.simulator.revoke({ clientID: app.clientID, userId: ada.id });
    expect((await threads.get('/v1.0/me', { access_token: token })).error.error_subcode).to.equal(458);
    expect((await threads.get('/v1.0/me', { access_token: other })).status).to.equal(200);
    expect((await threads.get('/v1.0/me', { access_token: threads.token() })).status).to.equal(200);
    expect((await threads.get('/v1.0/me', { access_token: token })).error.error_subcode).to.equal(458);
  });

  for (const code of [24, 100] as const) {
    it(`revoke makes tokens answer ${code} without a subcode, as observed, and debug_token says what became of them`, async () => {
      const [token, inspector] = [
        threads.token({ longLived: true }),
        `TH|${app.clientID}|${app.clientSecret}`,
      ];
      threads.simulator.revoke({ clientID: app.clientID, userId: ada.id, code });
      threads.clock.now += DAY;
      const refresh = { grant_type: 'th_refresh_token', access_token: token };
      for (const [path, query] of [
        ['/v1.0/me', { access_token: token }],
        ['/refresh_access_token', refresh],
      ] as const) {
        const { status, error } = await threads.get(path, { ...query });
        expect(status).to.equal(400);
        const message = 'The requested resource does not exist';
        expect(error).to.deep.equal({ message, type: 'OAuthException', code });
      }
      const inspection = { access_token: inspector, input_token: token };
      const { json } = await threads.get('/v1.0/debug_token', inspection);
      expect(json.data).to.include({ is_valid: false });
    });
  }

  it('revoke refuses a code that Threads is not known to answer with', () =>
    expect(() =>
      threads.simulator.revoke({ clientID: app.clientID, userId: ada.id, code: 191 as 190 }),
    ).to.throw(TypeError, '190, 24 or 100'));

  it('revoke without a grant does nothing', () =>
    threads.simulator.revoke({ clientID: app.clientID, userId: ada.id }));

  it('each login grants the permissions for another 90 days', async () => {
    threads.token();
    threads.clock.now += 50 * DAY;
    const long = threads.token({ longLived: true });
    const { data } = (await threads.get('/v1.0/debug_token', { access_token: long, input_token: long }))
      .json as { data: { data_access_expires_at: number } };
    expect(data.data_access_expires_at).to.equal((START + 140 * DAY) / 1000);
  });

  it('lists the requests it received, with what is secret taken out of their parameters', async () => {
    threads.clock.now += HOUR;
    const secrets = {
      access_token: 'SECRETtoken',
      input_token: 'SECRETinput',
      appsecret_proof: 'SECRETproof',
      Client_Secret: 'SECRETsecret',
      access_tokens: 'SECRETmisspelt',
    };
    await threads.get('/v1.0/me', { ...secrets, fields: 'id,name' });
    const form = { client_id: '1', client_secret: 'SECRETsecret', code: 'SECRETcode', state: 'SECRETstate' };
    await threads.post('/oauth/access_token?grant_type=x', form);
    const [me, exchange] = threads.simulator.requests;
    expect(me).to.deep.equal({
      method: 'GET',
      path: '/v1.0/me',
      parameters: {
        ...Object.fromEntries(Object.keys(secrets).map((name) => [name, '[redacted]'])),
        fields: 'id,name',
      },
      time: START + HOUR,
      status: 400,
    });
    expect(exchange).to.deep.include({ method: 'POST', path: '/oauth/access_token', status: 400 });
    expect(exchange?.parameters).to.deep.equal({
      grant_type: 'x',
      client_id: '1',
      client_secret: '[redacted]',
      code: '[redacted]',
      state: '[redacted]',
    });
    expect(JSON.stringify(threads.simulator.requests)).not.to.contain('SECRET');
  });

  it('lists a multipart form, a repeated parameter, a file and an endless value', async () => {
    const body = new FormData();
    for (const scope of ['a', 'b']) body.append('scope', scope);
    body.append('file', new Blob(['x']), 'x.txt');
    body.append('long', 'x'.repeat(5000));
    body.append('__proto__', 'own');
    await ask(`${threads.origin}/oauth/access_token`, { method: 'POST', body });
    const parameters = threads.simulator.requests[0]!.parameters;
    expect(parameters.scope).to.deep.equal(['a', 'b']);
    expect(parameters.file).to.equal('[no text]');
    expect(parameters.long).to.have.length(1001);
    expect(Object.getPrototypeOf(parameters)).to.equal(Object.prototype);
  });

  it('lists a request whose body could not be read', async () => {
    await threads.post('/oauth/access_token?grant_type=x', `code=${'x'.repeat(70_000)}`);
    expect(threads.simulator.requests[0]?.parameters).to.deep.equal({ grant_type: 'x' });
  });

  it('keeps the newest 1,000 requests', async () => {
    for (let round = 0; round < 21; round++) {
      await Promise.all(
        Array.from({ length: 50 }, () => fetch(`${threads.origin}/v1.0/me`).then((r) => r.text())),
      );
    }
    await threads.get('/refresh_access_token');
    expect(threads.simulator.requests).to.have.length(1000);
    expect(threads.simulator.requests.at(-1)).to.include({ path: '/refresh_access_token' });
  });

  it('remembers a bounded number of tokens, the living newest ones', async () => {
    const first = threads.token();
    threads.clock.now += 2 * HOUR;
    for (let count = 0; count < 10_001; count++) threads.token();
    const last = threads.token();
    expect((await threads.get('/v1.0/me', { access_token: first })).error.error_subcode).to.equal(467);
    expect((await threads.get('/v1.0/me', { access_token: last })).status).to.equal(200);
  });
});

describe('simulator: requests to nowhere', () => {
  const threads = useSimulator();

  for (const [method, path] of [
    ['DELETE', '/v1.0/me'],
    ['POST', '/v1.0/debug_token'],
    ['POST', '/access_token'],
    ['PUT', '/oauth/access_token'],
    ['DELETE', '/v1.0/oauth/access_token'],
    ['PUT', '/oauth/authorize'],
    ['GET', '/remove'],
  ] as const) {
    it(`${method} ${path} is a 405 that names the method, in the Graph shape`, async () => {
      const { status, error, headers } = await ask(`${threads.origin}${path}`, { method });
      expect(status).to.equal(405);
      expect(error).to.include({ type: 'GraphMethodException', code: 100 });
      expect(error.message).to.equal(`Unsupported request - method type: ${method.toLowerCase()}`);
      expect(threads.simulator.requests.at(-1)?.notes?.join()).to.match(/^\/\w+.* takes (GET|POST)/);
      expect(headers.get('allow')).to.be.a('string').and.not.contain(method);
    });
  }

  it('an unknown path is a 404 in the Graph shape', async () => {
    const { status, error } = await threads.get('/v1.0/nothing');
    expect([status, error.code]).to.deep.equal([404, 2500]);
  });

  it('a fault of its own is a 500 in the Graph shape, without a stack trace', async () => {
    const simulator = createThreadsSimulator({
      now: () => {
        throw new Error('the clock broke at /home/somebody');
      },
    });
    const { status, error, text } = await ask(`${await simulator.listen()}/v1.0/me`);
    await simulator.close();
    expect([status, error.code]).to.deep.equal([500, 1]);
    expect(text).not.to.contain('somebody');
  });
});
