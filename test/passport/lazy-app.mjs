// A server that loads the strategy, and with it the whole package, with the request that needs it.
import { createServer } from 'node:http';

const server = createServer(async (req, res) => {
  const { default: passport } = await import('passport');
  const { ThreadsStrategy } = await import('passport-threads-oauth2');
  const callbackURL = 'http://127.0.0.1:3000/auth/threads/callback';
  const strategy = new ThreadsStrategy(
    { clientID: '1', clientSecret: 'secret', callbackURL },
    async () => false,
  );
  passport.authenticate(strategy)(req, res, (error) => res.writeHead(500).end(error?.message));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
