// Prints the milliseconds from here to the first redirect of this process.
const start = performance.now();

const [, , name] = process.argv;
const authorizationURL = 'https://www.threads.com/oauth/authorize';
const options = {
  clientID: '1234567890123456',
  clientSecret: '0123456789abcdef0123456789abcdef',
  callbackURL: 'https://app.example/auth/callback',
};
const peerOptions = {
  ...options,
  authorizationURL,
  tokenURL: authorizationURL,
  profileURL: authorizationURL,
};
const verify = (_accessToken, _refreshToken, profile, done) => done(null, profile);

const strategies = {
  'passport-threads-oauth2': () => {
    const { ThreadsStrategy } = require('../dist');
    return new ThreadsStrategy({ ...options, state: false }, verify);
  },
  'passport-threads': () => new (require('passport-threads').Strategy)(peerOptions, verify),
  'passport-facebook': () => new (require('passport-facebook').Strategy)(peerOptions, verify),
};

const attempt = Object.create(strategies[name]());
attempt.redirect = (location) => {
  if (!location.startsWith(`${authorizationURL}?`)) throw new Error(`sent to ${location}`);
  console.log(performance.now() - start);
  process.exit();
};
attempt.error = (error) => {
  throw error;
};
attempt.fail = (challenge) => {
  throw new Error(challenge?.message);
};
attempt.authenticate({ method: 'GET', url: '/auth', query: {}, headers: {} }, {});
