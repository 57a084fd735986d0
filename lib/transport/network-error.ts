import { InternalOAuthError } from 'passport-oauth2';
import { isObject } from './json.js';

/** What a {@link ThreadsNetworkError} is about. */
export type ThreadsNetworkErrorCode = 'TIMEOUT' | 'NETWORK' | 'RESPONSE_TOO_LARGE' | 'INVALID_RESPONSE';

/**
 * No usable answer: none in time, none at all, too long a one, or one that is not what Threads sends.
 *
 * Holds neither the request nor the answer, since both may hold tokens.
 */
export class ThreadsNetworkError extends InternalOAuthError {
  /** What happened. */
  readonly code: ThreadsNetworkErrorCode;
  /** The HTTP status for this app's own answer: 504 for a timeout, else 502. */
  readonly status: number;
  /** The same request may succeed later: no answer, or one with HTTP 429 or 5xx. */
  readonly isTransient: boolean;
  /** Seconds to wait, where the same request may succeed later and the answer had a `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** The HTTP status that was answered with, where one was. */
  readonly httpStatus: number | undefined;

  /**
   * @param code - what happened
   * @param message - what happened, where, and what to do
   * @param answer - `httpStatus` and `retryAfter` (seconds) of the answer, as far as there was one
   */
  constructor(
    code: ThreadsNetworkErrorCode,
    message: string,
    { httpStatus, retryAfter }: { httpStatus?: number | undefined; retryAfter?: number | undefined } = {},
  ) {
    super(message, undefined);
    this.code = code;
    this.status = code === 'TIMEOUT' ? 504 : 502;
    this.isTransient =
      code === 'TIMEOUT' ||
      code === 'NETWORK' ||
      httpStatus === 429 ||
      (httpStatus !== undefined && httpStatus >= 500);
    this.retryAfter = this.isTransient ? retryAfter : undefined;
    this.httpStatus = httpStatus;
    nameAndTrace(this, 'ThreadsNetworkError');
  }
}

/** The most bytes of an answer that are read, before and after decompression. */
export const RESPONSE_LIMIT = 64 * 1024;

/** Tells whether a connection died, as one that was kept alive for too long does. */
export function isDeadConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(systemCodeOf(error));
}

/**
 * Says what went wrong with a host, be it before its answer or within one that began with `httpStatus`.
 *
 * The original error is left behind: undici's and its mocks' messages may quote the URL or the answer.
 */
export function networkError(error: unknown, host: string, httpStatus?: number): ThreadsNetworkError {
  const code = systemCodeOf(error);
  const answer = { httpStatus: httpStatus || undefined };
  if (
    /^(ERR_BUFFER_TOO_LARGE|UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW|UND_ERR_RES_EXCEEDED_MAX_SIZE)$/.test(
      code,
    )
  ) {
    return tooLarge(httpStatus);
  }
  if (/^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/.test(code)) {
    return new ThreadsNetworkError('TIMEOUT', `${host} did not answer in time (${code})`, answer);
  }
  if (/^(HTTPParserError$|HPE_|Z_|ERR_BROTLI|ERR__?ERROR_)/.test(code)) {
    return new ThreadsNetworkError(
      'INVALID_RESPONSE',
      `${host} sent an answer that cannot be read (${code})`,
      answer,
    );
  }
  return new ThreadsNetworkError(
    'NETWORK',
    `No whole answer from ${host} (${code}). Check the network, DNS, proxy and TLS settings of this machine.`,
    answer,
  );
}

function systemCodeOf(error: unknown): string {
  const { code, name, message } = isObject(error) ? error : {};
  // undici has no code for an answer that is not HTTP, be it that it was cut short.
  if (name === 'HTTPParserError') return /\bEOF\b/.test(String(message)) ? 'UND_ERR_SOCKET' : name;
  return typeof code === 'string' && /^[A-Z][A-Z\d_]*$/.test(code) ? code : 'no error code';
}

/** Says that an answer is longer than {@link RESPONSE_LIMIT}. */
export function tooLarge(httpStatus?: number): ThreadsNetworkError {
  return new ThreadsNetworkError(
    'RESPONSE_TOO_LARGE',
    `The answer is longer than ${RESPONSE_LIMIT / 1024} KiB`,
    { httpStatus },
  );
}

/**
 * Gives an error its name, whatever a bundler calls its class, and the stack of whoever made it: the constructors of
 * passport-oauth2 take the stack before they know the message.
 */
export function nameAndTrace(error: Error, name: string): void {
  error.name = name;
  Error.captureStackTrace(error, error.constructor);
}
