import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ada, app, ask, DAY, HOUR, mateo, START, statusFor, useSimulator } from './support.js';

describe('simulator: the control API, by fetch alone', () => {
  const threads = useSimulator();
  const who = { clientID: app.clientID, userId: ada.id };

  const call = (name: string, body?: unknown, headers: Record<string, string> = {}) =>
    ask(`${threads.origin}/_simulator/${name}`, {
      method: 'POST',
      ...(body === undefined
        ? { headers }
        : {
            body: typeof body === 'string' ? body : JSON.stringify(body),
            headers: { 'content-type': 'application/json', ...headers },
          }),
    });

  const me = async (access_token: unknown) =>
    (await threads.get('/me', { access_token: String(access_token) })).error.error_subcode;

  async function token(options: object = {}) {
    return (await call('issueToken', { clientID: app.clientID, ...options })).json.accessToken;
  }

  describe('refuses', () => {
    const refused = async (answer: ReturnType<typeof call>, status: number, message: string) => {
      const { status: actual, json } = await answer;
      expect(actual).to.equal(status);
      expect((json.error as { message: string }).message).to.contain(message);
    };

    it('an unknown call, also one with the name of a member of every object', async () => {
      for (const name of ['nothing', 'constructor', '__proto__', 'listen', 'close']) {
        await refused(call(name, {}), 404, 'no such call');
      }
    });

    it('another method', async () => {
      await refused(threads.get('/_simulator/reset'), 405, 'GET is not how to call this');
      await refused(call('requests', {}), 405, 'POST is not how to call this');
    });

    it('a body that is no JSON, without quoting it', async () => {
      await refused(call('issueToken', '{"clientID": secret'), 400, 'The body is no JSON');
      const { text } = await call('issueToken', 'secret');
      expect(text).not.to.contain('secret');
      await refused(call('fail', '[]'), 400, 'must be an object');
    });

    it('a member that is missing, unknown or of another type', async () => {
      await refused(call('logOut', {}), 400, 'userId must be a string');
      await refused(call('logOut', { userId: 42 }), 400, 'userId must be a string');
      await refused(call('logOut', { userId: ada.id, user: 1 }), 400, 'no member user: there are userId');
      await refused(call('reset', { hard: true }), 400, 'no member hard: it takes none');
      await refused(call('travel', { milliseconds: '1' }), 400, 'milliseconds must be a number');
      await refused(call('addApp', { clientID: '1' }), 400, 'clientSecret');
      await refused(call('fail', { status: 500 }), 400, 'no such endpoint');
    });

    it('what the method itself refuses', async () => {
      await refused(call('issueToken', { clientID: '9' }), 400, 'knows no app with the client ID 9');
      await refused(call('expireToken', { accessToken: 'THsecret' }), 400, 'issued no such token');
    });

    it('a form of another website, which needs no permission to be sent', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        await refused(
          call('fail', '{"endpoint":"*","status":500}', { 'content-type': type }),
          400,
          'must be JSON',
        );
      }
      await refused(call('reset', undefined, { 'sec-fetch-site': 'cross-site' }), 400, 'Another website');
      // To a simulator with a name of its own, without https, browsers send no Sec-Fetch-Site.
      for (const origin of ['https://evil.example', 'http://evil.example', 'null']) {
        await refused(call('reset', undefined, { origin }), 400, 'Another website');
      }
      const fromItself = { origin: threads.origin };
      expect((await call('travel', { milliseconds: 0 }, fromItself)).status).to.equal(200);
      expect((await threads.get('/me')).status).to.equal(400);
    });
  });

  it('says what can be called, and names no secret', async () => {
    const { status, json, text } = await threads.get('/_simulator');
    expect(status).to.equal(200);
    expect(json.endpoints).to.deep.equal(threads.simulator.endpoints);
    for (const name of [
      'answer',
      'issueToken',
      'expireToken',
      'revoke',
      'logOut',
      'fail',
      'travel',
      'reset',
    ]) {
      expect(json.calls).to.include(`POST /_simulator/${name}`);
    }
    expect(text).not.to.contain('secret-of');
  });

  it('answers the authorization window, error included', async () => {
    const query = new URLSearchParams({
      client_id: app.clientID,
      redirect_uri: 'https://app.example/callback',
      response_type: 'code',
      scope: 'threads_basic,threads_delete',
      state: 'xyz',
    });
    const location = `${threads.origin}/oauth/authorize?${query}`;
    const allowed = await call('answer', { location, userId: mateo.id, scope: ['threads_basic'] });
    expect(allowed.json.location).to.match(/^https:\/\/app\.example\/callback\?code=AQ[\w-]+&state=xyz#_$/);
    const cancelled = await call('answer', { location, decision: 'cancel' });
    expect(cancelled.json.location).to.contain('error=access_denied').and.contain('&state=xyz#_');
    query.set('client_id', '9');
    const refused = await call('answer', { location: `${threads.origin}/oauth/authorize?${query}` });
    expect(refused.status).to.equal(400);
    expect(refused.json.error).to.deep.include({ errorCode: 1349026 });
  });

  it('issues codes and tokens', async () => {
    const { json } = await call('authorize', {
      clientID: app.clientID,
      redirectURI: 'https://app.example/callback',
      scope: 'threads_basic,threads_delete',
    });
    expect(json.code).to.match(/^AQ/);
    expect(await me(await token())).to.equal(undefined);
    const long = await token({ longLived: true, userId: mateo.id, scope: ['threads_basic'] });
    await call('travel', { milliseconds: 59 * DAY });
    expect(await me(long)).to.equal(undefined);
  });

  it('ends tokens in every way', async () => {
    const expired = await token();
    expect((await call('expireToken', { accessToken: expired })).json).to.deep.equal({});
    expect(await me(expired)).to.equal(463);
    const loggedOut = await token();
    await call('logOut', { userId: ada.id });
    expect(await me(loggedOut)).to.equal(460);
    const revoked = await token();
    await call('revoke', who);
    expect(await me(revoked)).to.equal(458);
  });

  it('removes an app, and tells the app', async () => {
    let received = '';
    const server: Server = createServer((req, res) => {
      req.on('data', (chunk) => {
        received += chunk;
      });
      req.on('end', () => res.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const deauthorizeURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gone`;
      await call('addApp', { ...app, deauthorizeURL });
      const removed = await token();
      const { json } = await call('removeApp', who);
      expect(json).to.deep.equal({ deauthorize: { status: 200 } });
      expect(received).to.match(/^signed_request=/);
      expect(await me(removed)).to.equal(458);
    } finally {
      server.close();
    }
  });

  it('adds apps and people', async () => {
    const added = { clientID: '5555555555555555', clientSecret: 's', redirectURIs: ['https://new.example/'] };
    expect((await call('addApp', added)).status).to.equal(200);
    await call('addUser', { id: '42', username: 'forty.two' });
    const accessToken = await token({ clientID: added.clientID, userId: '42' });
    const { json } = await threads.get('/me', { access_token: String(accessToken), fields: 'username' });
    expect(json).to.deep.equal({ id: '42', username: 'forty.two' });
  });

  it('fails on purpose, travels in time, resets, and lists the requests', async () => {
    await call('fail', { endpoint: '/me', status: 429, headers: { 'Retry-After': '9' }, times: 1 });
    const limited = await threads.get('/me', { fields: 'id' });
    expect([limited.status, limited.headers.get('retry-after')]).to.deep.equal([429, '9']);
    await call('travel', { milliseconds: HOUR });
    await threads.get('/me', { access_token: 'x' });
    const { json } = await threads.get('/_simulator/requests');
    expect(json.requests).to.deep.equal([
      { method: 'GET', path: '/me', parameters: { fields: 'id' }, time: START, status: 429 },
      {
        method: 'GET',
        path: '/me',
        parameters: { access_token: '[redacted]' },
        time: START + HOUR,
        status: 400,
      },
    ]);
    await call('fail', { endpoint: '*', status: 503 });
    expect((await call('reset')).status).to.equal(200);
    expect((await threads.get('/_simulator/requests')).json).to.deep.equal({ requests: [] });
    expect((await threads.get('/me')).status).to.equal(400);
  });

  it('does not answer a website whose name points at this machine (DNS rebinding)', async () => {
    const url = `${threads.origin}/_simulator/reset`;
    const status = await statusFor(url, 'evil.example', { method: 'POST' });
    expect(status).to.equal(403);
  });
});
