import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { ThreadsClient, ThreadsNetworkError, ThreadsTokenError } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { expectNoSecretIn } from '../faults/secrets.js';
import { answers, app, CODE, LONG_TOKEN, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { rejection } from '../support/login.js';
import { useNock } from '../support/nock.js';
import { type Endpoint, type RawResponse, upstream } from '../support/upstream.js';

const { clientID, clientSecret, callbackURL } = app;

function clientWith(replies: Partial<Record<Endpoint, RawResponse>> = {}, options: object = {}) {
  const { dispatcher, calls } = upstream(replies);
  return { client: new ThreadsClient({ clientID, clientSecret, dispatcher, ...options }), calls };
}

describe('ThreadsClient: options', () => {
  const wrong: [name: string, value: unknown][] = [
    ...['clientID', 'clientSecret'].flatMap((name) =>
      [undefined, null, '', 7].map((value): [string, unknown] => [name, value]),
    ),
    ...['authorizationURL', 'tokenURL', 'graphURL'].flatMap((name) =>
      ['', '/oauth', 'ftp://threads.net'].map((value): [string, unknown] => [name, value]),
    ),
    ['timeout', 0],
    ['timeout', '5'],
    ['now', 0],
    ['profileFields', 'id,username'],
    ['profileFields', [7]],
  ];
  for (const [name, value] of wrong) {
    it(`throws a TypeError that names ${name} for ${JSON.stringify(value)}`, () => {
      const options = { clientID, clientSecret, [name]: value };
      expect(() => new ThreadsClient(options as never))
        .to.throw(TypeError, name)
        .with.property('message')
        .that.does.not.include(clientSecret);
    });
  }

  it('throws without options', () => {
    expect(() => new ThreadsClient(undefined as never)).to.throw(TypeError, '`clientID`');
  });

  it('shows no secret when it is printed', async () => {
    const { inspect } = await import('node:util');
    const { client } = clientWith();
    expect(inspect(client, { depth: 9, showHidden: true }) + JSON.stringify(client)).not.to.include(
      clientSecret,
    );
  });
});

describe('ThreadsClient: arguments', () => {
  const methods: [name: string, call: (client: ThreadsClient, value: never) => Promise<unknown>][] = [
    ['code', (client, value) => client.exchangeCode(value, callbackURL)],
    ['redirectURI', (client, value) => client.exchangeCode(CODE, value)],
    ['shortLived', (client, value) => client.exchangeToken(value)],
    ['longLived', (client, value) => client.refreshToken(value)],
    ['accessToken', (client, value) => client.getProfile(value)],
    ['inputToken', (client, value) => client.verifyToken(value)],
  ];
  for (const [name, call] of methods) {
    for (const value of [undefined, null, '', 7, {}, [CODE]]) {
      it(`reject with a TypeError and no call where ${name} is ${JSON.stringify(value)}`, async () => {
        const { client, calls } = clientWith();
        const error = await rejection(call(client, value as never));
        expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes(name);
        expect(calls).to.have.length(0);
      });
    }
  }

  for (const code of ['#_', '%23_']) {
    it(`reject with a TypeError and no call for the code ${code}, of which nothing remains`, async () => {
      const { client, calls } = clientWith();
      expect(await rejection(client.exchangeCode(code, callbackURL))).to.be.instanceOf(TypeError);
      expect(calls).to.have.length(0);
    });
  }
});

describe('ThreadsClient: authorizationURL', () => {
  const { client } = clientWith();
  const parametersOf = (address: string) => Object.fromEntries(new URL(address).searchParams);

  it('has the documented parameters and no others, at the documented window', () => {
    const address = client.authorizationURL({ redirectURI: callbackURL });
    expect(address).to.match(/^https:\/\/www\.threads\.com\/oauth\/authorize\?/);
    expect(parametersOf(address)).to.deep.equal({
      client_id: clientID,
      redirect_uri: callbackURL,
      response_type: 'code',
      scope: 'threads_basic',
    });
  });

  it('has the state, and every permission once, threads_basic among them', () => {
    const state = 'a state & more';
    for (const scope of ['threads_delete, threads_delete', ['threads_delete']]) {
      const parameters = parametersOf(client.authorizationURL({ redirectURI: callbackURL, scope, state }));
      expect(parameters).to.include({ scope: 'threads_basic,threads_delete', state });
    }
  });

  it('keeps the redirect URI to the letter, its trailing slash and its query included', () => {
    const redirectURI = 'https://app.example/callback/?tenant=7&x=%20';
    expect(parametersOf(client.authorizationURL({ redirectURI })).redirect_uri).to.equal(redirectURI);
  });

  it('keeps the query of an authorizationURL of your own', () => {
    const own = new ThreadsClient({
      clientID,
      clientSecret,
      authorizationURL: 'https://www.threads.com/oauth?locale=vi',
    });
    const { locale, client_id } = parametersOf(own.authorizationURL({ redirectURI: callbackURL }));
    expect({ locale, client_id }).to.deep.equal({ locale: 'vi', client_id: clientID });
  });

  for (const [name, request] of [
    ['redirectURI', {}],
    ['redirectURI', { redirectURI: '' }],
    ['redirectURI', { redirectURI: '/auth/threads/callback' }],
    ['redirectURI', { redirectURI: 'javascript:alert(1)' }],
    ['redirectURI', { redirectURI: `${callbackURL}#_` }],
    ['scope', { redirectURI: callbackURL, scope: [7] }],
    ['state', { redirectURI: callbackURL, state: '' }],
    ['state', { redirectURI: callbackURL, state: { returnTo: '/' } }],
  ] as const) {
    it(`throws a TypeError that names ${name} for ${JSON.stringify(request)}`, () => {
      expect(() => client.authorizationURL(request as never)).to.throw(TypeError, `\`${name}\``);
    });
  }
});

describe('ThreadsClient: token answers', () => {
  const calls: [endpoint: Endpoint, call: (client: ThreadsClient) => Promise<unknown>][] = [
    ['token', (client) => client.exchangeCode(CODE, callbackURL)],
    ['exchange', (client) => client.exchangeToken(SHORT_TOKEN)],
    ['refresh', (client) => client.refreshToken(LONG_TOKEN)],
    ['appToken', (client) => client.getAppAccessToken()],
  ];
  const malformed: [key: string, body: object][] = [
    ['access_token', {}],
    ['access_token', { access_token: '' }],
    ['access_token', { access_token: null }],
    ['access_token', { access_token: 7 }],
    ['access_token', { access_token: ['T'] }],
    ['access_token', { data: { access_token: 'T' } }],
    ['expires_in', { access_token: 'T', expires_in: 'soon' }],
    ['expires_in', { access_token: 'T', expires_in: -1 }],
    ['expires_in', { access_token: 'T', expires_in: 1e300 }],
    ['user_id', { access_token: 'T', user_id: 'ada' }],
    ['user_id', { access_token: 'T', user_id: {} }],
    ['user_id', { access_token: 'T', user_id: 1.5 }],
  ];
  for (const [endpoint, call] of calls) {
    for (const [key, body] of malformed) {
      it(`${endpoint}: ${JSON.stringify(body)} is refused, and ${key} named`, async () => {
        const { client } = clientWith({ [endpoint]: { body } });
        const error = await rejection(call(client));
        expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'INVALID_RESPONSE' });
        expect(error.message).to.include(`"${key}"`);
      });
    }

    it(`${endpoint}: a token that comes with an HTTP error is refused`, async () => {
      for (const status of [400, 404, 500]) {
        const { client } = clientWith({ [endpoint]: { status } });
        expect(await rejection(call(client))).to.include({ code: 'INVALID_RESPONSE', status: 502 });
      }
    });

    it(`${endpoint}: an error that comes with HTTP 200 is an error`, async () => {
      const body = { error_type: 'OAuthException', code: 400, error_message: 'No', access_token: 'T' };
      const { client } = clientWith({ [endpoint]: { body } });
      expect(await rejection(call(client))).to.be.instanceOf(ThreadsTokenError);
    });
  }

  it('have an expiry reckoned from this machine’s clock, as it is when they come', async () => {
    const { client } = clientWith();
    const { now } = Date;
    try {
      for (const time of [0, Date.UTC(2026, 10, 1)]) {
        Date.now = () => time;
        const { expiresAt } = await client.refreshToken(LONG_TOKEN);
        expect(expiresAt.getTime()).to.equal(time + 5183944_000);
      }
    } finally {
      Date.now = now;
    }
  });

  it('have an expiry reckoned from the clock that the app gives', async () => {
    const time = Date.UTC(2026, 10, 1);
    const { client } = clientWith({}, { now: () => time });
    const { expiresAt, ...rest } = await client.exchangeToken(SHORT_TOKEN);
    expect(expiresAt.getTime()).to.equal(time + 5183944_000);
    expect(rest).to.deep.equal({
      accessToken: LONG_TOKEN,
      tokenType: 'bearer',
      expiresIn: 5183944,
      raw: answers.exchange,
    });
  });

  for (const expires_in of [undefined, null]) {
    it(`without expires_in (${expires_in}) are refused by exchange and refresh: no lifetime is assumed`, async () => {
      const reply = { body: { ...answers.exchange, expires_in } };
      const { client } = clientWith({ exchange: reply, refresh: reply });
      for (const asking of [client.exchangeToken(SHORT_TOKEN), client.refreshToken(LONG_TOKEN)]) {
        const error = await rejection(asking);
        expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'INVALID_RESPONSE' });
        expect(error.message).to.include('"expires_in"');
      }
    });
  }

  it('last as long as Threads says, be it less than 60 days, and be it said in a string', async () => {
    for (const expires_in of [5124548, '5124548']) {
      const body = { ...answers.exchange, expires_in };
      const { client } = clientWith({ exchange: { body } }, { now: () => 0 });
      const result = await client.exchangeToken(SHORT_TOKEN);
      expect(result.expiresIn).to.equal(5124548);
      expect(result.expiresAt.getTime()).to.equal(5124548_000);
      expect(result.raw.expires_in).to.equal(5124548);
    }
  });

  it('have the same user id whether it came as a number or as a string', async () => {
    for (const user_id of [USER_ID, `"${USER_ID}"`]) {
      const { client } = clientWith({ token: { body: `{"access_token":"T","user_id":${user_id}}` } });
      const { userId, raw } = await client.exchangeCode(CODE, callbackURL);
      expect([userId, raw.user_id]).to.deep.equal([USER_ID, USER_ID]);
    }
  });

  it('have a user id for the code exchange, and no expiry', async () => {
    const { client } = clientWith();
    expect(await client.exchangeCode(CODE, callbackURL)).to.deep.equal({
      accessToken: SHORT_TOKEN,
      userId: USER_ID,
      raw: { access_token: SHORT_TOKEN, user_id: USER_ID },
    });
  });

  it('may have what Threads adds tomorrow', async () => {
    const body = { ...answers.exchange, permissions: ['threads_basic'], expires_in: 0 };
    const { client } = clientWith({ exchange: { body } });
    const result = await client.exchangeToken(SHORT_TOKEN);
    expect(result.expiresIn).to.equal(0);
    expect(result.raw).to.deep.equal(body);
  });
});

