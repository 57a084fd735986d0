import { AuthorizationError, TokenError } from 'passport-oauth2';
import { nameAndTrace } from '../transport/network-error.js';

/**
 * Why Threads refused a token or a request, in one word.
 *
 * `expired`, `logged_out` (or password changed), `not_authorized` (never allowed the app, or removed it),
 * `checkpoint` (the person must clear a security check), `unconfirmed_user`, `invalid_session` and
 * `invalid_token` mean that the person has to sign in again. `permission` is a missing scope or app
 * capability, `rate_limited` and `temporary` pass with time.
 *
 * Source: Graph API, "Handle errors" and "Debug and error handling of access tokens".
 */
export type ThreadsErrorReason =
  | 'expired'
  | 'logged_out'
  | 'not_authorized'
  | 'checkpoint'
  | 'unconfirmed_user'
  | 'invalid_session'
  | 'invalid_token'
  | 'permission'
  | 'rate_limited'
  | 'temporary'
  | 'unknown';

/** A refusal in any of the shapes that Threads uses, brought into one. */
export interface Refusal {
  /** `error.message`, `error_message` or `error_description`. */
  message: string;
  /** `error.type` or `error_type`. */
  type?: string | undefined;
  /** `error.code`, `code` or `error`. */
  code?: number | string | undefined;
  /** `error.error_subcode`. */
  subcode?: number | undefined;
  /** `error.fbtrace_id`. */
  traceId?: string | undefined;
}

const REASON_BY_SUBCODE: Partial<Record<number, ThreadsErrorReason>> = {
  458: 'not_authorized',
  459: 'checkpoint',
  460: 'logged_out',
  463: 'expired',
  464: 'unconfirmed_user',
  467: 'invalid_token',
  492: 'invalid_session',
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
  permission: 'A permission or app capability is missing: ask for it in `scope`, and check App Review.',
  rate_limited: 'The rate limit is reached: back off and try again later.',
  temporary: 'Threads has a temporary problem: try again later.',
  unknown: '',
};

const HINT_BY_ERROR_CODE: Partial<Record<number, string>> = {
  1: 'A parameter is usually missing or empty: check client_id, redirect_uri and scope.',
  4476002:
    'The Facebook App ID was used. Take the Threads App ID: App Dashboard → App settings → Basic → Threads App ID.',
  1349026:
    'The Facebook App ID was used. Take the Threads App ID: App Dashboard → App settings → Basic → Threads App ID.',
  1349168:
    'The redirect URI is not registered to the letter. Compare it with the dashboard, which may have added a trailing slash.',
  1349245:
    'Add the account as a Threads tester of the app, then accept the invite in Threads: Settings → Website permissions → Invites.',
};

/**
 * Says why Threads refused, from its numeric error code and subcode.
 *
 * @param code - the Graph API error code
 * @param subcode - the Graph API error subcode
 * @param httpStatus - the HTTP status of the answer, where there was one
 * @returns the reason, `unknown` where the table has no entry
 */
export function reasonFor(code: unknown, subcode?: number, httpStatus?: number): ThreadsErrorReason {
  if (httpStatus === 429 || (typeof code === 'number' && RATE_LIMIT_CODES.has(code))) return 'rate_limited';
  if (code === 102 || code === 190) return (subcode && REASON_BY_SUBCODE[subcode]) || 'invalid_token';
  if (code === 1 || code === 2 || httpStatus === 503) return 'temporary';
  if (code === 3 || code === 10 || (typeof code === 'number' && code >= 200 && code <= 299))
    return 'permission';
  return (subcode && REASON_BY_SUBCODE[subcode]) || 'unknown';
}

/**
 * The authorization window sent the person back with an error that is not a cancellation.
 *
 * `status` is 502, or 503 for `temporarily_unavailable`.
 *
 * Sources: Threads, "Get Access Tokens and Permissions"; RFC 6749 section 4.1.2.1.
 */
export class ThreadsAuthorizationError extends AuthorizationError {
  /** `error_reason` of the redirect. */
  readonly reason: string | undefined;
  /** `error_code` of the redirect, as a number. */
  readonly errorCode: number | undefined;
  /** What to do about it, for the codes that people are known to meet. */
  readonly hint: string | undefined;

  /**
   * @param message - `error_description` or `error_message`
   * @param details - `error` (as `code`, default `server_error`), `error_reason`, `error_code` and `error_uri`
   */
  constructor(
    message: string | undefined,
    details: {
      code?: string | undefined;
      reason?: string | undefined;
      errorCode?: number | undefined;
      uri?: string | undefined;
    } = {},
  ) {
    const code = details.code || 'server_error';
    const hint = details.errorCode === undefined ? undefined : HINT_BY_ERROR_CODE[details.errorCode];
    const said = message || `Threads ended the authorization with "${code}"`;
    super(sentences(said, hint), code, details.uri, code === 'temporarily_unavailable' ? 503 : 502);
    this.reason = details.reason;
    this.errorCode = details.errorCode;
    this.hint = hint;
    nameAndTrace(this, ThreadsAuthorizationError);
  }
}

// Threads sends numbers where RFC 6749 has words, which the declared type of TokenError does not foresee.
const TokenErrorWithAnyCode = TokenError as unknown as new (
  message: string,
  code: number | string | undefined,
  uri: string | undefined,
  status: number,
) => Error & { code: number | string; status: number };

