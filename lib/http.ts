import { debuglog, promisify } from 'node:util';
import type { Dispatcher } from 'undici';
import { ThreadsNetworkError, type ThreadsNetworkErrorCode } from './errors.js';
import { isObject, type JSONObject, parseJSONObject } from './json.js';

/** How requests to Threads are made. */
export interface TransportOptions {
  /** Milliseconds for one request, headers and body together. Default: 10000. */
  timeout?: number | undefined;
  /** Ends the request early. */
  signal?: AbortSignal | undefined;
  /** An undici dispatcher: a proxy, TLS settings, a mock. Default: undici's global one. */
  dispatcher?: Dispatcher | undefined;
  /** Further request headers. */
  customHeaders?: Readonly<Record<string, string>> | undefined;
}

/** An answer that is a JSON object, whatever its status. */
export interface Answer {
  status: number;
  body: JSONObject;
  text: string;
  /** Seconds, from `Retry-After`. */
  retryAfter: number | undefined;
}

type Params = Readonly<Record<string, string>>;

const DEFAULT_TIMEOUT = 10_000;
const RESPONSE_LIMIT = 64 * 1024;

// Loaded at the first request: it takes longer to load than everything else together.
let undici: typeof import('undici') | undefined;

/**
 * Asks with GET.
 *
 * @param retry - whether a connection that dies before the answer is tried once more; for requests that only read
 * @throws {@link ThreadsNetworkError}
 */
export function getJSON(
  url: string,
  params: Params,
  options: TransportOptions,
  retry = false,
): Promise<Answer> {
  return withDeadline(url, options, (signal) =>
    send(url, { ...requestOptions(options, signal), method: 'GET', query: params }, retry),
  );
}

/**
 * Sends a form with POST, once.
 *
 * @throws {@link ThreadsNetworkError}
 */
export function postForm(url: string, params: Params, options: TransportOptions): Promise<Answer> {
  return withDeadline(url, options, (signal) => {
    const request = requestOptions(options, signal);
    const headers = {
      ...request.headers,
      'content-type': 'application/x-www-form-urlencoded',
    };
    return send(url, {
      ...request,
      method: 'POST',
      headers,
      body: new URLSearchParams(params).toString(),
    });
  });
}

async function withDeadline<T>(
  url: string,
  { timeout = DEFAULT_TIMEOUT, signal }: TransportOptions,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  assertTimeout(timeout);
  const { host } = new URL(url);
  const controller = new AbortController();
  const stop = (code: ThreadsNetworkErrorCode, message: string) =>
    controller.abort(new ThreadsNetworkError(code, message));
  const late = () => stop('TIMEOUT', `${host} did not answer within ${timeout} ms`);
  const aborted = () =>
    signal?.reason?.name === 'TimeoutError'
      ? stop('TIMEOUT', `${host} did not answer before the time limit of the signal`)
      : stop('NETWORK', `The request to ${host} was aborted by its signal`);

  const timer = setTimeout(late, timeout);
  signal?.addEventListener('abort', aborted);
  try {
    if (signal?.aborted) aborted();
    controller.signal.throwIfAborted();
    // undici heeds a signal only once it has a connection, so the wait ends by itself.
    const stopped = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
    });
    return await Promise.race([task(controller.signal), stopped]);
  } catch (error) {
    throw error instanceof ThreadsNetworkError ? error : networkError(error, host);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
  }
}

/**
 * Refuses an answer whose status is not one of success.
 *
 * @param who - the endpoint, for the message
 * @throws {@link ThreadsNetworkError}
 */
export function assertSuccess({ status }: Answer, who: string): void {
  if (status >= 200 && status <= 299) return;
  throw new ThreadsNetworkError('INVALID_RESPONSE', `${who} answered HTTP ${status} without saying why`);
}

/**
 * Refuses a time limit that a timer cannot keep.
 *
 * @throws TypeError
 */
export function assertTimeout(timeout: number): void {
  if (!(Number.isFinite(timeout) && timeout > 0 && timeout <= 2 ** 31 - 1)) {
    throw new TypeError(`\`timeout\` must be a positive number of milliseconds, not ${String(timeout)}`);
  }
}

/**
 * Checks the URL of an endpoint.
 *
 * @param name - the option that it came in
 * @returns the URL without a trailing slash
 * @throws TypeError
 */
