import { ThreadsNetworkError } from './errors.js';
import { isObject } from './json.js';

/** The most bytes of an answer that are read, before and after decompression. */
export const RESPONSE_LIMIT = 64 * 1024;

/** Tells whether a connection died, as one that was kept alive for too long does. */
export function isDeadConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(systemCodeOf(error));
}

/**
 * Says what went wrong with a host.
 *
 * The original error is left behind: undici's and its mocks' messages may quote the URL or the answer.
 */
export function networkError(error: unknown, host: string): ThreadsNetworkError {
  const code = systemCodeOf(error);
  if (/^(ERR_BUFFER_TOO_LARGE|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_EXCEEDED_MAX_SIZE)$/.test(code)) {
    return tooLarge();
  }
  if (/^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/.test(code)) {
    return new ThreadsNetworkError('TIMEOUT', `${host} did not answer in time (${code})`);
  }
  if (/^(HTTPParserError$|HPE_|Z_|ERR_BROTLI|ERR__?ERROR_)/.test(code)) {
    return new ThreadsNetworkError(
      'INVALID_RESPONSE',
      `${host} sent an answer that cannot be read (${code})`,
    );
  }
  return new ThreadsNetworkError(
    'NETWORK',
    `No whole answer from ${host} (${code}). Check the network, DNS, proxy and TLS settings of this machine.`,
  );
}

function systemCodeOf(error: unknown): string {
  const { code, name, message } = isObject(error) ? error : {};
  // undici has no code for an answer that is not HTTP, be it that it was cut short.
  if (name === 'HTTPParserError') return /\bEOF\b/.test(String(message)) ? 'UND_ERR_SOCKET' : name;
  return typeof code === 'string' && /^[A-Z][A-Z\d_]*$/.test(code) ? code : 'no error code';
}

/** Says that an answer is longer than {@link RESPONSE_LIMIT}. */
export function tooLarge(): ThreadsNetworkError {
  return new ThreadsNetworkError(
    'RESPONSE_TOO_LARGE',
    `The answer is longer than ${RESPONSE_LIMIT / 1024} KiB`,
  );
}