describe('ThreadsClient at the documented hosts', () => {
  const nock = useNock();
  const client = new ThreadsClient({ clientID, clientSecret });

  it('exchanges a code, without its #_', async () => {
    nock('https://graph.threads.net')
      .post('/oauth/access_token', {
        client_id: clientID,
        client_secret: clientSecret,
        grant_type: 'authorization_code',
        redirect_uri: callbackURL,
        code: CODE,
      })
      .reply(200, answers.token);
    expect((await client.exchangeCode(`${CODE}#_`, callbackURL)).userId).to.equal(USER_ID);
  });

  it('exchanges a short-lived token', async () => {
    nock('https://graph.threads.net')
      .get('/access_token')
      .query({ grant_type: 'th_exchange_token', client_secret: clientSecret, access_token: SHORT_TOKEN })
      .reply(200, answers.exchange);
    expect((await client.exchangeToken(SHORT_TOKEN)).accessToken).to.equal(LONG_TOKEN);
  });

  it('refreshes a long-lived token', async () => {
    nock('https://graph.threads.net')
      .get('/refresh_access_token')
      .query({ grant_type: 'th_refresh_token', access_token: LONG_TOKEN })
      .reply(200, answers.exchange);
    expect((await client.refreshToken(LONG_TOKEN)).expiresIn).to.equal(5183944);
  });

  it('gets an app token', async () => {
    nock('https://graph.threads.net')
      .get('/oauth/access_token')
      .query({ client_id: clientID, client_secret: clientSecret, grant_type: 'client_credentials' })
      .reply(200, answers.appToken);
    expect(await client.getAppAccessToken()).to.deep.include({
      accessToken: answers.appToken.access_token,
      tokenType: 'bearer',
    });
  });

  it('asks who a token stands for', async () => {
    nock('https://graph.threads.net')
      .get('/v1.0/me')
      .query({
        fields: 'id,username,name,threads_profile_picture_url,threads_biography,is_verified',
        access_token: LONG_TOKEN,
      })
      .reply(200, answers.me);
    expect((await client.getProfile(LONG_TOKEN)).displayName).to.equal('Ada Okafor');
  });

  it('asks what a token is, with the app token or with the inspector that is given', async () => {
    nock('https://graph.threads.net')
      .get('/oauth/access_token')
      .query({ client_id: clientID, client_secret: clientSecret, grant_type: 'client_credentials' })
      .reply(200, answers.appToken);
    for (const accessToken of [undefined, 'TESTER']) {
      nock('https://graph.threads.net')
        .get('/v1.0/debug_token')
        .query({ access_token: accessToken ?? answers.appToken.access_token, input_token: LONG_TOKEN })
        .reply(200, answers.debug);
      expect((await client.verifyToken(LONG_TOKEN, { accessToken })).isValid).to.equal(true);
    }
  });
});

