/**
 * Why Threads refused a token or a request, in one word.
 *
 * `expired`, `logged_out` (or password changed), `not_authorized` (never allowed the app, or removed it),
 * `checkpoint` (the person must clear a security check), `unconfirmed_user`, `invalid_session`, `invalid_token` and
 * `invalid_code` (used, expired, or for another redirect URI) mean that the person has to sign in again.
 * `not_tester` is a person whom the app may not serve before App Review, `permission` a missing scope or app
 * capability; `rate_limited` and `temporary` pass with time.
 *
 * Sources: Graph API, "Handle errors" and "Debug and error handling of access tokens". `invalid_code`, `not_tester`,
 * and the codes 24 and 452 are known from what Threads answers, not from its documentation.
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

/** What Threads was asked for, by the name of the method: the same code means different things. */
export type Operation =
  | 'exchangeCode'
  | 'exchangeToken'
  | 'refreshToken'
  | 'getAppAccessToken'
  | 'verifyToken'
  | 'getProfile';

/** The codes of a refusal. */
export interface ErrorCodes {
  code?: number | string | undefined;
  subcode?: number | undefined;
  /** Threads' `is_transient: true`. */
  isTransient?: boolean | undefined;
  message?: string | undefined;
}

/** At the exchange: the token is long-lived already. Anywhere else: the session behind the token is gone. */
export const LONG_LIVED_ALREADY = 452;

const BY_DEAD_TOKEN_SUBCODE: Partial<Record<number, ThreadsErrorReason>> = {
  458: 'not_authorized',
  459: 'checkpoint',
  460: 'logged_out',
  463: 'expired',
  464: 'unconfirmed_user',
  467: 'invalid_token',
  492: 'invalid_session',
};

/** Codes that a subcode gives a meaning of its own. */
const BY_SUBCODE: Partial<Record<string, ThreadsErrorReason>> = {
  '10/4279067': 'permission',
  '100/10': 'not_tester',
  '100/33': 'unknown',
  '100/36007': 'invalid_code',
  '100/36008': 'invalid_code',
  '100/36009': 'invalid_code',
  '100/4279030': 'invalid_code',
};

/**
 * The only messages that are matched: about a dead authorization code these texts also come with no code at all, or with
 * one that repeats the HTTP status.
 */
const DEAD_CODE =
  /^(Matching code was not found or was already used|This authorization code has (been used|expired)|Error validating verification code)/;

const RATE_LIMITS = new Set<unknown>([4, 17, 32, 341, 613]);
const LIMIT_OF: Partial<Record<string, 'app' | 'person'>> = { 4: 'app', 341: 'app', 17: 'person' };

const WITHOUT_PERSON: readonly ThreadsErrorReason[] = [
  'not_tester',
  'permission',
  'rate_limited',
  'temporary',
  'unknown',
];

/**
 * Finds out why Threads refused. The code decides where it is known; else every HTTP 5xx is temporary.
 *
 * @param refusal - its codes
 * @param operation - what Threads was asked for
 * @param httpStatus - the HTTP status of the answer, where there was one
 * @returns the reason, `unknown` where the tables have no entry
 */
export function reasonFor(refusal: ErrorCodes, operation?: Operation, httpStatus = 0): ThreadsErrorReason {
  const { code, subcode, isTransient, message = '' } = refusal;
  if (httpStatus === 429 || RATE_LIMITS.has(code) || isWithin(code, 80000, 80014)) return 'rate_limited';
  if (isTransient) return 'temporary';
  const reason = BY_SUBCODE[`${code}/${subcode}`] ?? reasonByCode(refusal, operation);
  if (reason) return reason;
  if (DEAD_CODE.test(message)) return 'invalid_code';
  return httpStatus >= 500 ? 'temporary' : 'unknown';
}

function reasonByCode(
  { code, subcode = 0 }: ErrorCodes,
  operation: Operation | undefined,
): ThreadsErrorReason | undefined {
  if (code === 1 || code === 2) return 'temporary';
  if (code === 3 || code === 10 || isWithin(code, 200, 299)) return 'permission';
  // No person's token exists yet: 190 there is about the app.
  if (operation === 'exchangeCode') return undefined;
  if (code === 102 || code === 190) return BY_DEAD_TOKEN_SUBCODE[subcode] ?? 'invalid_token';
  if (code === 24 && (operation === 'getProfile' || operation === 'refreshToken')) return 'invalid_token';
  if (code === LONG_LIVED_ALREADY) return 'invalid_session';
  return code === undefined ? BY_DEAD_TOKEN_SUBCODE[subcode] : undefined;
}

function isWithin(code: unknown, first: number, last: number): boolean {
  return typeof code === 'number' && code >= first && code <= last;
}

/** Tells whether an operation is done with a person's token or code, and not with the app's own token. */
export function isForPerson(operation: Operation | undefined): boolean {
  return operation !== 'getAppAccessToken' && operation !== 'verifyToken';
}

/** Tells whether only the person can mend it, by going through the authorization window again. */
export function requiresLogin(reason: ThreadsErrorReason, code?: unknown, operation?: Operation): boolean {
  if (!isForPerson(operation) || isLongLivedAlready(code, operation)) return false;
  return !WITHOUT_PERSON.includes(reason);
}

/** Tells whether an exchange for a long-lived token was refused since the token is one. */
export function isLongLivedAlready(code: unknown, operation?: Operation): boolean {
  return operation === 'exchangeToken' && code === LONG_LIVED_ALREADY;
}

/** Tells whether the same request may succeed later. */
export function isTransient(reason: ThreadsErrorReason): boolean {
  return reason === 'rate_limited' || reason === 'temporary';
}

/** Tells whose rate limit is reached, where the code says so. */
export function rateLimitOf(code: unknown): 'app' | 'person' | undefined {
  return LIMIT_OF[String(code)];
}
