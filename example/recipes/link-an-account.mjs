// Links a Threads account to a user who signed in by other means. `passport.authorize` leaves `req.user` alone, and
// puts what the verify callback resolves to into `req.account`.
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';

const users = new Map(); // your database: a user has an id, a name and perhaps a threadsID

export function createApp({ clientID, clientSecret, callbackURL, simulator }) {
  const authenticator = new passport.Passport();
  authenticator.use(
    new ThreadsStrategy(
      {
        clientID,
        clientSecret,
        callbackURL,
        simulator,
        // In the session, because the linking must end for the same user for whom it began.
        state: true,
        passReqToCallback: true,
      },
      async (req, _accessToken, _refreshToken, profile) => {
        // An account that is somebody else's already would let two people in to one of them.
        const owner = [...users.values()].find(({ threadsID }) => threadsID === profile.id);
        if (owner && owner !== req.user) return false;
        Object.assign(req.user, { threadsID: profile.id, handle: profile.username });
        return { id: profile.id };
      },
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
      // Lax: a form of another website comes without the session, and links nothing.
      cookie: { sameSite: 'lax', secure: callbackURL.startsWith('https:') },
    }),
    authenticator.session(),
  );

  // Stands in for the login that your app has.
  app.post('/sign-in', express.urlencoded({ extended: false }), (req, res, next) => {
    const id = String(req.body.name);
    if (!users.has(id)) users.set(id, { id, name: id });
    req.logIn(users.get(id), (error) => (error ? next(error) : res.redirect(303, '/')));
  });

  // A POST: a link on another website must not be able to start it.
  app.post('/auth/threads/link', requireUser, authenticator.authorize('threads'));

  app.get(new URL(callbackURL).pathname, requireUser, (req, res, next) => {
    authenticator.authorize('threads', (error, account, failure) => {
      if (error ?? failure?.message) console.error((error ?? failure).message);
      const outcome = account ? 'linked' : error ? 'error' : (failure?.type ?? 'taken');
      res.redirect(303, `/?${new URLSearchParams({ outcome })}#`);
    })(req, res, next);
  });

  app.post('/unlink', requireUser, (req, res) => {
    delete req.user.threadsID;
    res.redirect(303, '/');
  });

  app.get('/', (req, res) => {
    const said = SAID[Object.hasOwn(SAID, req.query.outcome) ? req.query.outcome : ''] ?? '';
    if (!req.user) {
      res.send(
        '<form method="post" action="/sign-in"><input name="name" value="Ada" aria-label="Name"> <button>Sign in</button></form>',
      );
    } else if (req.user.threadsID) {
      res.send(
        `<p>${said}</p><p>Linked: @${escaped(req.user.handle)}</p><form method="post" action="/unlink"><button>Unlink</button></form>`,
      );
    } else {
      res.send(
        `<p>${said}</p><form method="post" action="/auth/threads/link"><button>Link a Threads account</button></form>`,
      );
    }
  });
  return app;
}

const SAID = {
  linked: 'The account is linked.',
  taken: 'That account is linked to somebody else.',
  access_denied: 'You cancelled, so nothing was linked.',
  invalid_state: 'Nothing was linked: start here, and finish in this browser.',
  invalid_request: 'Nothing was linked: start here.',
  error: 'Threads does not answer as it should. Please try again later.',
};

const requireUser = (req, res, next) => (req.user ? next() : res.redirect(303, '/'));
const escaped = (text = '') => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
