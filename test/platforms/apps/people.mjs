// What the apps of this folder share: the strategy, as a test describes it, and both legs of a login.
import passport from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';

/** For frameworks with a Passport of their own. */
export const strategy = new ThreadsStrategy(
  JSON.parse(process.env.STRATEGY),
  async (_accessToken, _refreshToken, profile) => ({ id: profile.id, name: profile.displayName }),
);
passport.use(strategy);

/** The first leg: a middleware. */
export const start = passport.authenticate('threads', { session: false, state: { from: 'a letter' } });

/** The second leg: a middleware that answers in JSON. */
export function finish(req, res, next) {
  const end = (error, user, info, status) => {
    const body = user ? { user, state: info.state } : refusal(error ?? info);
    res.statusCode = user ? 200 : (error?.status ?? status);
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(body));
  };
  passport.authenticate('threads', { session: false }, end)(req, res, next);
}

/** What the test is told of a failure or an error: `message` is not enumerable in an error. */
export const refusal = ({ type, name, reason, message }) => ({ type, name, reason, message });
