/**
 * Why Threads refused a token or a request, in one word.
 *
 * `expired`, `logged_out` (or password changed), `not_authorized` (never allowed the app, or removed it),
 * `checkpoint` (the person must clear a security check), `unconfirmed_user`, `invalid_session`, `invalid_token` and
 * `invalid_code` (used, expired, or for another redirect URI) mean that the person has to sign in again.
 * `not_tester` is a person whom the app may not serve before App Review, `permission` a missing scope or app
 * capability; `rate_limited` and `temporary` pass with time.
 *
 * Sources: Graph API, "Handle errors" and "Debug and error handling of access tokens". `invalid_code` and
 * `not_tester` are known from what Threads answers, not from its documentation.
 */
export type ThreadsErrorReason =
  | 'expired'
  | 'logged_out'
  | 'not_authorized'
  | 'checkpoint'
  | 'unconfirmed_user'
  | 'invalid_session'
  | 'invalid_token'
  | 'invalid_code'
  | 'not_tester'
  | 'permission'
  | 'rate_limited'
  | 'temporary'
  | 'unknown';

const DEAD_TOKEN: Partial<Record<number, ThreadsErrorReason>> = {
  458: 'not_authorized',
  459: 'checkpoint',
  460: 'logged_out',
  463: 'expired',
  464: 'unconfirmed_user',
  467: 'invalid_token',
  492: 'invalid_session',
};

/** Codes that a subcode gives a meaning of its own. */
const BY_SUBCODE: Partial<Record<string, { reason: ThreadsErrorReason; advice?: string }>> = {
  '10/4279067': {
    reason: 'permission',
    advice: 'The app lacks the access tier for this: pass App Review for the permission.',
  },
  '100/10': { reason: 'not_tester' },
  '100/33': {
    reason: 'unknown',
    advice: 'The object does not exist, as when an id went through a number: keep ids as strings.',
  },
  '100/4279030': { reason: 'invalid_code' },
};

const RATE_LIMIT_CODES = new Set([4, 17, 32, 341, 613]);

const ADVICE: Record<ThreadsErrorReason, string> = {
  expired: 'The access token has expired: the person must sign in again.',
  logged_out: 'The person logged out or changed the password: they must sign in again.',
  not_authorized: 'The person has not allowed this app, or has removed it: they must sign in again.',
  checkpoint: 'The person must open Threads and clear a security check, then sign in again.',
  unconfirmed_user: 'The person must confirm the Threads account, then sign in again.',
  invalid_session: 'The session behind the access token is gone: the person must sign in again.',
  invalid_token: 'The access token is not valid: the person must sign in again.',
  invalid_code:
    'The code was used before, is older than 1 hour, or the redirect URI is not the one that the authorization window was given: let the person start again.',
  not_tester:
    'Add the account as a Threads tester of the app, and accept the invite in Threads (Settings → Website permissions → Invites), or pass App Review.',
  permission: 'A permission or app capability is missing: ask for it in `scope`, and check App Review.',
  rate_limited: 'The rate limit is reached: back off and try again later.',
  temporary: 'Threads has a temporary problem: try again later.',
  unknown: '',
};

const WITHOUT_PERSON: readonly ThreadsErrorReason[] = [
  'not_tester',
  'permission',
  'rate_limited',
  'temporary',
  'unknown',
];

/**
 * Says why Threads refused, from its numeric error code and subcode. The code decides where it is known; else every
 * HTTP 5xx is temporary.
 *
 * @param code - the Graph API error code
 * @param subcode - the Graph API error subcode
 * @param httpStatus - the HTTP status of the answer, where there was one
 * @returns the reason, `unknown` where the table has no entry
 */
export function reasonFor(code: unknown, subcode?: number, httpStatus = 0): ThreadsErrorReason {
  if (httpStatus === 429 || (typeof code === 'number' && RATE_LIMIT_CODES.has(code))) return 'rate_limited';
  const exact = BY_SUBCODE[`${code}/${subcode}`];
  if (exact) return exact.reason;
  if (code === 102 || code === 190) return DEAD_TOKEN[subcode ?? 0] ?? 'invalid_token';
  if (code === 1 || code === 2) return 'temporary';
  if (code === 3 || code === 10 || (typeof code === 'number' && code >= 200 && code <= 299))
    return 'permission';
  const unnamed = code === undefined ? DEAD_TOKEN[subcode ?? 0] : undefined;
  return unnamed ?? (httpStatus >= 500 ? 'temporary' : 'unknown');
}

/** Tells whether only the person can mend it, by going through the authorization window again. */
export function requiresLogin(reason: ThreadsErrorReason): boolean {
  return !WITHOUT_PERSON.includes(reason);
}

/** Tells whether the same request may succeed later. */
export function isTransient(reason: ThreadsErrorReason): boolean {
  return reason === 'rate_limited' || reason === 'temporary';
}

/**
 * Says what to do about a refusal.
 *
 * @param refusal - its code and subcode
 * @param reason - why, in one word
 * @param context - `advice`: what is likely wrong at this endpoint; `isUserToken`: whether the refused token is a person's
 */
export function adviceFor(
  { code, subcode }: { code?: unknown; subcode?: number | undefined },
  reason: ThreadsErrorReason,
  { advice = '', isUserToken = true }: { advice?: string | undefined; isUserToken?: boolean | undefined },
): string {
  const exact = BY_SUBCODE[`${code}/${subcode}`]?.advice;
  if (exact) return exact;
  // Meta's code 1 also is what a wrong app secret gets.
  if (reason === 'temporary' && advice) return `${ADVICE.temporary} If it stays: ${advice}`;
  if (isTransient(reason)) return ADVICE[reason];
  if (!isUserToken) return advice;
  // "Session key invalid", without a subcode, also is what a living token of the wrong kind gets.
  if (reason === 'invalid_token' && subcode === undefined && advice) {
    return `${advice} Otherwise the person must sign in again.`;
  }
  return ADVICE[reason] || advice;
}
