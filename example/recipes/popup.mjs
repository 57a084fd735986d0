// Signs in with a popup: the page stays where it is. Its last page posts the outcome to the page that opened it and
// closes. Where popups are blocked, and without JavaScript, the same link is an ordinary login.
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';

export function createApp({ clientID, clientSecret, callbackURL, simulator }) {
  const authenticator = new passport.Passport();
  authenticator.use(
    new ThreadsStrategy(
      { clientID, clientSecret, callbackURL, simulator },
      async (_accessToken, _refreshToken, profile) => ({
        id: profile.id,
        name: profile.displayName ?? profile.username ?? 'somebody',
      }),
    ),
  );
  // The session holds the whole person here; your app has a database.
  authenticator.serializeUser((user, done) => done(null, user));
  authenticator.deserializeUser((user, done) => done(null, user));

  const app = express();
  app.use(
    session({
      secret: clientSecret, // a secret of its own in your app
      resave: false,
      saveUninitialized: false,
      cookie: { sameSite: 'lax', secure: callbackURL.startsWith('https:') },
    }),
    authenticator.session(),
    (_req, res, next) => {
      // What goes to Threads and comes back keeps its tie to the page alone with this: `same-origin` would cut it.
      res.set('Cross-Origin-Opener-Policy', 'unsafe-none');
      next();
    },
  );

  app.get('/auth/threads', (req, res, next) => {
    const state = req.query.popup === '1' ? 'popup' : undefined;
    authenticator.authenticate('threads', { state })(req, res, next);
  });

  app.get(new URL(callbackURL).pathname, (req, res, next) => {
    authenticator.authenticate('threads', (error, person, info) => {
      // Away from the callback's address, which holds a code. A popup that failed has lost its state: `window.opener` tells.
      if (!person) {
        console.error((error ?? info).message);
        return res.redirect(303, `/done?problem=${error ? 'error' : info.type}#`);
      }
      const end = info.state === 'popup' ? '/done#' : '/#';
      req.logIn(person, (error) => (error ? next(error) : res.redirect(303, end)));
    })(req, res, next);
  });

  app.get('/done', (req, res) => {
    const { problem } = req.query;
    const said = problem === undefined ? undefined : SAID[Object.hasOwn(SAID, problem) ? problem : 'error'];
    const outcome = !said && req.user ? { name: req.user.name } : { problem: said ?? SAID.invalid_state };
    // `<` as \u003c: a name must not be able to end the script.
    const json = JSON.stringify(outcome).replaceAll('<', '\\u003c');
    res.send(`<!doctype html><title>Signing in</title><p>${outcome.problem ?? 'You are signed in.'}</p><p><a href="/">Go on</a></p><script>
      if (window.opener) {
        // No other origin may read it, whichever page opened this window.
        window.opener.postMessage({ type: 'threads', outcome: ${json} }, location.origin);
        window.close();
      }
    </script>`);
  });

  app.get('/', (req, res) => {
    res.set('Cross-Origin-Opener-Policy', 'same-origin-allow-popups');
    const who = req.user ? 'You are signed in.' : 'This page stays open.';
    const link = req.user ? '' : '<p><a href="/auth/threads">Continue with Threads</a></p>';
    res.send(`<!doctype html><title>A popup</title><p role="status">${who}</p>${link}<script>
      const link = document.querySelector('a');
      const status = document.querySelector('[role=status]');
      let popup;
      link?.addEventListener('click', (event) => {
        popup = window.open('/auth/threads?popup=1', 'threads', 'popup,width=520,height=760');
        if (!popup) return; // blocked: the link is followed
        event.preventDefault();
        status.textContent = 'Please answer in the window that has opened.';
      });
      addEventListener('message', ({ origin, source, data }) => {
        // Any page may post to this one.
        if (origin !== location.origin || source !== popup || data?.type !== 'threads') return;
        status.textContent = data.outcome.problem ?? 'Signed in as ' + data.outcome.name + '.';
        if (!data.outcome.problem) link.remove();
      });
    </script>`);
  });
  return app;
}

const SAID = {
  access_denied: 'You cancelled, so nothing was shared.',
  invalid_state: 'Please start again, in this browser and with cookies allowed.',
  error: 'Threads could not sign you in. Please try again later.',
};
