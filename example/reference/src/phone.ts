import { createHmac } from 'node:crypto';
import express, { type RequestHandler, type Response, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import { jwtVerify, SignJWT } from 'jose';
import type passport from 'passport';
import { isThreadsError, ThreadsTokenStrategy } from 'passport-threads-oauth2';
import { type Endpoints, signInOf } from './auth.js';
import type { Config } from './config.js';
import type { Outcome } from './outcome.js';
import type { User, Users } from './users.js';

interface Phone {
  config: Config;
  endpoints: Endpoints;
  users: Users;
}

const MINUTE = 60 * 1000;
const JWT = { issuer: 'spool', audience: 'phone' };

/**
 * The way in for a phone that holds an access token of this app: `POST /api/session` takes it once and answers a
 * session of the app's own, which `GET /api/me` and whatever you add want from then on.
 */
export function phoneRoutes(
  authenticator: passport.Authenticator,
  { config, endpoints: { tokenURL, graphURL }, users }: Phone,
): Router {
  const { clientID, clientSecret, requiredScopes } = config.threads;
  authenticator.use(
    new ThreadsTokenStrategy(
      { clientID, clientSecret, requiredScopes, tokenURL, graphURL },
      // The token of a phone often lives for an hour, and that of a sign-in in the browser for 60 days.
      async (accessToken, _refreshToken, profile) =>
        users.upsert(signInOf(accessToken, profile), { ifLonger: true }),
    ),
  );
  // Not the key that signs the cookies, so that neither can ever be taken for the other.
  const key = createHmac('sha256', config.sessionSecret).update('phone sessions').digest();

  const router = Router();

  router.post(
    '/api/session',
    // Before anything else: whatever looks like a token costs two requests to Threads.
    rateLimit({
      windowMs: MINUTE,
      limit: config.signInLimit,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      message: { error: 'too_many_requests' },
    }),
    express.json({ limit: '8kb' }),
    (req, res, next) => {
      const finish: passport.AuthenticateCallback = async (error, user, challenge, status) => {
        if (error) return next(error);
        if (!user) return unauthorized(res, String(challenge), Number(status));
        const session = await new SignJWT()
          .setProtectedHeader({ alg: 'HS256' })
          .setIssuer(JWT.issuer)
          .setAudience(JWT.audience)
          // Means nothing any more once the account is deleted.
          .setSubject((user as User).sessionKey)
          .setExpirationTime('30d')
          .sign(key);
        res.status(201).json({ session });
      };
      authenticator.authenticate('threads-token', { session: false }, finish)(req, res, next);
    },
  );

  const requireSession: RequestHandler = async (req, res, next) => {
    const [, session = ''] = /^Bearer ([\w.-]+)$/i.exec(req.get('authorization') ?? '') ?? [];
    const verified = await jwtVerify(session, key, { ...JWT, algorithms: ['HS256'] }).catch(() => undefined);
    const user = verified && (await users.findBySessionKey(String(verified.payload.sub)));
    if (!user) return unauthorized(res, 'Bearer realm="Spool"', 401);
    res.locals.user = user;
    next();
  };

  router.get('/api/me', requireSession, (_req, res) => {
    const { id, username, name } = res.locals.user as User;
    res.json({ id, username, name });
  });

  router.use('/api', (_req, res) => {
    res.status(404).json({ error: 'not_found' });
  });

  return router;
}

/** What a phone is told where a browser would be shown a page. */
export function answerPhone(res: Response, error: unknown, { status, retryAfter }: Outcome): void {
  if (retryAfter) res.set('Retry-After', String(Math.ceil(retryAfter)));
  const code = status < 500 ? 'invalid_request' : 'server_error';
  res.status(status).json({ error: isThreadsError(error) ? 'threads_unavailable' : code });
}

function unauthorized(res: Response, challenge: string, status: number): void {
  const error = /error="(\w+)"/.exec(challenge)?.[1] ?? 'missing_token';
  res.status(status).set('WWW-Authenticate', challenge).json({ error });
}
