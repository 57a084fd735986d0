import { join } from 'node:path';
import ejs from 'ejs';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import session from 'express-session';
import {
  ThreadsAuthorizationError,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  ThreadsTokenError,
} from 'passport-threads-oauth2';
import { authRoutes, createPassport, type Endpoints } from './auth.js';
import { type Config, LINK_CALLBACK_PATH, ROOT } from './config.js';
import { csrfToken, requireCsrfToken } from './csrf.js';
import type { Database } from './database.js';
import { formatDay, formatExact, fromNow } from './format.js';
import { linkingRoutes } from './linking.js';
import { metaCallbacks } from './meta-callbacks.js';
import { compare, describe } from './permissions.js';
import { localPath } from './return-to.js';
import { because } from './sign-in-again.js';

const WEEK = 7 * 24 * 60 * 60 * 1000;

export interface AppOptions {
  config: Config;
  database: Database;
  /** The simulator's addresses; left out, the app talks to Threads. */
  endpoints?: Endpoints;
  /** Left out, sessions live in the memory of this process. */
  sessionStore?: session.Store;
  /** One line per request and per error. */
  log?: (line: string) => void;
}

export function createApp({
  config,
  database: { users, linkedAccounts, removals },
  endpoints = {},
  sessionStore,
  log = console.log,
}: AppOptions): Express {
  const secure = config.publicURL.startsWith('https:');
  const cookieName = secure ? '__Host-session' : 'session';
  const passport = createPassport(config, endpoints, users);

  const app = express();
  app.set('trust proxy', config.trustProxy);
  app.disable('x-powered-by');
  app.engine('ejs', ejs.renderFile);
  app.set('view engine', 'ejs');
  app.set('views', join(ROOT, 'views'));
  // What every page can use; `signedIn` is set per request, but an error page may come before that.
  Object.assign(app.locals, {
    mode: config.mode,
    publicURL: config.publicURL,
    requested: config.threads.scope,
    simulatorURL: endpoints.authorizationURL && new URL(endpoints.authorizationURL).origin,
    signedIn: undefined,
    because,
    describe,
    formatDay,
    formatExact,
    fromNow,
  });

  app.use(requestLog(log));
  app.use(securityHeaders(endpoints));
  app.use(express.static(join(ROOT, 'public'), { index: false }));
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  // Before the session, which these have no use for.
  app.use(metaCallbacks(config, removals));
  app.use(
    session({
      name: cookieName,
      secret: config.sessionSecret,
      store: sessionStore,
      resave: false,
      saveUninitialized: false,
      cookie: {
        httpOnly: true,
        sameSite: 'lax',
        secure,
        path: '/',
        maxAge: WEEK,
      },
    }),
  );
  app.use(passport.session());
  app.use((req, res, next) => {
    res.locals.signedIn = req.user;
    next();
  });
  app.use(csrfToken(config.sessionSecret));

  app.get('/', (req, res) => {
    const returnTo = localPath(req.query.returnTo);
    const query = returnTo ? `?${new URLSearchParams({ returnTo })}` : '';
    res.render('home', {
      title: 'Sign in',
      signInURL: `/auth/threads${query}`,
      returnTo,
    });
  });

  app.get('/profile', async (req, res) => {
    if (!req.user) {
      res.redirect(303, `/?${new URLSearchParams({ returnTo: req.originalUrl })}`);
      return;
    }
    const { notice } = req.session;
    delete req.session.notice;
    res.render('profile', {
      title: 'Your profile',
      user: req.user,
      permissions: compare(config.threads.scope, req.user.token.scopes),
      linkedAccounts: await linkedAccounts.of(req.user.id),
      notice,
    });
  });

  app.use(authRoutes(passport, config));
  app.use(linkingRoutes(passport, config, endpoints, linkedAccounts));

  app.post(
    '/sign-out',
    (req, res, next) => (req.user ? next() : res.redirect(303, '/')),
    express.urlencoded({ extended: false, limit: '1kb' }),
    requireCsrfToken,
    (req, res, next) => {
      req.session.destroy((error) => {
        if (error) return next(error);
        res.clearCookie(cookieName, {
          httpOnly: true,
          sameSite: 'lax',
          secure,
          path: '/',
        });
        res.redirect(303, '/');
      });
    },
  );

  app.use((_req, res) => {
    res.status(404).render('not-found', { title: 'Page not found' });
  });

  app.use(errorPage(log));
  return app;
}

function requestLog(log: (line: string) => void): RequestHandler {
  return (req, res, next) => {
    const start = performance.now();
    // The path alone: query strings carry authorization codes.
    const { method, path } = req;
    res.on('finish', () => {
      log(`${method} ${path} ${res.statusCode} ${(performance.now() - start).toFixed(0)} ms`);
    });
    next();
  };
}

function securityHeaders({ graphURL }: Endpoints): RequestHandler {
  // Profile pictures come from Threads' own servers over https, or from the simulator.
  const pictures = ["'self'", 'https:'];
  if (graphURL) pictures.push(new URL(graphURL).origin);
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${pictures.join(' ')}`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  return (_req, res, next) => {
    res.set({
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  };
}

/** Errors of the strategy are written for people and carry no secret, so their message may be shown. */
function isThreadsError(error: unknown): error is Error & { hint?: string; retryAfter?: number } {
  return (
    error instanceof ThreadsAuthorizationError ||
    error instanceof ThreadsTokenError ||
    error instanceof ThreadsGraphAPIError ||
    error instanceof ThreadsNetworkError
  );
}

function errorPage(log: (line: string) => void): ErrorRequestHandler {
  return (error, req, res, next) => {
    const status = statusOf(error);
    const name = error instanceof Error ? error.name : 'Error';
    const message = error instanceof Error ? error.message : 'something that is not an Error was thrown';
    log(oneLine(`${name}: ${message}`));
    if (res.headersSent) return next(error);
    res.status(status);
    if (isThreadsError(error)) {
      if (error.retryAfter) res.set('Retry-After', String(Math.ceil(error.retryAfter)));
      const { hint } = error;
      const said = hint ? message.replace(hint, '').trimEnd() : message;
      res.render('error', {
        title: req.path.startsWith(LINK_CALLBACK_PATH)
          ? 'Threads could not link the account'
          : 'Threads could not sign you in',
        message: said,
        hint,
      });
    } else if (status < 500) {
      res.render('error', {
        title: 'That did not work',
        message: 'The request was not valid.',
        hint: undefined,
      });
    } else {
      res.render('error', {
        title: 'Something went wrong here',
        message: 'The mistake is ours, not yours. It has been written to the log.',
        hint: undefined,
      });
    }
  };
}

function statusOf(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status;
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) < 600 ? Number(status) : 500;
}

/** Messages may repeat what came in over the network, which must not be able to forge a line of the log. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
