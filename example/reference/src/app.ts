import { join } from 'node:path';
import ejs from 'ejs';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import session from 'express-session';
import { askingForMore } from './asking-for-more.js';
import { authRoutes, createPassport, type Endpoints } from './auth.js';
import { CALLBACK_PATH, type Config, LINK_CALLBACK_PATH, ROOT } from './config.js';
import { csrfTokens, requireFormToken } from './csrf.js';
import type { Database } from './database.js';
import { formatDay, formatExact, fromNow } from './format.js';
import { linkingRoutes } from './linking.js';
import { metaCallbacks } from './meta-callbacks.js';
import { outcomeFor, outcomeOf, outcomeRoutes, redirectToOutcome, showOutcome } from './outcome.js';
import { compare, describe } from './permissions.js';
import { answerPhone, phoneRoutes } from './phone.js';
import { popupRoutes } from './popup.js';
import { limitRequests } from './rate-limit.js';
import { localPath } from './return-to.js';
import { because } from './sign-in-again.js';

const WEEK = 7 * 24 * 60 * 60 * 1000;
/** Seconds. */
const YEAR = 365 * 24 * 60 * 60;

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
  const logProblem = (problem: unknown) => log(oneLine(withoutSecrets(lineOf(problem), config)));
  const passport = createPassport(config, endpoints, users);

  const app = express();
  app.set('trust proxy', config.trustProxy);
  app.disable('x-powered-by');
  app.engine('ejs', ejs.renderFile);
  app.set('view engine', 'ejs');
  app.enable('view cache');
  app.set('views', join(ROOT, 'views'));
  // What every page can use; `signedIn` is set per request, but an error page may come before that.
  Object.assign(app.locals, {
    mode: config.mode,
    publicURL: config.publicURL,
    requested: config.threads.scope,
    development: config.development,
    simulatorURL: endpoints.authorizationURL && new URL(endpoints.authorizationURL).origin,
    signedIn: undefined,
    because,
    describe,
    formatDay,
    formatExact,
    fromNow,
  });

  app.use(requestLog(log));
  app.use(securityHeaders(secure, endpoints));
  app.use(express.static(join(ROOT, 'public'), { index: false }));
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  // Before the session, which these have no use for.
  app.use(metaCallbacks(config, removals));
  app.use(phoneRoutes(passport, { config, endpoints, users }));
  app.use('/auth/threads', limitRequests(config.signInLimit));
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
  app.use(csrfTokens(config.sessionSecret));

  app.get('/', (req, res) => {
    const returnTo = localPath(req.query.returnTo);
    const query = returnTo ? `?${new URLSearchParams({ returnTo })}` : '';
    res.render('home', {
      title: req.user ? 'You are signed in' : 'Pick up where you left off',
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
      title: req.user.name ?? req.user.username ?? 'Your profile',
      user: req.user,
      permissions: compare(config.threads.scope, req.user.token.scopes),
      linkedAccounts: await linkedAccounts.of(req.user.id),
      notice,
    });
  });

  app.use(authRoutes(passport, config, users));
  app.use(askingForMore(passport, config));
  app.use(outcomeRoutes());
  app.use(popupRoutes(passport, config, users, logProblem));
  app.use(linkingRoutes(passport, config, endpoints, linkedAccounts));

  app.post(
    '/sign-out',
    (req, res, next) => (req.user ? next() : res.redirect(303, '/')),
    express.urlencoded({ extended: false, limit: '1kb' }),
    requireFormToken,
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
    showOutcome(res, outcomeFor('not_found'));
  });

  app.use(errorPage(logProblem));
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

function securityHeaders(https: boolean, { graphURL }: Endpoints): RequestHandler {
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
  return (req, res, next) => {
    // Browsers ignore it over plain http, and so it is not sent there.
    if (https && req.secure) res.set('Strict-Transport-Security', `max-age=${YEAR}`);
    res.set({
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  };
}

/** The last word on errors, and on sign-ins that failed. */
function errorPage(logProblem: (problem: unknown) => void): ErrorRequestHandler {
  return (problem, req, res, next) => {
    logProblem(problem);
    if (res.headersSent) return next(problem);
    // An address that cannot be decoded is one that does not exist.
    const outcome = problem instanceof URIError ? outcomeFor('not_found') : outcomeOf(problem);
    if (req.path.startsWith('/api/')) return answerPhone(res, problem, outcome);
    if (req.path.startsWith(LINK_CALLBACK_PATH)) {
      outcome.back = { href: '/profile#linked', label: 'Back to your profile' };
    }
    // Without a session, as when Redis is away, there is nothing to put it aside in.
    const isCallback = [CALLBACK_PATH, LINK_CALLBACK_PATH].some((path) => req.path.startsWith(path));
    if (isCallback && req.session) redirectToOutcome(req, res, outcome);
    else showOutcome(res, outcome);
  };
}

/** What the log says of an error, or of a sign-in that failed. */
function lineOf(problem: unknown): string {
  if (problem instanceof Error) return `${problem.name}: ${problem.message}`;
  const { type, reason, message = 'something that is no Error was thrown' } = Object(problem);
  const kind = [type, reason].filter(Boolean).join(', ');
  return kind ? `Sign-in failed (${kind}): ${message}` : message;
}

/** Messages may repeat what came in over the network, which must not be able to forge a line of the log. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/** Other errors than those of the strategy may quote an address that they could not reach, password and all. */
function withoutSecrets(text: string, { databaseURL, redisURL }: Config): string {
  const secrets = [databaseURL, redisURL].flatMap((address) => {
    if (!address || !URL.canParse(address)) return [];
    const { password, searchParams } = new URL(address);
    return [password, decoded(password), searchParams.get('authToken')];
  });
  return secrets.reduce<string>((said, secret) => (secret ? said.replaceAll(secret, '…') : said), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
