// A phone has an access token of this app already (its own SDK got it). It sends the token once, and gets a session of
// the app's own, which it sends from then on: a token of Threads asks Threads twice, a session asks nobody.
import { createHash, randomBytes } from 'node:crypto';
import express from 'express';
import passport from 'passport';
import { ThreadsTokenStrategy } from 'passport-threads-oauth2';

const DAY = 24 * 60 * 60 * 1000;
const sessions = new Map(); // your database: by the digest of the session, so that a copy of it opens nothing

export function createApp({ clientID, clientSecret, simulator }) {
  const authenticator = new passport.Passport();
  authenticator.use(
    new ThreadsTokenStrategy(
      { clientID, clientSecret, simulator },
      // The token lives an hour: do not let it replace one of 60 days that you keep from a login in the browser.
      async (_accessToken, _refreshToken, profile) => ({ id: profile.id, username: profile.username }),
    ),
  );

  const app = express();

  app.post('/api/session', (req, res, next) => {
    authenticator.authenticate('threads-token', { session: false }, (error, person, challenge, status) => {
      if (error) return next(error);
      if (!person) return refuse(res, challenge, status);
      const token = randomBytes(32).toString('base64url');
      sessions.set(digest(token), { person, expires: Date.now() + 30 * DAY });
      res.status(201).json({ session: token });
    })(req, res, next);
  });

  app.get('/api/me', requireSession, (_req, res) => {
    res.json(res.locals.person);
  });

  app.delete('/api/session', requireSession, (_req, res) => {
    sessions.delete(res.locals.key);
    res.sendStatus(204);
  });

  app.use((_req, res) => {
    res.status(404).json({ error: 'not_found' });
  });

  // Express tells an error handler by its four parameters.
  app.use((error, _req, res, _next) => {
    console.error(`${error.name}: ${error.message}`);
    // 502 or 504, where Threads is at fault: worth another try with the same token.
    if (error.retryAfter) res.set('Retry-After', String(error.retryAfter));
    const status = error.status ?? 500;
    res.status(status).json({ error: status < 500 ? 'invalid_request' : 'unavailable' });
  });
  return app;
}

function requireSession(req, res, next) {
  const [, token = ''] = /^Bearer ([\w-]+)$/i.exec(req.get('authorization') ?? '') ?? [];
  const key = digest(token);
  const session = sessions.get(key);
  if (session?.expires > Date.now()) {
    Object.assign(res.locals, { key, person: session.person });
    return next();
  }
  sessions.delete(key);
  refuse(res, 'Bearer realm="app"', 401);
}

/** RFC 6750, section 3: the challenge says what is wrong with the token. */
function refuse(res, challenge, status) {
  const error = /error="(\w+)"/.exec(challenge)?.[1] ?? 'missing_token';
  res.status(status).set('WWW-Authenticate', challenge).json({ error });
}

const digest = (token) => createHash('sha256').update(token).digest('base64url');