/**
 * A token endpoint refused: the code exchange, the long-lived exchange, the refresh or the app token; or the
 * token that came back is not good for this login (`code` is then `'invalid_token'`).
 *
 * Source: Threads, "Get Access Tokens and Permissions"; RFC 6749 section 5.2.
 */
export class ThreadsTokenError extends TokenErrorWithAnyCode {
  /** Threads' `error_type` or `error.type`, such as `OAuthException`. */
  readonly type: string | undefined;
  /** Threads' `error.error_subcode`. */
  readonly subcode: number | undefined;
  /** Threads' `error.fbtrace_id`, for a report to Meta. */
  readonly traceId: string | undefined;
  /** Why, in one word. */
  readonly reason: ThreadsErrorReason;
  /** The person must go through the authorization window again. */
  readonly requiresLogin: boolean;
  /** The same request may succeed later. */
  readonly isTransient: boolean;
  /** Seconds to wait, where the answer had a `Retry-After`. */
  readonly retryAfter: number | undefined;

  /**
   * @param refusal - what Threads said
   * @param context - `advice`: what to do when the code says nothing; `httpStatus` and `retryAfter` (seconds) of the answer
   */
  constructor(refusal: Refusal, context: RefusalContext = {}) {
    const reason = reasonFor(refusal.code, refusal.subcode, context.httpStatus);
    // "Session key invalid", without a subcode, also is what a living token of the wrong kind gets.
    const advice =
      reason === 'invalid_token' && refusal.subcode === undefined && context.advice
        ? `${context.advice} Otherwise the person must sign in again.`
        : ADVICE[reason] || context.advice;
    super(sentences(refusal.message, advice), refusal.code, undefined, 502);
    this.type = refusal.type;
    this.subcode = refusal.subcode;
    this.traceId = refusal.traceId;
    this.reason = reason;
    this.requiresLogin = requiresLogin(reason);
    this.isTransient = isTransient(reason);
    this.retryAfter = context.retryAfter;
    nameAndTrace(this, ThreadsTokenError);
  }
}

/**
 * The Graph API refused: `/me` or `debug_token`.
 *
 * Source: Graph API, "Handle errors".
 */
export class ThreadsGraphAPIError extends Error {
  /** `error.type`, such as `OAuthException`. */
  readonly type: string | undefined;
  /** `error.code`. */
  readonly code: number | string | undefined;
  /** `error.error_subcode`. */
  readonly subcode: number | undefined;
  /** `error.fbtrace_id`, for a report to Meta. */
  readonly traceId: string | undefined;
  /** Why, in one word. */
  readonly reason: ThreadsErrorReason;
  /** The person must go through the authorization window again. */
  readonly requiresLogin: boolean;
  /** The same request may succeed later. */
  readonly isTransient: boolean;
  /** Seconds to wait, where the answer had a `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** The HTTP status that Threads answered with. */
  readonly httpStatus: number | undefined;
  /** The HTTP status for this app's own answer: 502. */
  readonly status: number;

  /**
   * @param refusal - what Threads said
   * @param context - `httpStatus` and `retryAfter` (seconds) of the answer
   */
  constructor(refusal: Refusal, context: RefusalContext = {}) {
    const reason = reasonFor(refusal.code, refusal.subcode, context.httpStatus);
    super(sentences(refusal.message, ADVICE[reason] || context.advice));
    this.type = refusal.type;
    this.code = refusal.code;
    this.subcode = refusal.subcode;
    this.traceId = refusal.traceId;
    this.reason = reason;
    this.requiresLogin = requiresLogin(reason);
    this.isTransient = isTransient(reason);
    this.retryAfter = context.retryAfter;
    this.httpStatus = context.httpStatus;
    this.status = 502;
    nameAndTrace(this, ThreadsGraphAPIError);
  }
}

/** What is wrong with a signed request. */
export type ThreadsSignedRequestErrorCode = 'MALFORMED' | 'SIGNATURE' | 'ALGORITHM' | 'EXPIRED';

/** A `signed_request` that an app must not act on. */
export class ThreadsSignedRequestError extends Error {
  /** What is wrong. */
  readonly code: ThreadsSignedRequestErrorCode;
  /** The HTTP status for this app's own answer: 400, or 403 where the signature is wrong. */
  readonly status: number;

  /**
   * @param code - what is wrong
   * @param message - the same in a sentence
   */
  constructor(code: ThreadsSignedRequestErrorCode, message: string) {
    super(message);
    this.code = code;
    this.status = code === 'SIGNATURE' ? 403 : 400;
    nameAndTrace(this, ThreadsSignedRequestError);
  }
}

/** What is known about a refusal besides its text. */
export interface RefusalContext {
  /** What to do where the code says nothing. */
  advice?: string | undefined;
  /** The HTTP status of the answer. */
  httpStatus?: number | undefined;
  /** Seconds, from `Retry-After`. */
  retryAfter?: number | undefined;
}

function requiresLogin(reason: ThreadsErrorReason): boolean {
  return !['permission', 'rate_limited', 'temporary', 'unknown'].includes(reason);
}

function isTransient(reason: ThreadsErrorReason): boolean {
  return reason === 'rate_limited' || reason === 'temporary';
}

function sentences(said: string, advice: string | undefined): string {
  return advice ? `${said.replace(/[.\s]+$/, '')}. ${advice}` : said;
}
