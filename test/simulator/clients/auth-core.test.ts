import { expect } from 'chai';
import { ada, app, useSimulator } from '../support.js';

// A specifier that TypeScript does not follow: the package's own types would bring the DOM into every test.
const specifier: string = '@auth/core';
const { Auth, skipCSRFCheck } = (await import(specifier)) as {
  Auth(request: Request, config: object): Promise<Response>;
  skipCSRFCheck: symbol;
};

const HOME = 'http://localhost:3000/auth';

describe('simulator: @auth/core signs in against it', () => {
  const threads = useSimulator();
  beforeEach(() => threads.simulator.addApp({ ...app, redirectURIs: [`${HOME}/callback/threads`] }));

  /** What Auth.js needs to be told about Threads: no `token_type`, and a flat profile. */
  function configuration(): object {
    const { authorizationURL, tokenURL, graphURL } = threads.simulator.endpoints;
    const provider = {
      id: 'threads',
      name: 'Threads',
      type: 'oauth',
      checks: ['state'],
      clientId: app.clientID,
      clientSecret: app.clientSecret,
      client: { token_endpoint_auth_method: 'client_secret_post' },
      authorization: { url: authorizationURL, params: { scope: 'threads_basic' } },
      token: {
        url: tokenURL,
        conform: async (response: Response) => {
          const { access_token } = (await response.json()) as { access_token: string };
          return Response.json({ access_token, token_type: 'bearer' });
        },
      },
      userinfo: `${graphURL}/me?fields=id,username,threads_profile_picture_url`,
      profile: ({ id, username, threads_profile_picture_url }: Record<string, string>) => ({
        id,
        name: username,
        image: threads_profile_picture_url,
      }),
    };
    return {
      providers: [provider],
      secret: 'a secret of thirty-two characters',
      trustHost: true,
      basePath: '/auth',
      skipCSRFCheck,
      logger: { error: () => {} },
    };
  }

  const cookiesOf = (response: Response) =>
    response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');

  async function begin() {
    const request = new Request(`${HOME}/signin/threads`, { method: 'POST', body: new URLSearchParams() });
    const response = await Auth(request, configuration());
    return { window: response.headers.get('location') ?? '', cookie: cookiesOf(response) };
  }

  const end = (back: string, cookie: string) =>
    Auth(new Request(back.replace(/#_$/, ''), { headers: { cookie } }), configuration());

  it('as far as a cancellation', async () => {
    const { window, cookie } = await begin();
    const response = await end(threads.simulator.answer(window, { decision: 'cancel' }), cookie);
    expect(response.headers.get('location')).to.contain('error=');
  });

  it('as far as a used code', async () => {
    const { window, cookie } = await begin();
    const back = threads.simulator.answer(window);
    await end(back, cookie);
    expect((await end(back, cookie)).headers.get('location')).to.contain('error=');
  });

  it('with conform and profile, to a session of the right person', async () => {
    const { window, cookie } = await begin();
    const response = await end(threads.simulator.answer(window), cookie);
    const request = new Request(`${HOME}/session`, { headers: { cookie: cookiesOf(response) } });
    const session = (await (await Auth(request, configuration())).json()) as { user: { name: string } };
    expect(session.user.name).to.equal(ada.username);
    const asked = threads.simulator.requests.map(({ method, path, status }) => `${method} ${path} ${status}`);
    expect(asked).to.deep.equal(['POST /oauth/access_token 200', 'GET /v1.0/me 200']);
  });
});
