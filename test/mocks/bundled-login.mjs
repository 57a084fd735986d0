// Both legs of a login, to be bundled: prints whom it signed in.
import { createServer } from 'node:http';
import { ThreadsStrategy } from 'passport-threads-oauth2';

const server = createServer((req, res) => {
  const token = '{"access_token":"TOKEN","user_id":17841405793187219}';
  req.resume().on('end', () => res.end(req.method === 'POST' ? token : '{"id":"17841405793187219"}'));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const strategy = new ThreadsStrategy(
  {
    clientID: '1',
    clientSecret: 'secret',
    callbackURL: 'http://127.0.0.1/callback',
    tokenURL: `${origin}/oauth/access_token`,
    graphURL: origin,
    state: false,
    tokenVerification: 'off',
  },
  async (_accessToken, _refreshToken, profile) => profile,
);

const run = (url, query) =>
  new Promise((resolve, reject) => {
    const attempt = Object.create(strategy);
    Object.assign(attempt, { success: resolve, redirect: resolve, fail: reject, error: reject });
    attempt.authenticate({ method: 'GET', url, query, headers: {} }, {});
  });
await run('/login', {});
const { id } = await run('/callback?code=CODE', { code: 'CODE' });
console.log(`signed in ${id}`);
process.exit();
