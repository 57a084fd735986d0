import { expect } from 'chai';
import { simulatedApp } from 'passport-threads-oauth2/simulator';
import { runScript } from './process.js';
import { ADA, Browser, type Example, MATEO, signInOf, startExample } from './support.js';

const { clientID } = simulatedApp;
const OTHER = { clientID: '4242', clientSecret: 'of another app', redirectURIs: [] };

describe("example/reference: a phone's way in", () => {
  let example: Example;

  beforeEach(async () => {
    example = await startExample({ SIGN_IN_LIMIT: '8' });
    example.simulator.addApp(OTHER);
  });

  afterEach(() => example.close());

  const tokenOf = (app = clientID) => example.simulator.issueToken({ clientID: app, userId: ADA });

  async function send(method: string, path: string, token?: string, body?: object) {
    const response = await fetch(example.origin + path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    const { status, headers } = response;
    return { status, headers, answer: JSON.parse(await response.text()) as Record<string, string> };
  }
  const signIn = async () => (await send('POST', '/api/session', tokenOf())).answer.session!;

  it('answers 401 with a challenge where there is no token', async () => {
    const { status, headers, answer } = await send('POST', '/api/session');
    expect({ status, answer }).to.deep.equal({ status: 401, answer: { error: 'missing_token' } });
    expect(headers.get('www-authenticate')).to.equal('Bearer realm="Threads"');
  });

  it('answers 401 to a forged token, and to one that a person gave to another app', async () => {
    for (const token of ['THQVJforged', tokenOf(OTHER.clientID)]) {
      const { status, answer } = await send('POST', '/api/session', token);
      expect({ status, answer }).to.deep.equal({ status: 401, answer: { error: 'invalid_token' } });
    }
    expect(await example.database.users.find(ADA)).to.equal(undefined);
  });

  it('answers 400 to a token in the header and another in the body', async () => {
    const { status, answer } = await send('POST', '/api/session', tokenOf(), { access_token: tokenOf() });
    expect({ status, answer }).to.deep.equal({ status: 400, answer: { error: 'invalid_request' } });
  });

  it('answers 502 in JSON where Threads is down, and writes no token into the log', async () => {
    const token = tokenOf();
    await example.simulator.close();
    const { status, answer } = await send('POST', '/api/session', token);
    expect(status).to.equal(502);
    expect(answer.error).to.equal('threads_unavailable');
    expect(example.log.join()).to.contain('ThreadsNetworkError').and.not.contain(token);
  });

  it('hands on how long Threads wants to be left alone', async () => {
    const body = { error: { code: 4, message: 'Application request limit reached' } };
    example.simulator.fail('/debug_token', { status: 429, headers: { 'Retry-After': '30' }, body });
    const { status, headers, answer } = await send('POST', '/api/session', tokenOf());
    expect({ status, answer }).to.deep.equal({ status: 503, answer: { error: 'threads_unavailable' } });
    expect(headers.get('retry-after')).to.equal('30');
  });

  it('answers in JSON, and not with a page, to a body that is malformed or too long, and at other paths', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const [path, body, status, error] of [
      ['/api/session', '{', 400, 'invalid_request'],
      ['/api/session', `{"access_token":"${'a'.repeat(9000)}"}`, 413, 'invalid_request'],
      ['/api/nothing', '{}', 404, 'not_found'],
    ] as const) {
      const response = await fetch(example.origin + path, { method: 'POST', headers, body });
      expect(response.status).to.equal(status);
      expect(await response.json()).to.deep.equal({ error });
    }
  });

  it('lets an address try so many times a minute, and asks Threads nothing after that', async () => {
    const statuses = [];
    for (let i = 0; i < 10; i += 1) statuses.push((await send('POST', '/api/session', `THQVJ${i}`)).status);
    expect(statuses).to.deep.equal([...Array(8).fill(401), 429, 429]);
    expect(example.simulator.requests.filter(({ path }) => path.endsWith('/me'))).to.have.length(8);
  });

  it("answers a session of the app's own, not the token of Threads", async () => {
    const token = tokenOf();
    const { status, headers, answer } = await send('POST', '/api/session', token);
    expect(status).to.equal(201);
    expect(headers.getSetCookie()).to.deep.equal([]);
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(Buffer.from(answer.session!.split('.')[1]!, 'base64url').toString()).not.to.contain(token);

    const asked = example.simulator.requests.length;
    const me = await send('GET', '/api/me', answer.session);
    expect(me.answer).to.deep.equal({ id: ADA, username: 'ada.okafor', name: 'Ada Okafor' });
    expect(example.simulator.requests).to.have.length(asked);
  });

  it('takes neither the token of Threads nor a session that was tampered with for a session', async () => {
    const session = await signIn();
    const [head, body, mac] = session.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [
      '',
      tokenOf(),
      `${head}.${body}.${mac!.slice(0, -2)}xx`,
      `${none}.${body}.`,
      'a.b.c',
    ]) {
      const { status, headers } = await send('GET', '/api/me', token);
      expect(status).to.equal(401);
      expect(headers.get('www-authenticate')).to.equal('Bearer realm="Spool"');
    }
  });

  it('ends the session with the account', async () => {
    const session = await signIn();
    await example.simulator.removeApp({ clientID, userId: ADA, deleteData: true });
    expect((await send('GET', '/api/me', session)).status).to.equal(401);
  });

  it('keeps the token of 60 days that a sign-in in the browser brought', async () => {
    await new Browser(example.origin).signIn();
    const before = (await example.database.users.find(ADA))!;
    await signIn();
    const after = (await example.database.users.find(ADA))!;
    expect(after.token).to.deep.equal(before.token);
    expect(after.sessionKey).to.equal(before.sessionKey);
  });

  it('keeps the token of 60 days of a linked account, too', async () => {
    const { users, linkedAccounts } = example.database;
    const end = new Date(Math.floor(Date.now() / 1000 + 60 * 86_400) * 1000);
    await users.upsert(signInOf(MATEO));
    await linkedAccounts.link(MATEO, signInOf(ADA, { token: { expiresAt: end } }));
    await signIn();
    const [linked] = await linkedAccounts.of(MATEO);
    expect(linked?.token.expiresAt).to.deep.equal(end);
  });

  it('takes the token of a phone in the place of one that has died', async () => {
    const { users } = example.database;
    await users.upsert(signInOf(ADA, { token: { expiresAt: new Date('2020-01-02') } }));
    await signIn();
    expect((await users.find(ADA))?.token.requiresLogin).to.equal(undefined);
  });
});

describe('example/reference: npm run phone', () => {
  it('plays a phone, and ends', async () => {
    const { exited, output } = runScript('play-phone.ts', {});
    expect(await exited, output.stderr).to.equal(0);
    expect(output.stdout).to.match(/POST \/api\/session: 201 \{"session":"ey/);
    expect(output.stdout).to.contain('GET /api/me: 200 {"id":"17841405793187219"');
    expect(output.stdout).to.contain('The access token belongs to another app');
  });
});
