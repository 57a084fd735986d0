import { validateHeaderName, validateHeaderValue } from 'node:http';
import { stringify } from 'node:querystring';
import type { UndiciDispatcher } from './dispatcher.js';
import { type RawResponse, readText, sendRequest } from './http.js';
import { type JSONObject, parseJSONObject } from './json.js';
import { ThreadsNetworkError } from './network-error.js';

/** How requests to Threads are made. */
export interface TransportOptions {
  /** Milliseconds for one request, headers and body together. Default: 10000. */
  timeout?: number | undefined;
  /** Ends the request early. */
  signal?: AbortSignal | undefined;
  /** A dispatcher of undici 6, 7 or 8: a proxy, TLS settings, a mock. Default: undici's global one. */
  dispatcher?: UndiciDispatcher | undefined;
  /** Further request headers. */
  customHeaders?: Readonly<Record<string, string>> | undefined;
  /** The clock: milliseconds since the epoch. Default: `Date.now`. */
  now?: (() => number) | undefined;
}

/** An answer that is a JSON object, whatever its status. */
export interface JSONResponse {
  status: number;
  body: JSONObject;
  text: string;
  /** Seconds, from `Retry-After`. */
  retryAfter: number | undefined;
}

type Params = Readonly<Record<string, string>>;

interface JSONRequest {
  method: 'GET' | 'POST';
  headers: Params;
  query?: Params;
  body?: string;
}

/** Milliseconds for one request, unless the app gives another limit. */
export const DEFAULT_TIMEOUT = 10_000;

const HEADERS = { accept: 'application/json', 'accept-encoding': 'identity' };
const FORM_HEADERS = { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' };

/**
 * Sends a GET request.
 *
 * @param retry - whether to send it once more when the connection dies before the answer; for requests that only read
 * @throws {@link ThreadsNetworkError}
 */
export function getJSON(
  url: string,
  query: Params,
  options: TransportOptions,
  retry = false,
): Promise<JSONResponse> {
  return send(url, { method: 'GET', headers: HEADERS, query }, options, retry);
}

/**
 * Sends a form by POST, once.
 *
 * @throws {@link ThreadsNetworkError}
 */
export function postForm(url: string, form: Params, options: TransportOptions): Promise<JSONResponse> {
  return send(url, { method: 'POST', headers: FORM_HEADERS, body: stringify(form) }, options, false);
}

async function send(
  url: string,
  { method, headers, query, body }: JSONRequest,
  { timeout = DEFAULT_TIMEOUT, signal, dispatcher, customHeaders, now = Date.now }: TransportOptions,
  retry: boolean,
): Promise<JSONResponse> {
  const { origin, host, pathname, search } = new URL(url);
  const request = {
    origin,
    path: `${pathname}${search}`,
    method,
    headers: { ...headers, ...(customHeaders && lowerCased(customHeaders)) },
    query,
    body,
    headersTimeout: 0,
    bodyTimeout: 0,
    // Overrides the option of undici's redirect interceptors: a redirect would carry secrets to another host.
    maxRedirections: 0,
  };
  const response = await sendRequest(dispatcher, request, { host, timeout, signal, retry });

  return parseResponse(await readText(response, host), response, url, now());
}

function parseResponse(text: string, reply: RawResponse, url: string, time: number): JSONResponse {
  const { status } = reply;
  if (status >= 300 && status <= 399) {
    throw invalid(url, `answered with a redirect (HTTP ${status}), which is not followed`, {
      httpStatus: status,
    });
  }

  const body = parseJSONObject(text);
  const retryAfter = retryAfterSeconds(reply.header('retry-after'), time);
  if (body === undefined) {
    const type = mediaType(reply.header('content-type'));
    const kind = text === '' ? 'an empty body' : `${type} that is not a JSON object`;
    throw invalid(url, `answered HTTP ${status} with ${kind}`, { httpStatus: status, retryAfter });
  }
  return { status, body, text, retryAfter };
}

/**
 * Throws where an answer without a refusal in it has no status of success.
 *
 * @param endpoint - names the endpoint, for the message
 * @throws {@link ThreadsNetworkError}
 */
export function assertSuccess(
  { status: httpStatus, retryAfter }: JSONResponse,
  endpoint: () => string,
): void {
  if (httpStatus >= 200 && httpStatus <= 299) return;
  throw new ThreadsNetworkError(
    'INVALID_RESPONSE',
    `${endpoint()} answered HTTP ${httpStatus} without an error in the body`,
    {
      httpStatus,
      retryAfter,
    },
  );
}

/** The same headers in lower case, so that one that the app gives replaces the one of this package. */
function lowerCased(headers: Params): Params {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * Checks how requests are to be made.
 *
 * @throws TypeError
 */
export function assertTransport({ timeout, dispatcher, customHeaders, now }: TransportOptions): void {
  // A timer cannot keep a longer time limit.
  if (timeout !== undefined && !(Number.isFinite(timeout) && timeout > 0 && timeout <= 2 ** 31 - 1)) {
    throw new TypeError(`\`timeout\` must be a positive number of milliseconds, not ${String(timeout)}`);
  }
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== 'function') {
    throw new TypeError('`dispatcher` must be an undici dispatcher');
  }
  if (now !== undefined && typeof now !== 'function') {
    throw new TypeError('`now` must be a function that returns milliseconds since the epoch');
  }
  if (customHeaders !== undefined && (typeof customHeaders !== 'object' || Array.isArray(customHeaders))) {
    throw new TypeError('`customHeaders` must be an object of header names and values');
  }
  for (const [name, value] of Object.entries(customHeaders ?? {})) {
    validateHeaderName(name);
    if (value !== undefined) validateHeaderValue(name, value);
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
  const url = typeof value === 'string' ? parseURL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new TypeError(`\`${name}\` must be an absolute http(s) URL, not ${JSON.stringify(value)}`);
  }
  return value.replace(/\/+$/, '');
}

function invalid(
  url: string,
  what: string,
  answer: { httpStatus: number; retryAfter?: number | undefined },
): ThreadsNetworkError {
  const { host, pathname } = new URL(url);
  return new ThreadsNetworkError(
    'INVALID_RESPONSE',
    `${host}${pathname} ${what}. Check that the URL is one of Threads and that no proxy answers in its place.`,
    answer,
  );
}

// Any other text in this header could be a token that the upstream echoes.
function mediaType(contentType: string | undefined): string {
  return /^(text|application)\/(html|plain|xml|json)\b/.exec(String(contentType))?.[0] ?? 'a body';
}

function retryAfterSeconds(retryAfter: string | undefined, time: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  const seconds = /^\d+$/.test(retryAfter)
    ? Number(retryAfter)
    : (Date.parse(/^[A-Z]/.test(retryAfter) ? retryAfter : '') - time) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/**
 * Parses an absolute URL. Not with `URL.canParse`: in Node.js 20, once it has been called some thousand times, it no longer
 * knows a URL with a letter such as `ü`.
 *
 * @returns `undefined` for what is none
 */
export function parseURL(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
