import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

import onHeaders = require('on-headers');

/** A request of any framework: Express has the response on it, Koa the context, Fastify the request of Node. */
interface AnyRequest {
  res?: unknown;
  ctx?: { res?: unknown } | undefined;
  raw?: object | undefined;
  req?: object | undefined;
}

const responses = new WeakMap<object, ServerResponse>();

let watching = false;

/**
 * Records which response belongs to which request of this process's http servers: Passport gives a strategy the request
 * alone, and only Express puts the response on it.
 *
 * Source: Node.js, `diagnostics_channel`, `http.server.request.start`.
 */
export function trackResponses(): void {
  if (watching) return;
  watching = true;
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    responses.set(request, response);
  });
}

/** The response that belongs to a request, where it can be reached. */
export function findResponse(request: object): ServerResponse | undefined {
  const { res, ctx, raw, req } = request as AnyRequest;
  const own = raw ?? req ?? request;
  // The `res` of koa-passport is a stand-in, which has no headers to read.
  if (isResponse(res)) return res;
  if (isResponse(ctx?.res)) return ctx.res;
  return responses.get(own) ?? responseInProgress(own);
}

/**
 * Keeps the response out of the caches of browsers and proxies: it sets a cookie, or its URL has the code of a login.
 * Does nothing where the response cannot be reached. A `Cache-Control` that the app sets later stands.
 *
 * @param request - the request of a leg of the login
 *
 * Source: RFC 9111 section 5.2.2.5.
 */
export function preventCaching(request: object): void {
  const res = findResponse(request);
  if (!res || res.headersSent) return;
  res.setHeader('Cache-Control', 'no-store');
  onHeaders(res, () => {
    if (res.getHeader('Cache-Control') === undefined) res.setHeader('Cache-Control', 'no-store');
  });
}

/**
 * Sets `WWW-Authenticate` on the response to a refused token: Passport sends a challenge with 401 alone, and a framework
 * that answers by itself, such as NestJS, sends none. A `WWW-Authenticate` that the app sets stands.
 * Does nothing where the response cannot be reached, or where the request ends otherwise.
 *
 * @param request - the request
 * @param challenge - the value of the header
 * @param status - the HTTP status of the refusal
 *
 * Source: RFC 6750 section 3.
 */
export function sendChallenge(request: object, challenge: string, status: number): void {
  const res = findResponse(request);
  if (!res || res.headersSent) return;
  onHeaders(res, () => {
    const isRefusal = res.statusCode === status || res.statusCode === 401;
    if (isRefusal && !res.hasHeader('WWW-Authenticate')) res.setHeader('WWW-Authenticate', challenge);
  });
}

/**
 * Adds cookies to a response, and again before its headers are written: the headers of a Fastify reply replace those of the
 * response, and Koa takes all headers off before it answers with an error.
 *
 * @param res - the response
 * @param cookies - the values of the `Set-Cookie` headers
 */
export function appendCookies(res: ServerResponse, cookies: readonly string[]): void {
  const add = () => {
    const present = new Set([res.getHeader('Set-Cookie') ?? []].flat().map(String));
    for (const cookie of cookies) present.add(cookie);
    res.setHeader('Set-Cookie', [...present]);
  };
  add();
  onHeaders(res, add);
}

/**
 * The response that Node itself holds for a request: `socket._httpMessage` on http/1, a symbol of the stream on http2. For
 * requests that {@link trackResponses} missed: it was loaded by this very request, as with a lazy `import()`; and http2
 * publishes no `http.server.request.start`.
 */
function responseInProgress(request: object): ServerResponse | undefined {
  const { socket, stream } = request as { socket?: { _httpMessage?: unknown }; stream?: object };
  const ofRequest = (response: unknown): response is ServerResponse =>
    isResponse(response) && (response as { req?: unknown }).req === request;

  if (stream) {
    const held = Object.getOwnPropertySymbols(stream).map((symbol) => Reflect.get(stream, symbol));
    const response = held.find(ofRequest);
    if (response) return response;
  }
  const response = socket?._httpMessage;
  return ofRequest(response) ? response : undefined;
}

function isResponse(value: unknown): value is ServerResponse {
  const { getHeader, setHeader } = (value ?? {}) as Partial<ServerResponse>;
  return typeof getHeader === 'function' && typeof setHeader === 'function';
}
