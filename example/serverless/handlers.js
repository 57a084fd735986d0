// The whole app: one function behind an HTTP API of Amazon API Gateway. It remembers nobody and nothing: the state of
// a sign-in and who is signed in are both in cookies, so any instance can answer any request.
import { createHash } from 'node:crypto';
import cookieParser from 'cookie-parser';
import escapeHTML from 'escape-html';
import express from 'express';
import { jwtVerify, SignJWT } from 'jose';
import passport from 'passport';
import { ThreadsStrategy } from 'passport-threads-oauth2';
import serverless from 'serverless-http';

const { env } = process;
const missing = ['THREADS_APP_ID', 'THREADS_APP_SECRET', 'THREADS_CALLBACK_URL', 'SESSION_SECRET'].filter(
  (name) => !env[name],
);
if (missing.length > 0) throw new Error(`Set ${missing.join(', ')}: README.md says how`);
if (env.SESSION_SECRET.length < 32) throw new Error('SESSION_SECRET must have at least 32 characters');

const simulator = env.THREADS_SIMULATOR_URL;
if (simulator && env.NODE_ENV === 'production')
  throw new Error('THREADS_SIMULATOR_URL signs anyone in: remove it');

passport.use(
  new ThreadsStrategy(
    {
      clientID: env.THREADS_APP_ID,
      clientSecret: env.THREADS_APP_SECRET,
      callbackURL: env.THREADS_CALLBACK_URL,
      ...(simulator && {
        authorizationURL: `${simulator}/oauth/authorize`,
        tokenURL: `${simulator}/oauth/access_token`,
        graphURL: `${simulator}/v1.0`,
      }),
    },
    async (_accessToken, _refreshToken, profile) => ({ id: profile.id, username: profile.username }),
  ),
);

const isSecure = new URL(env.THREADS_CALLBACK_URL).protocol === 'https:';
const COOKIE = isSecure ? '__Host-signed-in' : 'signed-in';
const COOKIE_OPTIONS = { httpOnly: true, sameSite: 'lax', secure: isSecure, path: '/' };
const EIGHT_HOURS = 8 * 60 * 60;
const key = new TextEncoder().encode(env.SESSION_SECRET);

async function signIn(res, { id, username }) {
  const token = new SignJWT({ username }).setSubject(id).setExpirationTime(`${EIGHT_HOURS}s`);
  const value = await token.setProtectedHeader({ alg: 'HS256' }).sign(key);
  res.cookie(COOKIE, value, { ...COOKIE_OPTIONS, maxAge: EIGHT_HOURS * 1000 });
}

async function whoIs(req) {
  try {
    const { payload } = await jwtVerify(req.cookies[COOKIE], key, { algorithms: ['HS256'] });
    return { id: payload.sub, username: payload.username };
  } catch {
    return undefined;
  }
}

const PROBLEMS = {
  access_denied: 'You cancelled, so nobody was signed in.',
  invalid_state:
    'This sign-in began in another browser, took too long or is over, or this browser keeps no cookies.',
  invalid_request: 'Threads sent you back with something that is no answer.',
  unavailable: 'Threads did not answer as it should.',
};

const STYLE = `
  :root { color-scheme: light dark; }
  body { max-width: 36rem; margin: 0 auto; padding: 4rem 1.25rem; font: 1.125rem/1.6 system-ui, sans-serif; }
  a, button { display: inline-block; padding: .6rem 1.2rem; border: 1px solid; border-radius: .5rem; font: inherit; }
`;
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

function page(title, content) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
<main><h1>${title}</h1>${content}</main>`;
}

const app = express();
app.disable('x-powered-by');
app.use(cookieParser(), (_req, res, next) => {
  res.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': POLICY,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  next();
});

app.get('/', async (req, res) => {
  const person = await whoIs(req);
  if (person) {
    const form = '<form method="post" action="/sign-out"><button>Sign out</button></form>';
    const who = escapeHTML(`You are @${person.username}, ${person.id}.`);
    return res.send(page('Signed in', `<p>${who}</p>${form}`));
  }
  const problem = PROBLEMS[Object.hasOwn(PROBLEMS, req.query.problem) ? req.query.problem : ''];
  const notice = problem ? `<p role="alert">${problem}</p>` : '<p>You are not signed in.</p>';
  res.send(page('One function', `${notice}<a href="/auth/threads">Continue with Threads</a>`));
});

app.get('/auth/threads', passport.authenticate('threads'));

app.get('/auth/threads/callback', (req, res, next) => {
  const end = async (error, person, failure) => {
    try {
      if (error) throw error;
      if (person) await signIn(res, person);
      // To a clean address, without the code; and "#", or the browser would keep the "#_" of Threads.
      res.redirect(303, person ? '/#' : `/?problem=${failure.type}#`);
    } catch (error) {
      console.error(`${error.name}: ${error.message}`);
      res.redirect(303, '/?problem=unavailable#');
    }
  };
  passport.authenticate('threads', end)(req, res, next);
});

// The cookie is SameSite=Lax: a form on another website comes without it, and signs nobody out.
app.post('/sign-out', async (req, res) => {
  if (await whoIs(req)) res.clearCookie(COOKIE, COOKIE_OPTIONS);
  res.redirect(303, '/');
});

app.use((error, _req, res, _next) => {
  console.error(`${error.name}: ${error.message}`);
  res
    .status(error.status ?? 500)
    .send(page('That did not work', '<p>Please try again.</p><a href="/">Back</a>'));
});

export const handler = serverless(app);
