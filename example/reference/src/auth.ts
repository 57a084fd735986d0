import { type RequestHandler, Router } from 'express';
import passport from 'passport';
import {
  authenticateOptions,
  type ThreadsProfile,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
} from 'passport-threads-oauth2';
import { otherAccount } from './asking-for-more.js';
import { CALLBACK_PATH, type Config } from './config.js';
import type { LoginState } from './login-state.js';
import { redirectToOutcome } from './outcome.js';
import { scopesToAskFor } from './permissions.js';
import { localPath, withFragment } from './return-to.js';
import type { SignIn, User, Users } from './users.js';

type AppUser = User;
declare global {
  namespace Express {
    interface User extends AppUser {}
  }
}

/** The addresses of a simulator; left out, the strategy talks to Threads. */
export type Endpoints = Pick<ThreadsStrategyOptions, 'authorizationURL' | 'tokenURL' | 'graphURL'>;

/** A Passport of its own for each app, so that two apps in one process (the tests) share nothing. */
export function createPassport(config: Config, endpoints: Endpoints, users: Users): passport.Authenticator {
  const authenticator = new passport.Passport();

  authenticator.use(
    new ThreadsStrategy(
      {
        ...endpoints,
        ...config.threads,
        // A token of 60 days instead of one hour.
        longLived: true,
      },
      // Runs after Threads has vouched for the person. Nothing is stored here: what becomes of the account depends on
      // what the login was for, which the routes know. They read it with `signInFrom`.
      async (accessToken, _refreshToken, profile) => signInOf(accessToken, profile) as unknown as User,
    ),
  );

  // The session holds a random key and nothing about the person: it means nothing any more once the account that
  // was signed in with is deleted or unlinked, even if the same person signs up again.
  authenticator.serializeUser(({ sessionKey }, done) => done(null, sessionKey));
  authenticator.deserializeUser((sessionKey: string, done) => {
    users.findBySessionKey(sessionKey).then((user) => done(null, user ?? false), done);
  });
  return authenticator;
}

/** What the verify callback handed on, in a callback of `passport.authenticate`. */
export function signInFrom(verified: Express.User): SignIn {
  return verified as unknown as SignIn;
}

export function authRoutes(authenticator: passport.Authenticator, config: Config, users: Users): Router {
  const router = Router();

  router.get('/auth/threads', requireHTTPS(config), (req, res, next) => {
    // The strategy keeps this in a signed cookie, which also ties the answer to the browser that asked.
    const state: LoginState = { returnTo: localPath(req.query.returnTo) };
    const options = authenticateOptions({ scope: scopesToAskFor(config, req.user), state });
    authenticator.authenticate('threads', options)(req, res, next);
  });

  router.get(CALLBACK_PATH, (req, res, next) => {
    const finish: passport.AuthenticateCallback = async (error, verified, info) => {
      try {
        // For the error handler, which has words for a failure as for an error.
        if (!verified) throw error ?? info;
        const signIn = signInFrom(verified);
        const { state } = (info ?? {}) as { state?: LoginState };
        const refusal = state?.more && otherAccount(signIn, state.more.account);
        if (refusal) return redirectToOutcome(req, res, refusal);
        const user = await users.upsert(signIn);
        // Passport gives the session a new id here, so that nobody can plant one beforehand.
        req.logIn(user, (loginError) => {
          if (loginError) return next(loginError);
          req.session.asked = state?.more?.scopes;
          res.redirect(303, withFragment(localPath(state?.returnTo) ?? '/profile'));
        });
      } catch (problem) {
        next(problem);
      }
    };
    authenticator.authenticate('threads', finish)(req, res, next);
  });

  return router;
}

/** Stops a sign-in over plain http: the cookies are for https only, so the way back could not be recognised. */
export function requireHTTPS({ publicURL }: Config): RequestHandler {
  return (req, res, next) => {
    if (req.secure || !publicURL.startsWith('https:')) next();
    else res.status(400).render('wrong-address', { title: 'Open this app over https' });
  };
}

/** What the app keeps of a sign-in or a linking. */
export function signInOf(
  accessToken: string,
  { id, username, displayName, photos, scopes, token }: ThreadsProfile,
): SignIn {
  return {
    id,
    username,
    name: displayName,
    picture: photos?.[0]?.value,
    token: {
      accessToken,
      scopes,
      issuedAt: token?.issuedAt,
      // Threads says null for "never", and nothing at all where it did not let the token be inspected.
      expiresAt: token && (token.expiresAt ?? 'never'),
      dataAccessExpiresAt: token && (token.dataAccessExpiresAt ?? 'never'),
    },
  };
}
