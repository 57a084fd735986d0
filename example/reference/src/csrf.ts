import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { showOutcome } from './outcome.js';

/**
 * What a token is good for: the one of forms changes things and never stands in an address, where histories and
 * logs keep it; the one in the address of a link can do nothing but open the window of Threads.
 */
type Purpose = 'form' | 'link';

/** Gives the pages of a signed-in person tokens that no other site can know: `csrfToken(purpose)`. */
export function csrfTokens(secret: string): RequestHandler {
  return (req, res, next) => {
    // Bound to the session without being stored in it: every tab of one session has the same tokens.
    res.locals.csrfToken = (purpose: Purpose) =>
      req.user && createHmac('sha256', secret).update(`csrf ${purpose} ${req.sessionID}`).digest('base64url');
    next();
  };
}

/** Lets a form pass that carries the token, as its field `csrf`. */
export const requireFormToken: RequestHandler = (req, res, next) => {
  if (sameText(req.body?.csrf, res.locals.csrfToken('form'))) next();
  else refuse(res);
};

/** Lets a link pass that carries the token, as `csrf` in its query. */
export const requireLinkToken: RequestHandler = (req, res, next) => {
  if (sameText(req.query.csrf, res.locals.csrfToken('link'))) next();
  else refuse(res);
};

function refuse(res: Response): void {
  showOutcome(res, {
    status: 403,
    title: 'That did not come from a page of Spool',
    text: 'Use the buttons on its pages.',
  });
}

function sameText(given: unknown, expected: unknown): boolean {
  if (typeof given !== 'string' || typeof expected !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
