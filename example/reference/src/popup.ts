import { type Request, type RequestHandler, type Response, Router } from 'express';
import type passport from 'passport';
import { authenticateOptions } from 'passport-threads-oauth2';
import { requireHTTPS, signInFrom } from './auth.js';
import { type Config, POPUP_CALLBACK_PATH } from './config.js';
import { outcomeFor, TEN_MINUTES } from './outcome.js';
import { scopesToAskFor } from './permissions.js';
import type { User, Users } from './users.js';
import { type Why, whyOf } from './words.js';

/** What the popup tells the page that opened it. */
export type PopupOutcome =
  | { ok: true; user: Pick<User, 'name' | 'username'> }
  | { ok: false; why: Why; title: string; text: string };

declare module 'express-session' {
  interface SessionData {
    /** How the last sign-in with a popup ended, if not well. */
    popup?: PopupOutcome & { ok: false };
  }
}

const DONE_PATH = '/popup/done';

/**
 * A sign-in that leaves the page where it is: the window of Threads opens in a popup, whose last page posts the
 * outcome to its opener and closes. Where popups are blocked, the same link is an ordinary sign-in.
 */
export function popupRoutes(
  authenticator: passport.Authenticator,
  config: Config,
  users: Users,
  logProblem: (problem: unknown) => void,
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
    const finish: passport.AuthenticateCallback = async (error, verified, info) => {
      try {
        if (!verified) throw error ?? info;
        const user = await users.upsert(signInFrom(verified));
        req.logIn(user, (loginError) => (loginError ? next(loginError) : redirectToEnd(req, res)));
      } catch (problem) {
        logProblem(problem);
        const { retryAfter } = Object(problem);
        redirectToEnd(req, res, notSignedIn(whyOf(problem), retryAfter));
      }
    };
    authenticator.authenticate('threads', authenticateOptions({ callbackURL }), finish)(req, res, next);
  });

  router.get(DONE_PATH, openerPolicy('unsafe-none'), (req, res) => {
    const { user, session } = req;
    const signedIn: PopupOutcome | undefined = user && {
      ok: true,
      user: { name: user.name, username: user.username },
    };
    // A browser that keeps no cookies comes back without its session.
    const outcome = session.popup ?? signedIn ?? notSignedIn('no_cookie');
    res.render('popup-done', { title: outcome.ok ? 'You are signed in' : outcome.title, outcome });
  });

  return router;
}

function notSignedIn(why: Why, retryAfter?: number): PopupOutcome & { ok: false } {
  const { title, text } = outcomeFor(why, retryAfter);
  return { ok: false, why, title, text };
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