export function httpURL(name: string, value: string): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new TypeError(`\`${name}\` must be an absolute http(s) URL, not ${JSON.stringify(value)}`);
  }
  return value.replace(/\/+$/, '');
}

function requestOptions({ dispatcher, customHeaders }: TransportOptions, signal: AbortSignal) {
  return {
    ...(dispatcher && { dispatcher }),
    signal,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...customHeaders,
    },
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

type Request = ReturnType<typeof requestOptions> & {
  method: 'GET' | 'POST';
  query?: Params;
  body?: string;
};

async function send(url: string, request: Request, retry = false): Promise<Answer> {
  undici ??= loadUndici();
  const ask = () => undici!.request(url, request);
  const response = await ask().catch((error: unknown) => {
    if (retry && isDeadConnection(error)) return ask();
    throw error;
  });
  const { statusCode: status, headers, body } = response;
  const bytes = await decompress(await readWithin(RESPONSE_LIMIT, body), headers['content-encoding']);
  if (status >= 300 && status <= 399) {
    throw invalid(url, `answered with a redirect (HTTP ${status}), which is not followed`);
  }

  const text = new TextDecoder().decode(bytes);
  const json = parseJSONObject(text);
  const retryAfter = status === 429 || status === 503 ? secondsOf(headers['retry-after']) : undefined;
  if (json === undefined) {
    const kind =
      text === '' ? 'an empty body' : `${mediaType(headers['content-type'])} that is not a JSON object`;
    throw invalid(url, `answered HTTP ${status} with ${kind}`, retryAfter);
  }
  return { status, body: json, text, retryAfter };
}

function loadUndici(): typeof import('undici') {
  if (['undici', 'fetch', 'websocket'].some((section) => debuglog(section).enabled)) {
    (require('./debug-log.js') as typeof import('./debug-log.js')).redactDebugLog();
  }
  return require('undici');
}

async function readWithin(limit: number, body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function decompress(bytes: Buffer, encoding: string | string[] | undefined): Promise<Buffer> {
  const coding = String(encoding ?? 'identity').toLowerCase();
  if (coding === 'identity' || bytes.length === 0) return bytes;
  const { unzip, brotliDecompress } = require('node:zlib') as typeof import('node:zlib');
  const limit = { maxOutputLength: RESPONSE_LIMIT };
  if (coding === 'gzip' || coding === 'x-gzip' || coding === 'deflate') return promisify(unzip)(bytes, limit);
  if (coding === 'br') return promisify(brotliDecompress)(bytes, limit);
  throw new ThreadsNetworkError('INVALID_RESPONSE', 'The answer has an unknown Content-Encoding');
}

function isDeadConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error));
}

// The original error is left behind: undici's and its mocks' messages may quote the URL or the answer.
function networkError(error: unknown, host: string): ThreadsNetworkError {
  const code = codeOf(error);
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

function codeOf(error: unknown): string {
  const { code, name, message } = isObject(error) ? error : {};
  // undici has no code for an answer that is not HTTP, be it that it was cut short.
  if (name === 'HTTPParserError') return /\bEOF\b/.test(String(message)) ? 'UND_ERR_SOCKET' : name;
  return typeof code === 'string' && /^[A-Z][A-Z\d_]*$/.test(code) ? code : 'no error code';
}

function tooLarge(): ThreadsNetworkError {
  return new ThreadsNetworkError(
    'RESPONSE_TOO_LARGE',
    `The answer is longer than ${RESPONSE_LIMIT / 1024} KiB`,
  );
}

function invalid(url: string, what: string, retryAfter?: number): ThreadsNetworkError {
  const { host, pathname } = new URL(url);
  return new ThreadsNetworkError(
    'INVALID_RESPONSE',
    `${host}${pathname} ${what}. Check that the URL is one of Threads and that no proxy answers in its place.`,
    retryAfter,
  );
}

// Only a type that is known is worth naming: any other text could be a token that the upstream echoes.
function mediaType(contentType: string | string[] | undefined): string {
  return /^(text|application)\/(html|plain|xml|json)\b/.exec(String(contentType))?.[0] ?? 'a body';
}

function secondsOf(retryAfter: string | string[] | undefined): number | undefined {
  if (typeof retryAfter !== 'string') return undefined;
  const seconds = /^\d+$/.test(retryAfter)
    ? Number(retryAfter)
    : (Date.parse(/^[A-Z]/.test(retryAfter) ? retryAfter : '') - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}
