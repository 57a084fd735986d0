import { expect } from 'chai';
import { ada, app, ask, useSimulator } from '../support.js';

const REDIRECT = 'https://app.example/callback';
const DOCUMENTED = 'does not document it';

/**
 * The requests of clients in production that do otherwise than Threads' pages say, as they send them: method, query in
 * its order, headers and body. Threads is reported to serve them.
 */
describe('simulator: clients that do otherwise than the pages say', () => {
  const threads = useSimulator();

  const notes = () => threads.simulator.requests.at(-1)?.notes?.join('\n') ?? '';

  function codeFrom(window: string): string {
    const back = new URL(threads.simulator.answer(`${threads.origin}/oauth/authorize?${window}`));
    expect(back.searchParams.get('state')).to.equal('xyz');
    return back.searchParams.get('code') ?? '';
  }

  async function expectPerson(exchange: Awaited<ReturnType<typeof ask>>) {
    expect(exchange.status, exchange.text).to.equal(200);
    const access_token = String(exchange.json.access_token);
    expect((await threads.get('/v1.0/me', { access_token })).json).to.deep.equal({ id: ada.id });
  }

  // requests-oauthlib 1.3.0: fetch_token(url, method='GET', include_client_id=True, client_secret=…)
  const ofRequestsOAuthlib = (code: string, changes: Record<string, string> = {}) => {
    const query = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: app.clientID,
      client_secret: app.clientSecret,
      code,
      redirect_uri: REDIRECT,
      ...changes,
    });
    return ask(`${threads.origin}/oauth/access_token?${query}`, {
      headers: {
        'user-agent': 'python-requests/2.28.1',
        'accept-encoding': 'gzip, deflate',
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
      },
    });
  };
  const WINDOW_OF_REQUESTS_OAUTHLIB = `response_type=code&client_id=${app.clientID}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&scope=threads_basic+threads_delete&state=xyz`;

  it('refuses requests-oauthlib a used code, a wrong secret and another redirect URI, for what is wrong with them', async () => {
    const code = codeFrom(WINDOW_OF_REQUESTS_OAUTHLIB);
    expect((await ofRequestsOAuthlib(code, { client_secret: 'x' })).error.code).to.equal(101);
    const elsewhere = await ofRequestsOAuthlib(code, { redirect_uri: `${REDIRECT}/` });
    expect(elsewhere.json.error_message).to.contain('redirect_uri is identical');
    await expectPerson(await ofRequestsOAuthlib(code));
    expect((await ofRequestsOAuthlib(code)).error.error_subcode).to.equal(4279030);
  });

  it('refuses requests-oauthlib without include_client_id: Threads reads no Basic header', async () => {
    const query = new URLSearchParams({
      grant_type: 'authorization_code',
      code: codeFrom(WINDOW_OF_REQUESTS_OAUTHLIB),
      redirect_uri: REDIRECT,
    });
    const authorization = `Basic ${Buffer.from(`${app.clientID}:${app.clientSecret}`).toString('base64')}`;
    const { json } = await ask(`${threads.origin}/oauth/access_token?${query}`, {
      headers: { authorization },
    });
    expect(json.error_message).to.equal('Missing required field client_id');
  });

  it('signs requests-oauthlib in, which exchanges the code by GET', async () => {
    await expectPerson(await ofRequestsOAuthlib(codeFrom(WINDOW_OF_REQUESTS_OAUTHLIB)));
    const exchange = threads.simulator.requests.find(({ path }) => path === '/oauth/access_token');
    expect(exchange?.notes?.join()).to.contain(`by GET: `).and.contain(DOCUMENTED);
  });

  it('signs league/oauth2-client in, with getAccessTokenMethod() GET', async () => {
    // AbstractProvider adds approval_prompt, and puts what the grant needs behind what the app is.
    const code = codeFrom(
      `state=xyz&scope=threads_basic&response_type=code&approval_prompt=auto&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&client_id=${app.clientID}`,
    );
    const query = `client_id=${app.clientID}&client_secret=${app.clientSecret}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&grant_type=authorization_code&code=${code}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'GuzzleHttp/7' };
    await expectPerson(await ask(`${threads.origin}/oauth/access_token?${query}`, { headers }));
  });

  for (const path of ['/oauth/access_token', '/v1.0/oauth/access_token']) {
    it(`signs a client in that sends JSON to ${path}, a client ID without quotation marks included`, async () => {
      for (const client_id of [app.clientID, Number(app.clientID)]) {
        const code = codeFrom(WINDOW_OF_REQUESTS_OAUTHLIB);
        const exchange = await ask(`${threads.origin}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json, text/plain, */*' },
          body: JSON.stringify({
            client_id,
            client_secret: app.clientSecret,
            grant_type: 'authorization_code',
            redirect_uri: REDIRECT,
            code,
          }),
        });
        expect(notes()).to.contain('JSON').and.contain(DOCUMENTED);
        await expectPerson(exchange);
      }
    });
  }

  for (const body of [
    '{"code":',
    'null',
    '[]',
    '[{"code":"x"}]',
    '{"grant_type":{"a":1}}',
    '{"__proto__":1}',
  ]) {
    it(`refuses the JSON ${body}`, async () => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      const { status, json } = await ask(`${threads.origin}/oauth/access_token`, init);
      expect(status).to.equal(400);
      expect(json).to.include({ error_type: 'OAuthException', code: 400 });
    });
  }

  it('opens the window without response_type, as a widely used scheduler does', async () => {
    const query = { client_id: app.clientID, redirect_uri: REDIRECT, scope: 'threads_basic', state: 'xyz' };
    expect((await threads.get('/oauth/authorize', query)).status).to.equal(200);
    expect(notes()).to.contain('no response_type').and.contain(DOCUMENTED);
    await expectPerson(await ofRequestsOAuthlib(codeFrom(String(new URLSearchParams(query)))));
  });

  it('takes a parameter that comes twice with one value, in the window and at every endpoint', async () => {
    const window = await threads.get(
      '/oauth/authorize',
      `${WINDOW_OF_REQUESTS_OAUTHLIB}&${WINDOW_OF_REQUESTS_OAUTHLIB}`,
    );
    expect(window.status).to.equal(200);
    for (const name of ['client_id', 'redirect_uri', 'response_type', 'scope', 'state']) {
      expect(notes()).to.contain(`The parameter ${name} was given more than once`);
    }
    const code = codeFrom(`${WINDOW_OF_REQUESTS_OAUTHLIB}&${WINDOW_OF_REQUESTS_OAUTHLIB}`);
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: app.clientID,
      client_secret: app.clientSecret,
      code,
      redirect_uri: REDIRECT,
    });
    await expectPerson(await threads.post('/oauth/access_token', `${form}&${form}`));
    const access_token = threads.token();
    expect(
      (await threads.get('/me', `access_token=${access_token}&access_token=${access_token}`)).status,
    ).to.equal(200);
  });

  it('says nothing of the kind of a client that does as the pages say', async () => {
    const form = {
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: REDIRECT,
      code: codeFrom(WINDOW_OF_REQUESTS_OAUTHLIB),
    };
    await threads.get('/oauth/authorize', WINDOW_OF_REQUESTS_OAUTHLIB);
    await threads.post('/oauth/access_token', form);
    for (const request of threads.simulator.requests) expect(request).not.to.have.property('notes');
  });
});
