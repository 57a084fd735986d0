// A process of its own: asks an origin for a profile, by way of whatever stands in between, and prints who answered.
const { ThreadsClient } = require('passport-threads-oauth2');

const [, , origin, kind, path] = process.argv;

const prepare = {
  none: () => {},
  nock() {
    const nock = require(path);
    nock(origin).get('/me').query(true).reply(200, { id: '1', username: 'the mock' }).persist();
  },
  msw() {
    const { setupServer } = require(`${path}/node`);
    const { http, HttpResponse } = require(path);
    setupServer(
      http.get(`${origin}/me`, () => HttpResponse.json({ id: '1', username: 'the mock' })),
    ).listen();
  },
};

async function main() {
  prepare[kind]();
  const options = { clientID: '1', clientSecret: 'secret', graphURL: origin };
  // What the mock is for: it is there, and hears http and, from nock 14 on, fetch.
  if (kind !== 'none') {
    const { get } = require('node:http');
    const body = await new Promise((resolve) => {
      get(`${origin}/me?x=1`, async (res) => resolve(Buffer.concat(await res.toArray())));
    });
    if (!String(body).includes('the mock')) throw new Error('the mock does not even hear http');
  }
  const { username } = await new ThreadsClient(options).getProfile('TOKEN');
  console.log(username);
  process.exit();
}

main().catch((error) => {
  console.log(error.message);
  process.exit(1);
});
