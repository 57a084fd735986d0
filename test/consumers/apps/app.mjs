import express from 'express';
import passport from 'passport';
import { Strategy, ThreadsStrategy, verifyToken } from 'passport-threads-oauth2';
import { createThreadsSimulator, simulatedApp } from 'passport-threads-oauth2/simulator';
import { signIn } from './browser.cjs';

async function main() {
  const simulator = createThreadsSimulator();
  await simulator.listen();
  const app = express();
  const server = await new Promise((resolve) => {
    const starting = app.listen(0, '127.0.0.1', () => resolve(starting));
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const callbackURL = `${origin}/callback`;
  const { clientID, clientSecret } = simulatedApp;
  simulator.addApp({ ...simulatedApp, redirectURIs: [callbackURL] });

  passport.use(
    new ThreadsStrategy(
      { clientID, clientSecret, callbackURL, ...simulator.endpoints },
      (accessToken, _refreshToken, profile, done) => {
        verifyToken(accessToken, { accessToken, graphURL: simulator.endpoints.graphURL })
          .then(({ isValid }) => ({ id: profile.id, name: profile.displayName, isValid }))
          .then((user) => done(null, user), done);
      },
    ),
  );
  app.get('/login', passport.authenticate('threads', { state: { returnTo: '/home' } }));
  app.get('/callback', passport.authenticate('threads', { session: false }), (req, res) => {
    res.json({ user: req.user, returnTo: req.authInfo.state.returnTo, alias: Strategy === ThreadsStrategy });
  });

  console.log(JSON.stringify(await signIn(`${origin}/login`)));
  server.closeAllConnections();
  server.close();
  await simulator.close();
}

main();
