import { type Request, type Response, Router } from 'express';

/** How a sign-in ended that did not succeed, as a page. */
export interface Outcome {
  status: number;
  view: 'cancelled' | 'error' | 'failed' | 'missing-scopes';
  locals: {
    title: string;
    message?: string;
    hint?: string;
    missing?: { scope: string; label: string }[];
  };
  /** Seconds. */
  retryAfter?: number;
}

declare module 'express-session' {
  interface SessionData {
    outcome?: Outcome;
  }
}

const PATH = '/sign-in/outcome';
/** How long a browser that is not signed in is remembered, in milliseconds. */
export const TEN_MINUTES = 10 * 60 * 1000;

// Also for a browser that keeps no cookies: it comes back without its session, and needs to hear of just that.
const UNKNOWN: Outcome = {
  status: 403,
  view: 'failed',
  locals: { title: 'Sign-in could not be finished' },
};

/**
 * Shows it at an address of its own. The address of the callback holds a code, which may still be good for
 * something, and a state; neither is to stay in an address bar, a history, or a bookmark.
 */
export function redirectToOutcome(req: Request, res: Response, outcome: Outcome): void {
  req.session.outcome = outcome;
  if (!req.user) req.session.cookie.maxAge = TEN_MINUTES;
  res.redirect(303, `${PATH}#top`);
}

/** The page that {@link redirectToOutcome} leads to. It can be reloaded. */
export function outcomeRoutes(): Router {
  const router = Router();
  router.get(PATH, (req, res) => showOutcome(res, req.session.outcome ?? UNKNOWN));
  return router;
}

export function showOutcome(res: Response, { status, view, locals, retryAfter }: Outcome): void {
  if (retryAfter) res.set('Retry-After', String(Math.ceil(retryAfter)));
  res.status(status).render(view, { message: undefined, hint: undefined, ...locals });
}
