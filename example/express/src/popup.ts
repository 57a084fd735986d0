import { type Request, type RequestHandler, Router } from 'express';
import type passport from 'passport';
import { isThreadsError, type ThreadsFailure } from 'passport-threads-oauth2';
import { type Config, POPUP_CALLBACK_PATH } from './config.js';
import type { User } from './users.js';

/** What the popup tells the page that opened it. */
export type PopupOutcome =
  | { ok: true; user: Pick<User, 'name' | 'username'> }
  | { ok: false; failure: ThreadsFailure }
  | { ok: false; error: { message: string } };

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
  const options = { callbackURL: config.popupCallbackURL };
  const router = Router();

  router.get('/popup', openerPolicy('same-origin-allow-popups'), (_req, res) => {
    res.render('popup', { title: 'Sign in with a popup' });
  });

  router.get('/auth/threads/popup', openerPolicy('unsafe-none'), (req, res, next) => {
    authenticator.authenticate('threads', options as object)(req, res, next);
  });

  router.get(POPUP_CALLBACK_PATH, openerPolicy('unsafe-none'), (req, res, next) => {
    const answer = (status: number, outcome: PopupOutcome) =>
      res.status(status).render('popup-done', { title: 'Back to the page', outcome });

    const finish: passport.AuthenticateCallback = async (error, user, info, status) => {
      if (isThreadsError(error)) {
        log(`${error.name}: ${error.message}`);
        const message = 'Threads could not sign you in. Please try again later.';
        return answer(error.status, { ok: false, error: { message } });
      }
      if (error) return next(error);
      if (!user) return answer(Number(status), { ok: false, failure: info as ThreadsFailure });
      try {
        await logIn(req, user as User);
      } catch (loginError) {
        return next(loginError);
      }
      const { name, username } = user as User;
      answer(200, { ok: true, user: { name, username } });
    };
    authenticator.authenticate('threads', options as object, finish)(req, res, next);
  });

  return router;
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

function logIn(req: Request, user: User): Promise<void> {
  return new Promise((resolve, reject) =>
    req.logIn(user, (error: unknown) => (error ? reject(error) : resolve())),
  );
}
