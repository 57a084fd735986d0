import Module, { createRequire } from 'node:module';
import { expect } from 'chai';
import { createThreadsSimulator, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { ada, app, ask, statusFor } from './support.js';

const REDIRECT = 'https://app.example/callback';

describe('simulator: on Express 4', () => {
  let simulator: ThreadsSimulator;
  let origin: string;

  beforeEach(async () => {
    const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
    const load = loader._load;
    loader._load = (request, ...rest) =>
      load.call(loader, request === 'express' ? 'express4' : request, ...rest);
    try {
      simulator = createThreadsSimulator({ apps: [app], users: [ada] });
    } finally {
      loader._load = load;
    }
    origin = await simulator.listen();
  });

  afterEach(() => simulator.close());

  it('is Express 4 indeed', () => {
    const { version } = createRequire(import.meta.url)('express4/package.json');
    expect(version).to.match(/^4\./);
  });

  it('takes both kinds of forms, and refuses a broken one', async () => {
    for (const make of [FormData, URLSearchParams]) {
      const code = simulator.authorize({ clientID: app.clientID, redirectURI: REDIRECT });
      const body = new make();
      body.append('client_id', app.clientID);
      body.append('client_secret', app.clientSecret);
      body.append('grant_type', 'authorization_code');
      body.append('redirect_uri', REDIRECT);
      body.append('code', code);
      expect((await ask(`${origin}/oauth/access_token`, { method: 'POST', body })).status).to.equal(200);
    }
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const broken = await ask(`${origin}/oauth/access_token`, { method: 'POST', headers, body: '--x' });
    expect(broken.json).to.include({ error_type: 'OAuthException', code: 400 });
  });

  it('answers at every path, with a version, with a slash at the end and by the id', async () => {
    const token = simulator.issueToken({ clientID: app.clientID });
    for (const path of ['/me', '/v1.0/me', '/me/', `/${ada.id}`, `/v1.0/${ada.id}/`]) {
      expect((await ask(`${origin}${path}?access_token=${token}`)).json).to.deep.equal({ id: ada.id });
    }
    for (const version of ['', '/v1.0', '/v23.0']) {
      const query = `access_token=${token}&input_token=${token}`;
      expect((await ask(`${origin}${version}/debug_token?${query}`)).json.data).to.include({
        is_valid: true,
      });
    }
  });

  it('takes the code by GET and in JSON, and shows every page', async () => {
    const exchange = () => ({
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: REDIRECT,
      code: simulator.authorize({ clientID: app.clientID, redirectURI: REDIRECT }),
    });
    const url = `${origin}/oauth/access_token`;
    expect((await ask(`${url}?${new URLSearchParams(exchange())}`)).json.user_id).to.be.a('number');
    const headers = { 'content-type': 'application/json' };
    const json = await ask(url, { method: 'POST', headers, body: JSON.stringify(exchange()) });
    expect(json.json.user_id).to.be.a('number');
    expect((await ask(url, { method: 'POST', headers, body: '{' })).status).to.equal(400);
    expect((await ask(`${origin}/v1.0/access_token`)).error.message).to.contain('method type: get');
    for (const path of ['/', '/login', `/@${ada.username}`]) {
      expect((await ask(`${origin}${path}`)).status, path).to.equal(200);
    }
    const body = new URLSearchParams({ user: ada.id });
    expect((await ask(`${origin}/login`, { method: 'POST', body })).headers.get('location')).to.equal('/');
  });

  it('shows the error of the window, and refuses unknown hosts', async () => {
    const answer = await ask(`${origin}/oauth/authorize/`);
    expect(answer.headers.get('location')).to.match(
      /^\/oauth\/authorize\/error\.json\?.+&error_code=4476002$/,
    );
    expect(await statusFor(origin, 'evil.example')).to.equal(403);
    expect((await ask(`${origin}/me`, { method: 'DELETE' })).status).to.equal(405);
  });

  it('fails on purpose and is driven by its control API', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ endpoint: '/me', status: 503, times: 1 });
    expect((await ask(`${origin}/_simulator/fail`, { method: 'POST', headers, body })).json).to.deep.equal(
      {},
    );
    expect((await ask(`${origin}/me`)).status).to.equal(503);
    simulator.fail('/me', { cut: true, times: 1 });
    expect(await ask(`${origin}/me`).catch((error: Error) => error)).to.be.an('error');
    const wrong = await ask(`${origin}/_simulator/fail`, { method: 'POST', headers, body: '{' });
    expect(wrong.json).to.deep.equal({ error: { message: 'The body is no JSON' } });
    expect((await ask(`${origin}/_simulator/nothing`, { method: 'POST' })).status).to.equal(404);
  });
});
