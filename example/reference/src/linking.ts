import express, { type RequestHandler, Router } from 'express';
import type passport from 'passport';
import { type ThreadsFailure, ThreadsStrategy } from 'passport-threads-oauth2';
import { type Endpoints, signInOf } from './auth.js';
import { type Config, LINK_CALLBACK_PATH } from './config.js';
import { requireFormToken, requireLinkToken } from './csrf.js';
import type { LinkedAccounts } from './linked-accounts.js';
import { outcomeOf } from './outcome.js';

declare module 'express-session' {
  interface SessionData {
    /** What the profile page says once about the last attempt to link. */
    notice?: string;
  }
}

const NOTICES: Record<string, string> = {
  linked: 'The account is linked. You can now sign in with it, too.',
  unlinked: 'The account is no longer linked.',
  access_denied: 'You cancelled, so nothing was linked.',
  missing_scopes: 'Nothing was linked, because a permission is missing that Spool cannot work without.',
  own: 'That is the account you sign in with already. Switch to the other one in Threads, then try again.',
  taken: 'That account belongs to another user of Spool, so it was not linked.',
};

const FAILED = 'Nothing was linked. Start again from here, and finish in this browser.';

/** Adds a second Threads account to whoever is signed in: `passport.authorize` leaves `req.user` alone. */
export function linkingRoutes(
  authenticator: passport.Authenticator,
  config: Config,
  endpoints: Endpoints,
  linkedAccounts: LinkedAccounts,
): Router {
  authenticator.use(
    'threads-link',
    new ThreadsStrategy(
      {
        ...endpoints,
        ...config.threads,
        // A redirect URI of its own, though it must be registered too: this way no answer to a sign-in can
        // ever be taken for one to a linking, or the other way round.
        callbackURL: config.linkCallbackURL,
        // In the session, because the linking must end for the same user for whom it began.
        state: true,
        longLived: true,
        passReqToCallback: true,
      },
      async (req, accessToken, _refreshToken, profile) => {
        const user = req.user!;
        if (await linkedAccounts.link(user.id, signInOf(accessToken, profile))) return user;
        req.session.notice = profile.id === user.id ? NOTICES.own : NOTICES.taken;
        return false;
      },
    ),
  );

  const router = Router();

  // A GET, because a Content-Security-Policy with form-action stops the redirects of a form to Threads. With
  // the token, because otherwise another site could link an account of its own, and then sign in with it.
  router.get(
    '/auth/threads/link',
    requireUser,
    requireLinkToken,
    authenticator.authorize('threads-link') as RequestHandler,
  );

  router.get(LINK_CALLBACK_PATH, requireUser, requireAnswer, (req, res, next) => {
    const finish: passport.AuthorizeCallback = (error, user, info) => {
      if (error) return next(error);
      const failure = (info ?? {}) as Partial<ThreadsFailure>;
      if (user) req.session.notice = NOTICES.linked;
      // The verify callback has said why, if it was that which refused.
      else if (failure.type) req.session.notice = noticeOf(failure as ThreadsFailure);
      res.redirect(303, '/profile#linked');
    };
    authenticator.authorize('threads-link', finish)(req, res, next);
  });

  router.post(
    '/auth/threads/unlink',
    requireUser,
    express.urlencoded({ extended: false, limit: '1kb' }),
    requireFormToken,
    async (req, res) => {
      await linkedAccounts.unlink(req.user!.id, String(req.body.id));
      req.session.notice = NOTICES.unlinked;
      res.redirect(303, '/profile#linked');
    },
  );

  return router;
}

function noticeOf(failure: ThreadsFailure): string {
  const { title, text } = outcomeOf(failure);
  return NOTICES[failure.type] ?? `Nothing was linked. ${title}. ${text}`;
}

const requireUser: RequestHandler = (req, res, next) => {
  if (req.user) next();
  else res.redirect(303, '/?returnTo=/profile#top');
};

/**
 * A second lock, besides the strategy's own: only an answer passes. Anything else would start a linking, here
 * where nobody asks for the token.
 */
const requireAnswer: RequestHandler = (req, res, next) => {
  const { state, code, error, error_code } = req.query;
  if (state !== undefined && [code, error, error_code].some((value) => value !== undefined)) return next();
  req.session.notice = FAILED;
  res.redirect(303, '/profile#linked');
};
