import { getDefaultAutoSelectFamilyAttemptTimeout, isIP } from 'node:net';
import { AuthorizationError, InternalOAuthError, TokenError } from 'passport-oauth2';
import { isObject, toNumber } from './json.js';

// passport-oauth2 makes them errors by `__proto__`, which has no effect on Deno and under `node --disable-proto=delete`.
for (const { prototype } of [AuthorizationError, InternalOAuthError, TokenError]) {
  if (!(prototype instanceof Error)) Object.setPrototypeOf(prototype, Error.prototype);
}

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

/** Tells whether a connection died, as one does that the upstream has closed while it was idle. */
export function isDeadConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(systemCodeOf(error));
}

/**
 * The error of a dispatcher that cannot be driven: its `dispatch` does not take our handler, or a header.
 *
 * @returns `undefined` for any other error
 */
export function rejectedRequest(error: unknown): TypeError | undefined {
  const code = systemCodeOf(error);
  // undici's own, and what a call of a method that a handler does not have throws.
  if (code !== 'UND_ERR_INVALID_ARG' && !(error instanceof TypeError && code === NO_CODE)) return undefined;
  return new TypeError(
    `The dispatcher cannot send the request (${code === NO_CODE ? 'TypeError' : code}). \`dispatcher\`, or what \`setGlobalDispatcher\` was given, must be a dispatcher of undici 6, 7 or 8; and \`customHeaders\` must not have headers of the connection, such as \`Transfer-Encoding\`.`,
  );
}

const TOO_LARGE =
  /^(ERR_BUFFER_TOO_LARGE|UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW|UND_ERR_RES_EXCEEDED_MAX_SIZE)$/;
const TIMED_OUT = /^(UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT|ERR_SOCKET_CONNECTION_TIMEOUT)$/;
const UNREADABLE = /^(HTTPParserError$|HPE_|Z_|ERR_BROTLI|ERR__?ERROR_)/;
/** undici's interceptors `responseError` and `retry`, which turn an answer into an error. */
const REJECTED_ANSWER = /^UND_ERR_(RESPONSE|REQ_RETRY)$/;

const REMEDIES: [code: RegExp, remedy: string][] = [
  [
    /^(ENOTFOUND|EAI_\w+|ECONNREFUSED|E(HOST|NET)(DOWN|UNREACH)|EADDRNOTAVAIL)$/,
    'Check the network, the DNS and the proxy of this machine.',
  ],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_UNTRUSTED)/,
    'Node.js does not know the authority of its certificate: name it with `NODE_EXTRA_CA_CERTS`, or with `ca` in a `dispatcher`.',
  ],
  [
    /^(CERT_|CRL_|ERR_TLS_|ERR_SSL_|EPROTO$)/,
    'Check the certificate and the TLS settings of this host, or of a proxy in front of it.',
  ],
  [/^UND_ERR_(ABORTED|PRX_TLS)$/, 'Check the proxy of the dispatcher: it opened no tunnel.'],
  [/^UND_ERR_(CLOSED|DESTROYED)$/, 'The dispatcher has been closed.'],
  [/^UND_MOCK_ERR_/, 'The dispatcher is a mock that has no answer to this request.'],
];

/**
 * Makes the error of a request that got no usable answer, whether before the answer or within one with `httpStatus`.
 *
 * The original error is not its `cause`: the messages of undici and of its mocks may quote the URL or the answer.
 */
export function networkError(error: unknown, host: string, httpStatus?: number): ThreadsNetworkError {
  const code = systemCodeOf(error);
  const answer = { httpStatus: httpStatus || undefined };
  if (TOO_LARGE.test(code)) return tooLarge(httpStatus);
  if (UNREADABLE.test(code)) {
    return new ThreadsNetworkError(
      'INVALID_RESPONSE',
      `${host} sent an answer that cannot be read (${code})`,
      answer,
    );
  }
  if (REJECTED_ANSWER.test(code)) {
    const { statusCode } = error as { statusCode?: unknown };
    return new ThreadsNetworkError(
      'INVALID_RESPONSE',
      `${host} answered HTTP ${toNumber(statusCode)}, and an interceptor of the dispatcher made an error of it (${code}), so that its text is lost. Let the dispatcher pass on answers that are no success (\`throwOnError: false\`).`,
      { httpStatus: toNumber(statusCode) },
    );
  }

  const attempts = connectionAttempts(error);
  if (attempts.some(({ code }) => TIMED_OUT.test(code))) {
    const tried = attempts.map(({ address, code }) => `${address} (${code})`).join(', ');
    return new ThreadsNetworkError(
      'TIMEOUT',
      `The connection to ${host} failed: ${tried}. Check the network of this machine. Where it is slow, give each address more than ${getDefaultAutoSelectFamilyAttemptTimeout()} ms with Node.js' option \`--network-family-autoselection-attempt-timeout\`.`,
      answer,
    );
  }
  if (TIMED_OUT.test(code)) {
    return new ThreadsNetworkError('TIMEOUT', `${host} did not answer in time (${code})`, answer);
  }
  const remedy = REMEDIES.find(([codes]) => codes.test(code))?.[1];
  return new ThreadsNetworkError(
    'NETWORK',
    `The connection to ${host} failed (${code})${remedy ? `. ${remedy}` : ''}`,
    answer,
  );
}

/**
 * The connections that were tried in vain: several where the host has several addresses, which Node.js tries one after
 * the other ("Happy Eyeballs", RFC 8305).
 */
function connectionAttempts(error: unknown): { address: string; code: string }[] {
  if (!isObject(error)) return [];
  const errors: unknown[] = Array.isArray(error.errors) ? error.errors : [error];
  return errors.flatMap((one) => {
    const address = isObject(one) && one.syscall === 'connect' ? String(one.address) : '';
    return isIP(address) ? [{ address, code: systemCodeOf(one) }] : [];
  });
}

const NO_CODE = 'no error code';

function systemCodeOf(error: unknown): string {
  const { code, name, message } = isObject(error) ? error : {};
  // undici has no code for an answer that is not HTTP, nor for one that ends too early.
  if (name === 'HTTPParserError') return /\bEOF\b/.test(String(message)) ? 'UND_ERR_SOCKET' : name;
  return typeof code === 'string' && /^[A-Z][A-Z\d_]*$/.test(code) ? code : NO_CODE;
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
 * Gives an error its name, whatever a bundler calls its class, and its stack: the constructors of passport-oauth2 capture
 * the stack before they set the message.
 */
export function nameAndTrace(error: Error, name: string): void {
  error.name = name;
  Error.captureStackTrace(error, error.constructor);
}
