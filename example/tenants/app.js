import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';

/**
 * One server for several tenants, each with a Threads app of its own, at `/<tenant>/…`.
 *
 * @param options.find - finds a tenant, `{ clientID, clientSecret }`, by its name; your database
 * @param options.origin - where the server is reached from outside, such as `https://apps.example`
 * @param options.sessionSecret - signs the session cookies
 * @param options.store - where sessions are kept; left out, in the memory of this process
 * @param options.endpoints - those of a simulator, if any
 */
export function createApp({ find, origin, sessionSecret, store, endpoints }) {
  const passport = new Passport();
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));

  const doors = new Map();

  /** The strategy and the session of a tenant, kept: the strategy remembers the app token of its app. */
  function doorOf(name, { clientID, clientSecret }) {
    const known = doors.get(name);
    if (known?.clientID === clientID && known.clientSecret === clientSecret) return known;

    const callbackURL = `${origin}/${name}/auth/threads/callback`;
    const door = {
      clientID,
      clientSecret,
      strategy: new ThreadsStrategy(
        { clientID, clientSecret, callbackURL, ...endpoints },
        // Whose guest it is belongs to the key: find and keep your users by both.
        async (_accessToken, _refreshToken, { id, username }) => ({ tenant: name, id, username }),
      ),
      // A cookie of its own, so that a browser can be signed in to two tenants of one host.
      session: session({
        name: origin.startsWith('https:') ? `__Host-${name}` : name,
        // And a key of its own, so that the cookie of one tenant is no good at another under its name.
        secret: `${sessionSecret} ${name}`,
        store,
        resave: false,
        saveUninitialized: false,
        cookie: { sameSite: 'lax', secure: origin.startsWith('https:') },
      }),
    };
    doors.set(name, door);
    return door;
  }

  const tenant = express.Router({ mergeParams: true });
  tenant.get('/', (req, res) => {
    if (req.user) return res.type('text').send(`@${req.user.username} at ${req.user.tenant}`);
    const why = 'problem' in req.query ? '<p>You are not signed in. Please try again.</p>' : '';
    res.send(`${why}<a href="/${req.params.tenant}/auth/threads">Continue with Threads</a>`);
  });
  tenant.get('/auth/threads', (req, res, next) => passport.authenticate(req.door.strategy)(req, res, next));
  tenant.get('/auth/threads/callback', (req, res, next) => {
    const home = `/${req.params.tenant}`;
    const finish = (error, user) => {
      if (error) console.error(`${error.name}: ${error.message}`);
      // Away from this address, which holds a code that may be unspent.
      if (!user) return res.redirect(`${home}?problem#`);
      req.logIn(user, (error) => (error ? next(error) : res.redirect(`${home}#`)));
    };
    passport.authenticate(req.door.strategy, finish)(req, res, next);
  });

  const app = express();
  app.param('tenant', async (req, res, next, name) => {
    const found = /^[a-z\d-]+$/.test(name) ? await find(name) : undefined;
    if (!found) return res.status(404).type('text').send('There is no such tenant.');
    req.door = doorOf(name, found);
    next();
  });
  app.use('/:tenant', (req, res, next) => req.door.session(req, res, next), passport.session(), tenant);
  app.use((error, _req, res, _next) => {
    console.error(`${error.name}: ${error.message}`);
    res
      .status(error.status ?? 500)
      .type('text')
      .send('Signing in did not work. Please try again.');
  });
  return app;
}
