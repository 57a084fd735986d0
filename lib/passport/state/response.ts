import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request of any framework: Express has the response on it, Koa the context, Fastify the request of Node. */
interface AnyRequest {
  res?: ServerResponse | undefined;
  ctx?: { res?: ServerResponse | undefined } | undefined;
  raw?: IncomingMessage | undefined;
  req?: IncomingMessage | undefined;
}

const responses = new WeakMap<object, ServerResponse>();

let watching = false;

/**
 * Remembers, from now on, which response belongs to which request of this process's http servers. Passport gives
 * a strategy the request alone, and only Express puts the response on it.
 *
 * Source: Node.js, `diagnostics_channel`, `http.server.request.start`.
 */
export function watchResponses(): void {
  if (watching) return;
  watching = true;
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    responses.set(request, response);
  });
}

/** The response that belongs to a request, where it can be reached. */
export function responseOf(request: object): ServerResponse | undefined {
  const { res, ctx, raw, req } = request as AnyRequest;
  // The `res` of koa-passport is a stand-in, which has no headers to read.
  const candidates = [res, ctx?.res, responses.get(raw ?? req ?? request)];
  return candidates.find((candidate) => typeof candidate?.getHeader === 'function');
}

/**
 * Adds a cookie to a response, and sees to it that it gets there: the headers of a Fastify reply replace those of
 * the response, and Koa takes all headers off before it answers with an error.
 *
 * @param res - the response
 * @param cookie - the value of the `Set-Cookie` header
 */
export function keepCookie(res: ServerResponse, cookie: string): void {
  const add = () => {
    const present = [res.getHeader('Set-Cookie') ?? []].flat().map(String);
    if (!present.includes(cookie)) res.setHeader('Set-Cookie', [...present, cookie]);
  };
  add();
  const onHeaders = require('on-headers') as typeof import('on-headers');
  onHeaders(res, add);
}
