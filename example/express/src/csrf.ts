import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';

/** Gives the pages of a signed-in person a token that no other site can know. */
export function csrfToken(secret: string): RequestHandler {
  return (req, res, next) => {
    // Bound to the session without being stored in it: every tab of one session has the same token.
    res.locals.csrfToken =
      req.user && createHmac('sha256', secret).update(`csrf ${req.sessionID}`).digest('base64url');
    next();
  };
}

/** Lets a request pass that carries the token, as a form field or in the query. */
export const requireCsrfToken: RequestHandler = (req, res, next) => {
  if (sameText(req.body?.csrf ?? req.query.csrf, res.locals.csrfToken)) return next();
  res.status(403).render('error', {
    title: 'You are still signed in',
    message:
      'The request did not come from a page of this app, so nothing has changed. Use the buttons on its pages.',
    hint: undefined,
  });
};

function sameText(given: unknown, expected: unknown): boolean {
  if (typeof given !== 'string' || typeof expected !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
