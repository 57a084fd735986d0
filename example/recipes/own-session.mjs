// A session of the app's own in place of `express-session` and `passport.session()`: a random name in a cookie. The
// strategy needs no session either: it keeps the state of a login in a signed cookie.
import { createHash, randomBytes } from 'node:crypto';
import { parseCookie } from 'cookie';
import express from 'express';
import passport from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';

const WEEK = 7 * 24 * 60 * 60 * 1000;
const sessions = new Map(); // your database: by the digest of the name, so that a copy of it signs nobody in

export function createApp({ clientID, clientSecret, callbackURL, simulator }) {
  const authenticator = new passport.Passport();
  authenticator.use(
    new ThreadsStrategy(
      { clientID, clientSecret, callbackURL, simulator },
      async (_accessToken, _refreshToken, profile) => ({
        id: profile.id,
        username: profile.username,
      }),
    ),
  );

  const secure = callbackURL.startsWith('https:');
  const COOKIE = secure ? '__Host-session' : 'session';
  const options = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
  const keyOf = (req) => digest(parseCookie(req.headers.cookie ?? '')[COOKIE] ?? '');

  const app = express();
  app.use((req, _res, next) => {
    const session = sessions.get(keyOf(req));
    if (session?.expires > Date.now()) req.user = session.person;
    next();
  });

  app.get('/auth/threads', authenticator.authenticate('threads', { session: false }));

  app.get(new URL(callbackURL).pathname, (req, res, next) => {
    // With a callback of your own Passport neither logs in nor answers: both are yours.
    authenticator.authenticate('threads', (error, person, failure) => {
      if (!person) {
        console.error((error ?? failure).message);
        return res.redirect(303, `/?problem=${error ? 'error' : failure.type}#`);
      }
      sessions.delete(keyOf(req)); // what was there before is over
      const name = randomBytes(32).toString('base64url'); // a new one, so that nobody could plant it
      sessions.set(digest(name), { person, expires: Date.now() + WEEK });
      // `#` takes the place of the `#_` that Threads' redirect ends with.
      res.cookie(COOKIE, name, { ...options, maxAge: WEEK }).redirect(303, '/#');
    })(req, res, next);
  });

  app.post('/sign-out', (req, res) => {
    sessions.delete(keyOf(req));
    res.clearCookie(COOKIE, options).redirect(303, '/');
  });

  app.get('/', (req, res) => {
    res.set('Cache-Control', 'no-store');
    if (req.user) {
      res.send(
        `<p>You are ${req.user.id}.</p><form method="post" action="/sign-out"><button>Sign out</button></form>`,
      );
      return;
    }
    const { problem } = req.query;
    const said = problem === undefined ? '' : SAID[Object.hasOwn(SAID, problem) ? problem : 'error'];
    res.send(`<p>${said}</p><p><a href="/auth/threads">Continue with Threads</a></p>`);
  });
  return app;
}

const SAID = {
  access_denied: 'You cancelled, so nothing was shared.',
  invalid_state: 'Please start again, in this browser and with cookies allowed.',
  error: 'Threads could not sign you in. Please try again later.',
};

const digest = (name) => createHash('sha256').update(name).digest('base64url');
