import { type Request, type Response, Router } from 'express';
import type { ThreadsFailure } from 'passport-threads-oauth2';
import { describe } from './permissions.js';
import { retryWords, type Why, WORDS, whyOf } from './words.js';

/** How something ended that did not succeed, in words for the person. */
export interface Outcome {
  status: number;
  title: string;
  text: string;
  /** The permissions that a login lacks, and that Spool cannot work without. */
  missing?: { scope: string; label: string }[];
  /** The way back to where it started. Left out: a new sign-in, or the profile of a person who is signed in. */
  back?: { href: string; label: string };
  /** Seconds. */
  retryAfter?: number;
  /** What the library says about it to the developer: shown in development alone. */
  message?: string;
}

declare module 'express-session' {
  interface SessionData {
    outcome?: Outcome;
  }
}

const PATH = '/sign-in/outcome';
/** How long a browser that is not signed in is remembered, in milliseconds. */
export const TEN_MINUTES = 10 * 60 * 1000;

/** The outcome of a failure, as Passport hands it on, or of an error. */
export function outcomeOf(problem: unknown): Outcome {
  const {
    message,
    missing = [],
    retryAfter,
    status,
  } = Object(problem) as Partial<ThreadsFailure & { missing: string[]; retryAfter: number; status: number }>;
  if (Number(status) >= 400 && Number(status) < 500) {
    return { status: Number(status), title: 'That did not work', text: 'The request was not valid.' };
  }
  return {
    ...outcomeFor(whyOf(problem), retryAfter),
    missing: missing.map((scope) => ({ scope, label: describe(scope) })),
    message,
  };
}

/** The outcome with these words. */
export function outcomeFor(why: Why, retryAfter?: number): Outcome {
  const [status, title, text] = WORDS[why];
  return { status, title, text: `${text} ${retryWords(why, retryAfter)}`.trimEnd(), retryAfter };
}

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
  // A browser that keeps no cookies comes back without its session, and needs to know of just that.
  router.get(PATH, (req, res) => showOutcome(res, req.session.outcome ?? outcomeFor('no_cookie')));
  return router;
}

export function showOutcome(res: Response, outcome: Outcome): void {
  if (outcome.retryAfter) res.set('Retry-After', String(Math.ceil(outcome.retryAfter)));
  res.status(outcome.status).render('outcome', { outcome, title: outcome.title });
}
