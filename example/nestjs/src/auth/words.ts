import { isThreadsError } from 'passport-threads-oauth2';

const RETRY = 'Nothing is wrong with your account.';
const OURS = 'The mistake is ours, not yours. It has been written to our log.';
const TWO_BROWSERS =
  'It began in another browser, or more than a quarter of an hour ago, or this browser keeps no cookies for this site. Allow them, then start again here.';

/** What a person reads when a login fails, with the status of the page. The library's messages are for developers. */
export const WORDS = {
  // Failures, by `type`, and those of `invalid_state` by `reason`.
  access_denied: [403, 'You cancelled, and that is fine', 'Threads has shared nothing with Spool.'],
  missing_scopes: [
    403,
    'A permission is missing',
    'Spool cannot work without it, and Threads does not ask twice. Remove Spool in Threads under Settings → Website permissions, then sign in again and leave everything ticked.',
  ],
  invalid_request: [
    400,
    'That page is a step of signing in',
    'It cannot be opened by itself. Start at the beginning.',
  ],
  no_state: [
    403,
    'That sign-in came back incomplete',
    'A part of the address got lost on the way. Start again.',
  ],
  no_cookie: [403, 'This browser does not know that sign-in', TWO_BROWSERS],
  no_session: [403, 'This browser does not know that sign-in', TWO_BROWSERS],
  expired: [
    403,
    'That took too long',
    'A sign-in has to be finished within a quarter of an hour. Start again.',
  ],
  used: [403, 'That sign-in is over', 'It was finished before, or this page was opened twice. Start again.'],
  other_redirect_uri: [403, 'Signing in does not work at the moment', OURS],
  forged: [
    403,
    'That sign-in could not be recognised',
    'Start again here. If that does not help, delete the cookies of this site first.',
  ],
  unknown: [403, 'That sign-in could not be recognised', TWO_BROWSERS],
  // Errors, by `reason`, `requiresLogin` and `isTransient`.
  not_tester: [
    502,
    'Your account is not invited yet',
    'Spool is still being tested. Ask us for an invite, and accept it in Threads under Settings → Website permissions → Invites.',
  ],
  rate_limited: [503, 'Too many people are signing in', RETRY],
  slow: [504, 'Threads takes too long to answer', RETRY],
  unavailable: [502, 'Threads does not answer as it should', RETRY],
  again: [502, 'Threads did not accept that sign-in', 'It may have been used or taken back. Start again.'],
  refused: [502, 'Signing in does not work at the moment', OURS],
  ours: [500, 'Something went wrong here', OURS],
  not_found: [404, 'There is no such page', 'The link may be old, or the address mistyped.'],
} as const satisfies Record<string, readonly [status: number, title: string, text: string]>;

export type Why = keyof typeof WORDS;

/** Which words fit what Passport hands on: a failure or an error. */
export function whyOf(problem: unknown): Why {
  const { type, reason, errorCode, status, isTransient, requiresLogin } = Object(problem);
  if (!isThreadsError(problem)) {
    const why = type === 'invalid_state' ? (reason ?? 'unknown') : type;
    return isWhy(why) ? why : 'ours';
  }
  if (reason === 'not_tester' || errorCode === 1349245) return 'not_tester';
  if (reason === 'rate_limited') return 'rate_limited';
  if (status === 504) return 'slow';
  if (isTransient || status === 503) return 'unavailable';
  return requiresLogin ? 'again' : 'refused';
}

export function isWhy(name: unknown): name is Why {
  return typeof name === 'string' && Object.hasOwn(WORDS, name);
}

/** When to try again, where that helps. */
export function retryWords(why: Why, seconds: unknown): string {
  if (!['rate_limited', 'slow', 'unavailable'].includes(why)) return '';
  const minutes = Math.min(Math.ceil(Number(seconds) / 60), 60);
  return `Please try again in ${minutes > 1 ? `${minutes} minutes` : 'a minute'}.`;
}
