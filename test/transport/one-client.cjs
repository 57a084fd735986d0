// A process of its own, in which nothing has loaded undici: asks for 110 profiles, and prints the different ways they went.
const { subscribe } = require('node:diagnostics_channel');
const http = require('node:http');
const { ThreadsClient } = require('passport-threads-oauth2');

const [, , origin, scenario] = process.argv;
const seen = { http: 0, undici: 0, agent: 0, dispatcher: 0 };
subscribe('http.client.request.start', () => void seen.http++);
subscribe('undici:request:create', () => void seen.undici++);

const prepare = {
  'nothing else': () => {},
  'a recording http.globalAgent': () => {
    http.globalAgent = new (class extends http.Agent {
      addRequest(...args) {
        seen.agent += 1;
        return super.addRequest(...args);
      }
    })();
  },
  'a global dispatcher': () => {
    const { Agent, setGlobalDispatcher } = require('undici');
    setGlobalDispatcher(
      new (class extends Agent {
        dispatch(...args) {
          seen.dispatcher += 1;
          return super.dispatch(...args);
        }
      })(),
    );
  },
  'fetch, used before': async () => {
    await (await fetch(origin)).text();
  },
  'nock 15': () => {
    const nock = require('nock');
    nock.disableNetConnect();
    nock(origin).get('/me').query(true).reply(200, { id: '1', username: 'nock' }).persist();
  },
  'a global MockAgent': () => {
    const { MockAgent, setGlobalDispatcher } = require('undici');
    const mock = new MockAgent();
    mock.disableNetConnect();
    mock.get(origin).intercept({ path: /^\/me/ }).reply(200, { id: '1', username: 'MockAgent' }).persist();
    setGlobalDispatcher(mock);
  },
};

async function main() {
  await prepare[scenario]();
  const client = new ThreadsClient({ clientID: '1', clientSecret: 'secret', graphURL: origin });
  const ways = new Set();
  for (let i = 0; i < 110; i++) {
    const before = { ...seen };
    const { username } = await client.getProfile('TOKEN');
    const calls = Object.entries(seen).filter(([name, count]) => count > before[name]);
    ways.add([username, ...calls.map(([name]) => name)].join(' by '));
  }
  console.log(JSON.stringify([...ways]));
  process.exit();
}

main();
