/** The app that every strategy signs people in to. */
export const app = {
  clientID: '1234567890123456',
  clientSecret: '0123456789abcdef0123456789abcdef',
  callbackURL: 'https://app.example/auth/callback',
};

export const userId = '17841405793187218';

const authorizationURL = 'https://www.threads.com/oauth/authorize';

/** The endpoints of an upstream, under the names that we have for them. */
export function endpoints(upstream) {
  return { authorizationURL, tokenURL: `${upstream}/oauth/access_token`, graphURL: `${upstream}/v1.0` };
}

/** The endpoints of an upstream, under the names that other strategies have for them. */
export function peerEndpoints(upstream) {
  return {
    authorizationURL,
    tokenURL: `${upstream}/oauth/access_token`,
    profileURL: `${upstream}/v1.0/me`,
  };
}

export const verify = (_accessToken, _refreshToken, profile, done) => done(null, profile);

/** Runs a strategy as Passport does. Resolves to the user, or to where the person is sent. */
export function authenticate(strategy, req) {
  return new Promise((resolve, reject) => {
    const attempt = Object.create(strategy);
    attempt.success = resolve;
    attempt.redirect = resolve;
    attempt.error = reject;
    attempt.fail = (challenge) => reject(new Error(challenge.message));
    attempt.authenticate(req, {});
  });
}

/** The callback leg, as a task that makes sure of the outcome. */
export function callbackOf(strategy) {
  return async () => {
    const user = await authenticate(strategy, { url: '/auth/callback?code=AQBx', query: { code: 'AQBx' } });
    if (user.id !== userId) throw new Error(`signed in ${user.id}`);
  };
}
