// A process of its own, in which nobody has loaded undici: signs a person in, and prints what went how.
const { subscribe } = require('node:diagnostics_channel');
const { ThreadsClient } = require('passport-threads-oauth2');

const [, , origin, scenario] = process.argv;
const client = new ThreadsClient({
  clientID: '1',
  clientSecret: 'secret',
  tokenURL: `${origin}/oauth/access_token`,
  graphURL: `${origin}/v1.0`,
});

const seen = { http: 0, undici: 0, app: 0 };
subscribe('http.client.request.start', () => {
  seen.http += 1;
});

/** Lets the app send what the package asks for, as with a mock or a proxy. */
function setGlobalDispatcher() {
  const { Agent, setGlobalDispatcher } = require('undici');
  const own = class extends Agent {
    dispatch(...args) {
      seen.app += 1;
      return super.dispatch(...args);
    }
  };
  setGlobalDispatcher(new own());
}

async function main() {
  if (scenario === 'global dispatcher') setGlobalDispatcher();
  if (scenario === 'fetch') await (await fetch(origin)).text();
  if (scenario === 'subscriber') {
    subscribe('undici:request:create', () => {
      seen.undici += 1;
    });
  }
  const times = scenario === 'many' ? 120 : 1;
  for (let i = 0; i < times; i++) await client.getProfile('TOKEN');
  if (scenario === 'later') {
    setGlobalDispatcher();
    await client.getProfile('TOKEN');
  }
  const isLoaded = Object.keys(require.cache).some((file) =>
    /[\\/]undici[\\/]lib[\\/]global\.js$/.test(file),
  );
  console.log(JSON.stringify({ ...seen, isLoaded }));
  process.exit();
}

main();
