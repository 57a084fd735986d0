import { type Request, type RequestHandler, type Response, Router } from 'express';
import type passport from 'passport';
import { authenticateOptions, isThreadsError, type ThreadsFailure } from 'passport-threads-oauth2';
import { requireHTTPS } from './auth.js';
import { type Config, POPUP_CALLBACK_PATH } from './config.js';
import { TEN_MINUTES } from './outcome.js';
import { scopesToAskFor } from './permissions.js';
import type { User } from './users.js';

/** What the popup tells the page that opened it. */
export type PopupOutcome =
  | { ok: true; user: Pick<User, 'name' | 'username'> }
  | { ok: false; failure: ThreadsFailure }
  | { ok: false; error: { message: string } };

declare module 'express-session' {
  interface SessionData {
    /** How the last sign-in with a popup ended, if not well. */
    popup?: PopupOutcome & { ok: false };
  }
}

const DONE_PATH = '/popup/done';

// Also for a browser that keeps no cookies, which comes back without its session.
const UNKNOWN: PopupOutcome = { ok: false, error: { message: 'Please allow cookies, and try again.' } };

/**
 * A sign-in that leaves the page where it is: the window of Threads opens in a popup, whose last page posts the
 * outcome to its opener and closes. Where popups are blocked, the same link is an ordinary sign-in.
 */
export function popupRoutes(
  authenticator: passport.Authenticator,
  config: Config,
  log: (line: string) => void,
): Router {
  // A redirect URI of its own, so that no answer to an ordinary sign-in ends here, or the other way round.
  const callbackURL = config.popupCallbackURL;
  const router = Router();

  router.get('/popup', openerPolicy('same-origin-allow-popups'), (_req, res) => {
    res.render('popup', { title: 'Sign in with a popup' });
  });

  router.get('/auth/threads/popup', openerPolicy('unsafe-none'), requireHTTPS(config), (req, res, next) => {
    const options = authenticateOptions({ callbackURL, scope: scopesToAskFor(config, req.user) });
    authenticator.authenticate('threads', options)(req, res, next);
  });

  router.get(POPUP_CALLBACK_PATH, openerPolicy('unsafe-none'), (req, res, next) => {
    const finish: passport.AuthenticateCallback = (error, user, info) => {
      if (isThreadsError(error)) {
        log(`${error.name}: ${error.message}`);
        const message = 'Threads could not sign you in. Please try again later.';
        return redirectToEnd(req, res, { ok: false, error: { message } });
      }
      if (error) return next(error);
      if (!user) return redirectToEnd(req, res, { ok: false, failure: info as ThreadsFailure });
      req.logIn(user, (loginError) => (loginError ? next(loginError) : redirectToEnd(req, res)));
    };
    authenticator.authenticate('threads', authenticateOptions({ callbackURL }), finish)(req, res, next);
  });

  router.get(DONE_PATH, openerPolicy('unsafe-none'), (req, res) => {
    const { user, session } = req;
    const signedIn: PopupOutcome | undefined = user && {
      ok: true,
      user: { name: user.name, username: user.username },
    };
    const outcome = session.popup ?? signedIn ?? UNKNOWN;
    res.render('popup-done', { title: 'Back to the page', outcome });
  });

  return router;
}

/** At an address of its own, since that of the callback holds a code: see `outcome.ts`. */
function redirectToEnd(req: Request, res: Response, failed?: PopupOutcome & { ok: false }): void {
  req.session.popup = failed;
  if (!req.user) req.session.cookie.maxAge = TEN_MINUTES;
  res.redirect(303, `${DONE_PATH}#top`);
}

/**
 * With the policy of the other pages, `same-origin`, a browser would cut the tie between the page and a popup that
 * goes to Threads. The page keeps its tie to popups that it opens; what is shown in the popup is tied to anybody who
 * opened it, and therefore names the one origin that may hear the outcome.
 */
function openerPolicy(policy: 'same-origin-allow-popups' | 'unsafe-none'): RequestHandler {
  return (_req, res, next) => {
    res.set('Cross-Origin-Opener-Policy', policy);
    next();
  };
}
