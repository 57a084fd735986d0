// Gives `validate` in every form to the adapter of NestJS, for two people who sign in one after the other.
const assert = require('node:assert/strict');
const { PassportStrategy } = require('@nestjs/passport');
const { ThreadsClient, ThreadsStrategy } = require('passport-threads-oauth2');
const { createThreadsSimulator, simulatedApp, simulatedUsers } = require('passport-threads-oauth2/simulator');

const upsert = ({ id }) => ({ id });
const three = async (_accessToken, _refreshToken, profile) => upsert(profile);
const done = (_accessToken, _refreshToken, profile, end) => end(null, upsert(profile));
const params = async (_accessToken, _refreshToken, { user_id }, profile) =>
  user_id === profile.id && upsert(profile);
const paramsAndDone = (_accessToken, _refreshToken, _params, profile, end) => end(null, upsert(profile));

const [callbackURL] = simulatedApp.redirectURIs;
const people = simulatedUsers.slice(0, 2).map(({ id }) => id);
const simulator = createThreadsSimulator();

main().finally(() => simulator.close());

async function main() {
  await simulator.listen();
  const right = [
    [three],
    [three, true],
    [three, 4],
    [done],
    [done, 4],
    [params, true],
    [params, 5],
    [paramsAndDone, 5],
  ];
  for (const [validate, callbackArity] of right) {
    assert.deepEqual(await signInBoth(validate, callbackArity), people);
  }
  // What is counted differently here and there ends in an error.
  for (const [validate, callbackArity] of [
    [three, 5],
    [done, true],
    [params],
    [params, 4],
    [paramsAndDone],
  ]) {
    for (const error of await signInBoth(validate, callbackArity)) {
      assert.match(String(error), /TypeError: The verify callback read `\w+` from .* the profile is/);
    }
  }
}

/** The ids of the two, or the errors that their logins ended in. */
async function signInBoth(validate, callbackArity) {
  const { clientID, clientSecret } = simulatedApp;
  const options = { clientID, clientSecret, callbackURL, state: false, ...simulator.endpoints };
  class Strategy extends PassportStrategy(ThreadsStrategy, 'threads', callbackArity) {}
  Strategy.prototype.validate = validate;
  const strategy = new Strategy(options);
  const client = new ThreadsClient({ clientID, clientSecret, ...simulator.endpoints });
  const location = client.authorizationURL({ redirectURI: callbackURL });

  const ends = [];
  for (const userId of people) {
    const code = new URL(simulator.answer(location, { userId })).searchParams.get('code');
    ends.push(await authenticate(strategy, { method: 'GET', url: '/', headers: {}, query: { code } }));
  }
  return ends;
}

function authenticate(strategy, req) {
  return new Promise((resolve) => {
    const run = Object.create(strategy);
    run.success = ({ id }) => resolve(id);
    run.fail = run.redirect = run.pass = () => resolve('not signed in');
    run.error = resolve;
    run.authenticate(req, {});
  });
}
