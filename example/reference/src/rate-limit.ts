import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { showOutcome } from './outcome.js';

const MINUTE = 60 * 1000;

/**
 * Lets one address make so many requests a minute. What it counts, it counts in this process alone. A callback that
 * came too often is answered where it is, so that it can be reloaded.
 */
export function limitRequests(limit: number): RequestHandler {
  return rateLimit({
    windowMs: MINUTE,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_req, res) =>
      showOutcome(res, {
        status: 429,
        title: 'That was too often',
        text: 'Too many sign-ins were started or finished from your network. Please wait a minute.',
      }),
  });
}
