const express = require('express');
const passport = require('passport');
const { ThreadsStrategy, ThreadsTokenError } = require('passport-threads-oauth2');
const { createThreadsSimulator, simulatedApp } = require('passport-threads-oauth2/simulator');
const { signIn } = require('./browser.cjs');

const simulator = createThreadsSimulator();
let server;
let origin;

beforeAll(async () => {
  await simulator.listen();
  const app = express();
  server = await new Promise((resolve) => {
    const starting = app.listen(0, '127.0.0.1', () => resolve(starting));
  });
  origin = `http://127.0.0.1:${server.address().port}`;
  const callbackURL = `${origin}/callback`;
  const { clientID, clientSecret } = simulatedApp;
  simulator.addApp({ ...simulatedApp, redirectURIs: [callbackURL] });

  passport.use(
    new ThreadsStrategy(
      { clientID, clientSecret, callbackURL, ...simulator.endpoints },
      async (_accessToken, _refreshToken, profile) => ({
        id: profile.id,
        name: profile.displayName,
        scopes: profile.scopes,
      }),
    ),
  );
  app.get('/login', passport.authenticate('threads'));
  app.get('/callback', passport.authenticate('threads', { session: false }), (req, res) => {
    res.json(req.user);
  });
  app.use((error, _req, res, _next) => {
    res.status(error.status).json({ known: error instanceof ThreadsTokenError });
  });
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await simulator.close();
});

test('a code that Threads did not give ends in an error of this library', async () => {
  const start = await fetch(`${origin}/login`, { redirect: 'manual' });
  const state = new URL(start.headers.get('location')).searchParams.get('state');
  const cookie = start.headers.getSetCookie()[0].split(';')[0];
  const end = await fetch(`${origin}/callback?code=forged&state=${state}`, { headers: { cookie } });
  expect(end.status).toBe(502);
  expect(await end.json()).toEqual({ known: true });
});

test('a login hands over the person who allowed the app', async () => {
  expect(await signIn(`${origin}/login`)).toEqual({
    id: '17841405793187219',
    name: 'Ada Okafor',
    scopes: ['threads_basic'],
  });
});
