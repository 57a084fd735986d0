import { expect } from 'chai';
import { AuthorizationWindowError, type WindowAnswer } from '../../lib/simulator/index.js';
import { ada, app, mateo, useSimulator } from './support.js';

const REQUEST = {
  client_id: app.clientID,
  redirect_uri: 'https://app.example/callback',
  response_type: 'code',
  scope: 'threads_basic,threads_delete threads_content_publish',
  state: 'x y&%23',
};

describe('simulator: answer', () => {
  const threads = useSimulator();
  const location = (changes: Record<string, string> = {}) =>
    `http://127.0.0.1:4000/oauth/authorize?${new URLSearchParams({ ...REQUEST, ...changes })}`;
  const answer = (changes: Record<string, string> = {}, options: WindowAnswer = {}) =>
    threads.simulator.answer(location(changes), options);

  async function exchange(url: string) {
    const code = new URL(url).searchParams.get('code') ?? '';
    const { json, text } = await threads.post('/oauth/access_token', {
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: REQUEST.redirect_uri,
      code,
    });
    return { accessToken: String(json.access_token), text };
  }

  async function scopesOf(url: string) {
    const { accessToken } = await exchange(url);
    const query = { access_token: `TH|${app.clientID}|${app.clientSecret}`, input_token: accessToken };
    const { json } = await threads.get('/debug_token', query);
    return (json.data as { scopes: string[] }).scopes;
  }

  describe('throws what Threads would show', () => {
    function expectError(act: () => string, errorCode: number, message: string) {
      expect(act).to.throw(AuthorizationWindowError, message).with.property('errorCode', errorCode);
    }

    it('4476002 for a client_id that is missing, 1 for one that is no number', () => {
      expectError(() => answer({ client_id: '' }), 4476002, 'No app ID was sent with the request');
      expectError(() => answer({ client_id: 'x' }), 1, 'An unknown error has occurred');
    });

    it('4476002 for the Facebook App ID of a Meta app', () => {
      threads.simulator.addApp({ ...app, facebookAppID: '777' });
      expectError(() => answer({ client_id: '777' }), 4476002, 'No app ID was sent with the request');
    });

    it('1349187 for plain http, where the app is held to https as by Threads', () => {
      const redirect_uri = 'http://app.example/callback';
      threads.simulator.addApp({ ...app, redirectURIs: [redirect_uri], enforceHTTPS: true });
      expectError(() => answer({ redirect_uri }), 1349187, 'Insecure Login Blocked');
      threads.simulator.addApp({ ...app, redirectURIs: [redirect_uri] });
      expect(answer({ redirect_uri })).to.contain(`${redirect_uri}?code=AQ`);
    });

    it('1349026 for an unknown app', () =>
      expectError(() => answer({ client_id: '9' }), 1349026, 'No application data was given'));

    it('1349168 for a redirect URI that is not registered to the letter, also when the person cancels', () => {
      const redirect_uri = 'https://app.example/callback/';
      expectError(() => answer({ redirect_uri }), 1349168, 'URL Blocked');
      expectError(() => answer({ redirect_uri }, { decision: 'cancel' }), 1349168, 'URL Blocked');
    });

    it('1349245 for a person who is no tester of an app in development mode', () => {
      threads.simulator.addApp({ ...app, live: false });
      expectError(() => answer({}, { userId: mateo.id }), 1349245, 'has not accepted the invite');
    });

    it('1 for a parameter that is missing or has two values, and for a scope without threads_basic', () => {
      for (const name of ['redirect_uri', 'scope']) {
        expectError(() => answer({ [name]: '' }), 1, 'An unknown error has occurred');
      }
      expectError(() => answer({ scope: 'threads_delete' }), 1, 'An unknown error has occurred');
      const repeated = `${location()}&scope=threads_basic`;
      expectError(() => threads.simulator.answer(repeated), 1, 'An unknown error has occurred');
    });
  });

  it('throws for what is no authorization window', () => {
    for (const wrong of ['', '/oauth/authorize?client_id=1', 'https://app.example/login', 'nonsense']) {
      expect(() => threads.simulator.answer(wrong)).to.throw(
        TypeError,
        'absolute URL of an authorization window',
      );
    }
    expect(() => threads.simulator.answer(null as unknown as string)).to.throw(TypeError, 'location');
  });

  it('throws for an unknown person, decision or option, and grants nothing', async () => {
    expect(() => answer({}, { userId: '9' })).to.throw('no user 9');
    expect(() => answer({}, { decision: 'deny' as 'cancel' })).to.throw(TypeError, '"allow" or "cancel"');
    expect(() => answer({}, { user: ada.id } as WindowAnswer)).to.throw(TypeError, 'no member user');
    expect((await threads.get('/')).text)
      .to.contain('No apps')
      .and.not.contain('threads_basic');
  });

  it('throws for a permission that the app did not ask for: a person could not tick it', () =>
    expect(() => answer({}, { scope: ['threads_basic', 'threads_keyword_search'] })).to.throw(
      'did not ask for threads_keyword_search: it asked for threads_basic, threads_delete',
    ));

  it('sends the person back as the window does, state and #_ included', () => {
    expect(answer()).to.match(/^https:\/\/app\.example\/callback\?code=AQ[\w-]{40,}&state=x\+y%26%2523#_$/);
    expect(new URL(answer()).searchParams.get('state')).to.equal(REQUEST.state);
    expect(answer({}, { decision: 'cancel' })).to.equal(
      'https://app.example/callback?error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request&state=x+y%26%2523#_',
    );
  });

  it('lets the first person in, or whom the test names', async () => {
    expect((await exchange(answer())).text).to.contain(`"user_id":${ada.id}}`);
    expect((await exchange(answer({}, { userId: mateo.id }))).text).to.contain(`"user_id":${mateo.id}}`);
  });

  it('grants what was asked for, or what the person leaves ticked, and always threads_basic', async () => {
    const asked = ['threads_basic', 'threads_delete', 'threads_content_publish'];
    expect(await scopesOf(answer())).to.deep.equal(asked);
    expect(await scopesOf(answer({}, { scope: 'threads_delete' }))).to.deep.equal(asked.slice(0, 2));
    expect(await scopesOf(answer({}, { scope: [] }))).to.deep.equal(['threads_basic']);
  });

  for (const host of ['www.threads.com', 'threads.com', 'www.threads.net', 'WWW.THREADS.NET']) {
    it(`refuses the window of Threads itself, at ${host}: the app did not get the simulator's address`, () => {
      const there = `https://${host}/oauth/authorize?${new URLSearchParams(REQUEST)}`;
      expect(() => threads.simulator.answer(there)).to.throw(TypeError, 'THREADS_SIMULATOR_URL');
    });
  }

  it('takes a URL object, the window of any other host, and a handler that is mounted below a path', () => {
    for (const base of [threads.origin, 'https://notthreads.net', 'http://localhost/threads']) {
      const url = new URL(`${base}/oauth/authorize/?${new URLSearchParams(REQUEST)}`);
      expect(threads.simulator.answer(url)).to.contain('?code=AQ');
    }
  });
});
