import { AuthorizationError, TokenError } from 'passport-oauth2';
import { nameAndTrace, ThreadsNetworkError } from '../transport/network-error.js';
import { parseURL } from '../transport/request.js';
import {
  isTransient,
  type Operation,
  rateLimitOf,
  reasonFor,
  requiresLogin,
  type ThreadsErrorReason,
} from './error-codes.js';
import { errorMessage, sentences, windowHint } from './error-messages.js';
import type { ErrorResponse } from './error-response.js';

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
   * @param details - `error` (as `code`, default `server_error`), `error_reason`, `error_code`, and `error_uri`, which
   * is left out where it is no http(s) URL
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
    const hint = windowHint(details.errorCode);
    const description = message || `Threads ended the authorization with "${code}"`;
    super(
      sentences(description, hint),
      code,
      webPage(details.uri),
      code === 'temporarily_unavailable' ? 503 : 502,
    );
    this.reason = details.reason;
    this.errorCode = details.errorCode;
    this.hint = hint;
    nameAndTrace(this, 'ThreadsAuthorizationError');
  }
}

// Threads sends numbers where RFC 6749 has words, which the declared type of TokenError does not foresee.
const TokenErrorWithAnyCode = TokenError as unknown as new (
  message: string,
  code: number | string | undefined,
  uri: string | undefined,
  status: number,
) => Error & { code: number | string; status: number };

/** What the errors of a refusal have in common. */
export interface ErrorDetails {
  /** Threads' `error_type` or `error.type`, such as `OAuthException`. */
  readonly type: string | undefined;
  /** Threads' `error.error_subcode`. */
  readonly subcode: number | undefined;
  /** Threads' `error.fbtrace_id`, for a report to Meta. */
  readonly traceId: string | undefined;
  /** Threads' `error.error_user_title`: a heading for the person, in their language. */
  readonly userTitle: string | undefined;
  /** Threads' `error.error_user_msg`: what to tell the person, in their language. */
  readonly userMessage: string | undefined;
  /** Why, in one word. */
  readonly reason: ThreadsErrorReason;
  /** The person must go through the authorization window again. */
  readonly requiresLogin: boolean;
  /** The same request may succeed later. */
  readonly isTransient: boolean;
  /** Seconds to wait, where the same request may succeed later and the answer had a `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** Whose rate limit is reached, where Threads says so: the app's (4, 341), or one person's with this app (17). */
  readonly rateLimitOf: 'app' | 'person' | undefined;
  /** The HTTP status that Threads answered with. */
  readonly httpStatus: number | undefined;
}

/** What is known about a refusal besides what Threads answered. */
export interface ErrorContext {
  /** What Threads was asked for. */
  operation?: Operation | undefined;
  /** The HTTP status of the answer. */
  httpStatus?: number | undefined;
  /** Seconds, from `Retry-After`. */
  retryAfter?: number | undefined;
}

export interface ThreadsTokenError extends ErrorDetails {}

/**
 * A token endpoint refused: the code exchange, the long-lived exchange, the refresh or the app token; or the
 * token that came back is not good for this login (`code` is then `'invalid_token'`).
 *
 * Source: Threads, "Get Access Tokens and Permissions"; RFC 6749 section 5.2.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface.
export class ThreadsTokenError extends TokenErrorWithAnyCode {
  /**
   * @param refusal - what Threads answered
   * @param context - see {@link ErrorContext}
   */
  constructor(refusal: ErrorResponse, context: ErrorContext = {}) {
    const { message, details } = read(refusal, context);
    super(message, refusal.code, undefined, 502);
    Object.assign(this, details);
    nameAndTrace(this, 'ThreadsTokenError');
  }
}

export interface ThreadsGraphAPIError extends ErrorDetails {}

/**
 * The Graph API refused: `/me` or `debug_token`.
 *
 * Source: Graph API, "Handle errors".
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface.
export class ThreadsGraphAPIError extends Error {
  /** `error.code`. */
  readonly code: number | string | undefined;
  /** The HTTP status for this app's own answer: 502. */
  readonly status = 502;

  /**
   * @param refusal - what Threads answered
   * @param context - see {@link ErrorContext}
   */
  constructor(refusal: ErrorResponse, context: ErrorContext = {}) {
    const { message, details } = read(refusal, context);
    super(message);
    this.code = refusal.code;
    Object.assign(this, details);
    nameAndTrace(this, 'ThreadsGraphAPIError');
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
    nameAndTrace(this, 'ThreadsSignedRequestError');
  }
}

/** Any error of this library. */
export type ThreadsError =
  | ThreadsAuthorizationError
  | ThreadsTokenError
  | ThreadsGraphAPIError
  | ThreadsNetworkError
  | ThreadsSignedRequestError;

const THREADS_ERROR = Symbol.for('passport-threads-oauth2.error');

for (const { prototype } of [
  ThreadsAuthorizationError,
  ThreadsTokenError,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  ThreadsSignedRequestError,
]) {
  Object.defineProperty(prototype, THREADS_ERROR, { value: true });
}

/**
 * Tells an error of this library from any other value, also where another copy of the library made it.
 *
 * @param value - whatever was thrown
 */
export function isThreadsError(value: unknown): value is ThreadsError {
  return typeof value === 'object' && value !== null && THREADS_ERROR in value;
}

function read(refusal: ErrorResponse, context: ErrorContext): { message: string; details: ErrorDetails } {
  const { code, type, subcode, traceId, userTitle, userMessage } = refusal;
  const { operation, httpStatus, retryAfter } = context;
  const reason = refusal.reason ?? reasonFor(refusal, operation, httpStatus);
  const mayPass = isTransient(reason);
  return {
    message: errorMessage(refusal, reason, operation),
    details: {
      type,
      subcode,
      traceId,
      userTitle,
      userMessage,
      reason,
      requiresLogin: requiresLogin(reason, code, operation),
      isTransient: mayPass,
      retryAfter: mayPass ? retryAfter : undefined,
      rateLimitOf: rateLimitOf(code),
      httpStatus,
    },
  };
}

function webPage(uri: string | undefined): string | undefined {
  const url = parseURL(uri ?? '');
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined;
}
