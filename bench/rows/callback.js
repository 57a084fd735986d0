import { app, callbackOf, endpoints, peerEndpoints, userId, verify } from '../login.js';

const contenders = {
  'passport-threads-oauth2': async (upstream) => {
    const { ThreadsStrategy } = await import('../../dist/index.js');
    const options = { ...app, ...endpoints(upstream), state: false, tokenVerification: 'off' };
    return callbackOf(new ThreadsStrategy(options, verify));
  },
  'passport-threads': async (upstream) => {
    const { Strategy } = await import('passport-threads').then((m) => m.default);
    return callbackOf(new Strategy({ ...app, ...peerEndpoints(upstream) }, verify));
  },
  'passport-facebook': async (upstream) => {
    const { Strategy } = await import('passport-facebook');
    return callbackOf(new Strategy({ ...app, ...peerEndpoints(upstream) }, verify));
  },
  'bare undici.request': async (upstream) => {
    const calls = await bareCalls(upstream);
    return async () => {
      const { id } = await calls.me(await calls.token());
      if (id !== userId) throw new Error(`signed in ${id}`);
    };
  },
};

export default {
  title: 'Callback leg: the token, then /me',
  columns: { rate: 'logins a second', cpu: 'µs of CPU a login' },
  batch: 1000,
  contenders,
  targets: {
    'passport-facebook': { cpu: { atMost: 0.6 } },
    'bare undici.request': { cpu: { atMost: 0.8 } },
  },
};

/** The calls of a login with nothing around them. */
export async function bareCalls(upstream) {
  const { request } = await import('undici');
  const { tokenURL, graphURL } = endpoints(upstream);
  const get = async (path, params) => {
    const { body } = await request(`${graphURL}/${path}?${new URLSearchParams(params)}`);
    return body.json();
  };
  return {
    async token() {
      const { body } = await request(tokenURL, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          client_id: app.clientID,
          client_secret: app.clientSecret,
          grant_type: 'authorization_code',
          redirect_uri: app.callbackURL,
          code: 'AQBx',
        }).toString(),
      });
      return (await body.json()).access_token;
    },
    me: (access_token) =>
      get('me', {
        fields: 'id,username,name,threads_profile_picture_url,threads_biography,is_verified',
        access_token,
      }),
    debugToken: (token) => get('debug_token', { access_token: token, input_token: token }),
  };
}
