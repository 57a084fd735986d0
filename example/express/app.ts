import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import session from 'express-session';
import Passport from 'passport';
import { parseSignedRequest, ThreadsStrategy } from 'passport-threads-oauth2';
import type { People, Person } from './people.js';
import { isWhy, retryWords, type Why, WORDS, whyOf } from './words.js';

declare global {
  namespace Express {
    interface User extends Person {}
  }
}
declare module 'express-session' {
  interface SessionData {
    /** What the library said of the last login that failed. Kept in development alone. */
    message?: string;
  }
}

/** Everything about signing in with Threads. `env` is `process.env`; a `simulator` stands in for Threads. */
export function createApp(env: NodeJS.ProcessEnv, people: People): express.Express {
  const simulator = env.THREADS_SIMULATOR_URL || undefined;
  const callback = new URL(env.THREADS_CALLBACK_URL!);
  const secure = callback.protocol === 'https:';

  // --- Passport: the strategy, and what a session keeps of a person.
  const passport = new Passport.Passport();
  passport.use(
    new ThreadsStrategy(
      {
        clientID: env.THREADS_APP_ID!,
        clientSecret: env.THREADS_APP_SECRET!,
        callbackURL: env.THREADS_CALLBACK_URL!,
        scope: env.THREADS_SCOPE,
        requiredScopes: env.THREADS_REQUIRED_SCOPES,
        simulator, // left out, it is Threads itself
      },
      async (_accessToken, _refreshToken, profile) => people.save(profile),
    ),
  );
  passport.serializeUser((person, done) => done(null, person.id));
  passport.deserializeUser((id: string, done) => {
    people.find(id).then((person) => done(null, person ?? false), done);
  });

  const app = express();
  app.disable('x-powered-by');
  // A proxy or tunnel on this machine may say `X-Forwarded-Proto: https`. Name the addresses of yours.
  app.set('trust proxy', 'loopback');
  app.engine('ejs', ejs.renderFile);
  app.set('view engine', 'ejs');
  app.set('views', fileURLToPath(new URL('views', import.meta.url)));
  const required = listOf(env.THREADS_REQUIRED_SCOPES);
  const asked = [...new Set(['threads_basic', ...listOf(env.THREADS_SCOPE), ...required])];
  Object.assign(app.locals, { origin: callback.origin, simulator, asked, required });

  app.use(express.static(fileURLToPath(new URL('public', import.meta.url)), { index: false }));
  app.use((_req, res, next) => {
    res.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: ${simulator ?? ''}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  });

  // --- What Meta's servers post, without a session: a person removed the app, or wants their data deleted.
  const form = express.urlencoded({ extended: false, limit: '10kb' });
  const signedRequest = (req: Request) =>
    parseSignedRequest(req.body?.signed_request, env.THREADS_APP_SECRET!, { maxAge: 60 * 60 * 1000 });
  app.post('/auth/threads/uninstall', form, async (req, res) => {
    const { userId, issuedAt } = signedRequest(req);
    await people.uninstall(userId, issuedAt);
    res.sendStatus(200);
  });
  app.post('/auth/threads/delete', form, async (req, res) => {
    await people.remove(signedRequest(req).userId);
    res.json({ url: `${callback.origin}/deleted`, confirmation_code: randomBytes(8).toString('hex') });
  });

  // --- The session. It lives in memory: give `store` one of your database before you start a second process.
  const cookie = { httpOnly: true, sameSite: 'lax', secure, maxAge: 7 * 24 * 60 * 60 * 1000 } as const;
  const name = secure ? '__Host-session' : 'session';
  const secret = env.SESSION_SECRET!;
  app.use(session({ name, secret, cookie, resave: false, saveUninitialized: false }), passport.session());
  app.use((req, res, next) => {
    res.locals.person = req.user;
    next();
  });

  // --- Signing in: to Threads, and back with its answer.
  const signIn: RequestHandler = (req, res, next) => {
    const finish: Passport.AuthenticateCallback = (error, person, failure) => {
      if (!person) return fail(req, res, error ?? failure);
      // A new session, so that nobody can plant one. `#` takes the place of the `#_` that Threads ends with.
      req.logIn(person, (error) => (error ? next(error) : res.redirect(303, '/profile#')));
    };
    passport.authenticate('threads', finish)(req, res, next);
  };
  app.get('/auth/threads', signIn);
  app.get(callback.pathname, signIn);

  // The message is for the developer, the words are for the person, at an address without the code.
  function fail(req: Request, res: Response, problem: unknown): void {
    const why = whyOf(problem);
    const { message, retryAfter } = Object(problem);
    console.error(`Login failed (${why}): ${String(message).replace(/\s+/g, ' ')}`);
    if (env.NODE_ENV !== 'production') req.session.message = message;
    res.redirect(303, `/sign-in/failed?why=${why}${retryAfter ? `&seconds=${retryAfter}` : ''}#`);
  }
  app.get('/sign-in/failed', (req, res) => {
    const { why, seconds } = req.query;
    const { message } = req.session;
    delete req.session.message;
    if (isWhy(why)) show(res, why, retryWords(why, seconds), message);
    else show(res, 'not_found');
  });
  function show(res: Response, why: Why, when = '', message = ''): void {
    const [status, title, text] = WORDS[why];
    res.status(status).render('failed', { title, text: `${text} ${when}`, why, message });
  }

  // --- Pages, and signing out. `SameSite=Lax` keeps the session from the forms of other websites.
  app.get('/', (req, res) => (req.user ? res.redirect(303, '/profile') : res.render('home')));
  app.get('/profile', (req, res) => (req.user ? res.render('profile') : res.redirect(303, '/')));
  app.get('/deleted', (_req, res) => res.render('deleted'));
  app.post('/sign-out', (req, res, next) => {
    req.session.destroy((error) => {
      if (error) return next(error);
      res.clearCookie(name, cookie).redirect(303, '/');
    });
  });

  app.use((_req, res) => show(res, 'not_found'));
  const onError: ErrorRequestHandler = (error, _req, res, next) => {
    console.error(error);
    if (res.headersSent) return next(error);
    if (error.status < 500) res.sendStatus(error.status);
    else show(res, 'ours');
  };
  return app.use(onError);
}

const listOf = (scopes = '') => scopes.split(/[\s,]+/).filter(Boolean);
