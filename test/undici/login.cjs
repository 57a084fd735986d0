// A process of its own, in which `undici` is the one in the folder that is given.
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const Module = require('node:module');
const { join } = require('node:path');

const [, , folder, without] = process.argv;
const resolve = Module._resolveFilename;
Module._resolveFilename = function (id, ...rest) {
  if (!/^undici(\/|$)/.test(id)) return resolve.call(this, id, ...rest);
  if (id === without) throw Object.assign(new Error(`Cannot find ${id}`), { code: 'MODULE_NOT_FOUND' });
  return resolve.call(this, join(folder, id.slice('undici'.length)), ...rest);
};

const { ThreadsStrategy } = require('passport-threads-oauth2');
const { createThreadsSimulator } = require('passport-threads-oauth2/simulator');

const loaded = (file) => Object.hasOwn(require.cache, join(folder, file));

async function main() {
  const simulator = createThreadsSimulator();
  await simulator.listen();
  const {
    clientID,
    clientSecret,
    redirectURIs: [callbackURL],
  } = require('passport-threads-oauth2/simulator').simulatedApp;

  /** Ends a login, and says how many requests went through a dispatcher of the app. */
  const signIn = (dispatcher) =>
    new Promise((done, fail) => {
      const options = {
        clientID,
        clientSecret,
        callbackURL,
        ...simulator.endpoints,
        state: false,
        dispatcher,
      };
      const strategy = Object.create(
        new ThreadsStrategy(options, async (_token, _refresh, profile) => profile),
      );
      const code = simulator.authorize({ clientID, redirectURI: callbackURL });
      Object.assign(strategy, { success: (user) => done(user.id), fail, error: fail });
      strategy.authenticate({ url: `/?code=${code}`, query: { code }, headers: {} });
    });

  assert.equal(await signIn(), '17841405793187219');
  const file = without ? 'index.js' : join('lib', 'global.js');
  assert.ok(loaded(file), `${file} was not loaded`);
  if (!without) assert.ok(!loaded('index.js'), 'all of undici was loaded');

  const { Agent, getGlobalDispatcher, setGlobalDispatcher } = require('undici');
  const before = getGlobalDispatcher();
  let requests = 0;
  const counting = new (class extends Agent {
    dispatch(...args) {
      requests += 1;
      return super.dispatch(...args);
    }
  })();
  assert.equal(await signIn(counting), '17841405793187219');
  assert.ok(requests > 0, 'the dispatcher of the option was not used');
  requests = 0;
  setGlobalDispatcher(counting);
  assert.equal(await signIn(), '17841405793187219');
  assert.ok(requests > 0, 'the global dispatcher of the app was not used');
  setGlobalDispatcher(before);
  await simulator.close();

  // The fourth time, on the way back to the public entry.
  if (!without) execFileSync(process.execPath, [__filename, folder, 'undici/lib/global.js']);
  console.log('signed in four times');
  process.exit();
}

main().catch((error) => {
  console.log(error.stack ?? error);
  process.exit(1);
});
