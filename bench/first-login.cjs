// Prints the milliseconds from here to the end of the first login of this process: its code traded, /me asked.
const start = performance.now();

const [, , name, upstream] = process.argv;
const userId = '17841405793187218';
const tokenURL = `${upstream}/oauth/access_token`;
const profileURL = `${upstream}/v1.0/me`;
const app = {
  clientID: '1234567890123456',
  clientSecret: '0123456789abcdef0123456789abcdef',
  callbackURL: 'https://app.example/auth/callback',
};

function end(error, user) {
  if (error || user?.id !== userId) throw error ?? new Error(`signed in ${user?.id}`);
  console.log(performance.now() - start);
  process.exit();
}

/** The callback leg of a strategy, as Passport runs it. */
function signIn(strategy) {
  const attempt = Object.create(strategy);
  attempt.success = (user) => end(null, user);
  attempt.error = end;
  attempt.fail = end;
  attempt.authenticate({ url: '/auth/callback?code=AQBx', query: { code: 'AQBx' } }, {});
}

const verify = (_accessToken, _refreshToken, profile, done) => done(null, profile);

const contenders = {
  'passport-threads-oauth2'() {
    const { ThreadsStrategy } = require('../dist');
    const options = {
      ...app,
      tokenURL,
      graphURL: `${upstream}/v1.0`,
      state: false,
      tokenVerification: 'off',
    };
    signIn(new ThreadsStrategy(options, verify));
  },
  'passport-threads'() {
    const { Strategy } = require('passport-threads');
    signIn(new Strategy({ ...app, tokenURL, profileURL, authorizationURL: upstream }, verify));
  },
  'passport-facebook'() {
    const { Strategy } = require('passport-facebook');
    signIn(new Strategy({ ...app, tokenURL, profileURL, authorizationURL: upstream }, verify));
  },
  async fetch() {
    const body = new URLSearchParams({ ...app, code: 'AQBx' });
    const { access_token } = await (await fetch(tokenURL, { method: 'POST', body })).json();
    end(null, await (await fetch(`${profileURL}?${new URLSearchParams({ access_token })}`)).json());
  },
};

contenders[name]();
