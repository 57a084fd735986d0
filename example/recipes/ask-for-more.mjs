// Asks for a permission when it is needed, and not at the first login. The answer comes back to the one callback.
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';

const MORE = 'threads_content_publish';
const users = new Map(); // your database

export function createApp({ clientID, clientSecret, callbackURL, simulator }) {
  const authenticator = new passport.Passport();
  authenticator.use(
    new ThreadsStrategy(
      { clientID, clientSecret, callbackURL, simulator },
      // Nothing is stored yet: in the window of Threads people may be signed in as somebody else.
      async (accessToken, _refreshToken, { id, username, scopes }) => ({ id, username, scopes, accessToken }),
    ),
  );
  authenticator.serializeUser((user, done) => done(null, user.id));
  authenticator.deserializeUser((id, done) => done(null, users.get(id) ?? false));

  const app = express();
  app.use(
    session({
      secret: clientSecret, // a secret of its own in your app
      resave: false,
      saveUninitialized: false,
      cookie: { sameSite: 'lax', secure: callbackURL.startsWith('https:') },
    }),
    authenticator.session(),
  );

  app.get('/auth/threads', (req, res, next) => {
    // All that was granted before, too: the new token takes the place of the old one.
    authenticator.authenticate('threads', { scope: req.user?.scopes })(req, res, next);
  });

  // A POST, since another website must not ask for permissions in your name.
  app.post('/allow', (req, res, next) => {
    if (!req.user) return res.redirect(303, '/');
    const scope = [...(req.user.scopes ?? []), MORE];
    // It travels in the signed cookie of the login, and comes back as `state`.
    const state = { askedBy: req.user.id };
    authenticator.authenticate('threads', { scope, state })(req, res, next);
  });

  app.get(new URL(callbackURL).pathname, (req, res, next) => {
    authenticator.authenticate('threads', (error, person, info) => {
      if (!person) {
        console.error((error ?? info).message);
        return res.redirect(303, `/?outcome=${error ? 'error' : info.type}#`);
      }
      const { askedBy } = info.state ?? {};
      if (askedBy && askedBy !== person.id) return res.redirect(303, '/?outcome=other#');
      users.set(person.id, person);
      const outcome = !askedBy ? 'signed_in' : person.scopes?.includes(MORE) ? 'allowed' : 'refused';
      req.logIn(person, (error) => (error ? next(error) : res.redirect(303, `/?outcome=${outcome}#`)));
    })(req, res, next);
  });

  app.get('/', (req, res) => {
    const said = SAID[Object.hasOwn(SAID, req.query.outcome) ? req.query.outcome : ''] ?? '';
    const { user } = req;
    if (!user) return res.send(`<p>${said}</p><p><a href="/auth/threads">Continue with Threads</a></p>`);
    const may = user.scopes?.includes(MORE);
    const ask = '<form method="post" action="/allow"><button>Allow this app to publish</button></form>';
    res.send(`<p>${said}</p><p>You are ${user.id}.</p>${may ? '<p>This app may publish for you.</p>' : ask}`);
  });
  return app;
}

const SAID = {
  allowed: 'Thank you.',
  // Threads has no parameter that asks again for what was refused.
  refused:
    'You did not allow it, and everything else works as before. If you change your mind: remove this app in Threads under Settings → Website permissions, then sign in here again.',
  other: 'That was another Threads account than the one that asked, so nothing has changed.',
  access_denied: 'You cancelled, so nothing has changed.',
  invalid_state: 'Nothing has changed: start here, and finish in this browser.',
  error: 'Threads does not answer as it should. Please try again later.',
};
