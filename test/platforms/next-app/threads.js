import passport from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';

passport.use(
  new ThreadsStrategy(JSON.parse(process.env.STRATEGY), async (_accessToken, _refreshToken, profile) => ({
    id: profile.id,
    name: profile.displayName,
  })),
);

/** A handler for a route of `pages/api`, from a middleware of Passport. */
export const route = (middleware) => (req, res) =>
  new Promise((resolve, reject) => {
    res.once('close', resolve);
    middleware(req, res, (error) => reject(error ?? new Error('No answer')));
  });

export { passport };
