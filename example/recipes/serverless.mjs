// One function behind an HTTP API. It remembers nobody and nothing: the state of a login and who is signed in are both
// in signed cookies, so any instance can answer any request. example/serverless has it with a gateway to try it in.
import { parseCookie } from 'cookie';
import express from 'express';
import { jwtVerify, SignJWT } from 'jose';
import passport from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';
import serverless from 'serverless-http';

const HOURS = 8;

export function createApp({ clientID, clientSecret, callbackURL, simulator, sessionSecret = clientSecret }) {
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

  const key = new TextEncoder().encode(`session ${sessionSecret}`);
  const secure = callbackURL.startsWith('https:');
  const COOKIE = secure ? '__Host-signed-in' : 'signed-in';
  const options = { httpOnly: true, sameSite: 'lax', secure, path: '/' };

  const whoIs = async (req) => {
    const token = parseCookie(req.headers.cookie ?? '')[COOKIE];
    const verified = await jwtVerify(token ?? '', key, { algorithms: ['HS256'] }).catch(() => undefined);
    return verified && { id: verified.payload.sub, username: verified.payload.username };
  };

  const app = express();
  app.get('/auth/threads', authenticator.authenticate('threads', { session: false }));

  app.get(new URL(callbackURL).pathname, (req, res, next) => {
    authenticator.authenticate('threads', async (error, person, failure) => {
      try {
        if (!person) throw error ?? failure;
        const token = new SignJWT({ username: person.username }).setSubject(person.id);
        token.setProtectedHeader({ alg: 'HS256' }).setExpirationTime(`${HOURS}h`);
        res.cookie(COOKIE, await token.sign(key), { ...options, maxAge: HOURS * 60 * 60 * 1000 });
        res.redirect(303, '/#'); // the `#` takes the place of the `#_` that Threads' redirect ends with
      } catch (problem) {
        console.error(problem.message);
        res.redirect(303, `/?problem=${error ? 'error' : (failure?.type ?? 'error')}#`);
      }
    })(req, res, next);
  });

  // The cookie is SameSite=Lax: a form on another website comes without it, and signs nobody out.
  app.post('/sign-out', async (req, res) => {
    if (await whoIs(req)) res.clearCookie(COOKIE, options);
    res.redirect(303, '/');
  });

  app.get('/', async (req, res) => {
    res.set('Cache-Control', 'no-store');
    const person = await whoIs(req);
    if (person) {
      res.send(
        `<p>You are ${person.id}.</p><form method="post" action="/sign-out"><button>Sign out</button></form>`,
      );
      return;
    }
    const { problem } = req.query;
    const said = problem === undefined ? '' : SAID[Object.hasOwn(SAID, problem) ? problem : 'error'];
    res.send(`<p>${said}</p><p><a href="/auth/threads">Continue with Threads</a></p>`);
  });
  return app;
}

/** What you deploy: `export const handler = createHandler({ clientID: process.env.THREADS_APP_ID, … })`. */
export const createHandler = (settings) => serverless(createApp(settings));

const SAID = {
  access_denied: 'You cancelled, so nothing was shared.',
  invalid_state: 'Please start again, in this browser and with cookies allowed.',
  error: 'Threads could not sign you in. Please try again later.',
};
