import { expect } from 'chai';
import { AuthorizationCode } from 'simple-oauth2';
import { ada, app, useSimulator } from '../support.js';

const REDIRECT = 'https://app.example/callback';

describe('simulator: simple-oauth2 signs in against it', () => {
  const threads = useSimulator();

  const clientOf = (authorizationMethod: 'header' | 'body') =>
    new AuthorizationCode({
      client: { id: app.clientID, secret: app.clientSecret },
      auth: {
        tokenHost: threads.origin,
        tokenPath: '/oauth/access_token',
        authorizePath: '/oauth/authorize',
      },
      options: { authorizationMethod, scopeSeparator: ',' },
    });

  function codeFor(client: AuthorizationCode): string {
    const scope = ['threads_basic', 'threads_delete'];
    const window = client.authorizeURL({ redirect_uri: REDIRECT, scope, state: 'xyz' });
    const back = new URL(threads.simulator.answer(window));
    expect(back.searchParams.get('state')).to.equal('xyz');
    return back.searchParams.get('code') ?? '';
  }

  it('not with the secret in a Basic header, which Threads does not read', async () => {
    const client = clientOf('header');
    const error = await client.getToken({ code: codeFor(client), redirect_uri: REDIRECT }).catch((e) => e);
    expect(error.data.payload).to.include({ error_message: 'Missing required field client_id' });
  });

  it('not a second time with one code', async () => {
    const client = clientOf('body');
    const code = codeFor(client);
    await client.getToken({ code, redirect_uri: REDIRECT });
    const error = await client.getToken({ code, redirect_uri: REDIRECT }).catch((e) => e);
    expect(error.data.payload.error).to.include({ error_subcode: 4279030 });
  });

  it('with the secret in the form', async () => {
    const client = clientOf('body');
    const { token } = await client.getToken({ code: codeFor(client), redirect_uri: REDIRECT });
    const { json } = await threads.get('/v1.0/me', { access_token: String(token.access_token) });
    expect(json).to.deep.equal({ id: ada.id });
    // It reads the id with JSON.parse, and would lose its last digit at Threads too.
    expect(String(token.user_id)).not.to.equal(ada.id);
  });
});