describe('ThreadsClient', () => {
  it('says what may be wrong with a living token, where Threads says "Session key invalid"', async () => {
    const refusal = { error: { message: 'Session key invalid', type: 'OAuthException', code: 190 } };
    const { client } = clientWith({ exchange: { status: 400, body: refusal } });
    const error = await rejection(client.exchangeToken(LONG_TOKEN));
    expect(error.message).to.include('Only a short-lived token').and.include('sign in again');
  });

  it('sends the proof of the token that it asks with, and none with token requests', async () => {
    const { client, calls } = clientWith({}, { enableProof: true });
    await client.getProfile(LONG_TOKEN);
    await client.verifyToken(LONG_TOKEN, { accessToken: 'TESTER' });
    await client.exchangeToken(SHORT_TOKEN);
    const proof = (token: string) => createHmac('sha256', clientSecret).update(token).digest('hex');
    expect(calls.map(({ params }) => params.appsecret_proof)).to.deep.equal([
      proof(LONG_TOKEN),
      proof('TESTER'),
      undefined,
    ]);
  });

  it('does not mind slashes at the end of its URLs', async () => {
    const tokenURL = 'https://graph.threads.net/oauth/access_token/';
    const { client, calls } = clientWith({}, { tokenURL, graphURL: 'https://graph.threads.net/v1.0/' });
    await client.exchangeCode(CODE, callbackURL);
    await client.exchangeToken(SHORT_TOKEN);
    await client.refreshToken(LONG_TOKEN);
    await client.getProfile(LONG_TOKEN);
    expect(calls.map(({ endpoint }) => endpoint)).to.deep.equal(['token', 'exchange', 'refresh', 'me']);
  });

  it('sends further fields with a code, and lets none of them replace one of its own', async () => {
    const { client, calls } = clientWith();
    const params = { audience: 'partners', client_id: '1', client_secret: 's', redirect_uri: 'r', code: 'c' };
    await client.exchangeCode(CODE, callbackURL, { params: { ...params, grant_type: 'password' } });
    expect(calls[0]?.params).to.deep.equal({
      audience: 'partners',
      client_id: clientID,
      client_secret: clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: callbackURL,
      code: CODE,
    });
  });

  it('lets the app make the error of a refused code, of an answer without its secrets', async () => {
    const body = { error_type: 'OAuthException', code: 400, error_message: `No ${CODE} ${clientSecret}` };
    const { client } = clientWith({ token: { status: 400, body } });
    const own = new Error('Of my own');
    let seen: unknown[] = [];
    const parseError = (...args: [string, number]) => {
      seen = args;
      return own;
    };
    expect(await rejection(client.exchangeCode(CODE, callbackURL, { parseError }))).to.equal(own);
    const redacted = { ...body, error_message: 'No [redacted] [redacted]' };
    expect(seen).to.deep.equal([JSON.stringify(redacted), 400]);
  });

  it('hands over JSON, wherever in it a secret was and however it was spelt', async () => {
    const quotes = [CODE, encodeURIComponent(clientSecret), Buffer.from(CODE).toString('base64')];
    const body = { error_message: `"${quotes}%22`, [CODE]: [{ deep: quotes }], error_type: 'T', code: 400 };
    const { client } = clientWith({ token: { status: 400, body } });
    let seen = '';
    const parseError = (text: string) => {
      seen = text;
      return null;
    };
    await rejection(client.exchangeCode(CODE, callbackURL, { parseError }));
    expect(JSON.parse(seen)).to.have.keys('error_message', '[redacted]', 'error_type', 'code');
    expectNoSecretIn(seen, [CODE, clientSecret, Buffer.from(CODE).toString('base64').slice(0, -2)]);
  });

  it('keeps its own error of a refused code where the app makes none, or fails to', async () => {
    const body = { error_type: 'OAuthException', code: 400, error_message: 'No' };
    const { client } = clientWith({ token: { status: 400, body } });
    const fails = () => {
      throw new Error('Could not');
    };
    for (const parseError of [undefined, () => null, () => undefined, fails]) {
      const error = await rejection(client.exchangeCode(CODE, callbackURL, { parseError }));
      expect(error).to.be.instanceOf(ThreadsTokenError).and.include({ code: 400 });
    }
  });

  it('asks nothing with a signal that is aborted', async () => {
    const { client, calls } = clientWith();
    const signal = AbortSignal.abort();
    for (const asking of [
      client.exchangeCode(CODE, callbackURL, { signal }),
      client.exchangeToken(SHORT_TOKEN, { signal }),
      client.refreshToken(LONG_TOKEN, { signal }),
      client.getAppAccessToken({ signal }),
      client.getProfile(LONG_TOKEN, { signal }),
      client.verifyToken(LONG_TOKEN, { signal }),
    ]) {
      expect(await rejection(asking)).to.include({ code: 'NETWORK', status: 502 });
    }
    expect(calls).to.have.length(0);
  });

  it('goes the whole way with a Threads over sockets', async () => {
    let now = Date.UTC(2026, 0, 1);
    const simulator = createThreadsSimulator({ now: () => now });
    await simulator.listen();
    try {
      const [redirectURI = ''] = simulatedApp.redirectURIs;
      const client = new ThreadsClient({ ...simulatedApp, ...simulator.endpoints, enableProof: true });
      const code = simulator.authorize({ clientID: simulatedApp.clientID, redirectURI });
      const short = await client.exchangeCode(code, redirectURI);
      expect(short.userId).to.equal('17841405793187219');

      const again = await rejection(client.exchangeCode(code, redirectURI));
      expect(again).to.be.instanceOf(ThreadsTokenError);
      expect(again).to.include({ code: 100, subcode: 4279030 });
      expect(again).to.include({ reason: 'invalid_code', requiresLogin: true });
      expect(again.message).to.include('redirect URI').and.include('start again');

      const long = await client.exchangeToken(short.accessToken);
      expect(await rejection(client.exchangeToken(long.accessToken))).to.include({ code: 452 });
      expect((await rejection(client.refreshToken(long.accessToken))).message).to.include('24 hours');
      now += 25 * 60 * 60 * 1000;
      const refreshed = await client.refreshToken(long.accessToken);
      expect(refreshed.expiresIn).to.equal(60 * 24 * 60 * 60);
      expect((await client.getProfile(refreshed.accessToken)).username).to.equal('ada.okafor');
      expect((await client.verifyToken(refreshed.accessToken)).isValid).to.equal(true);

      now += 61 * 24 * 60 * 60 * 1000;
      expect(await rejection(client.refreshToken(refreshed.accessToken))).to.include({
        reason: 'expired',
        requiresLogin: true,
      });
    } finally {
      await simulator.close();
    }
  });
});
