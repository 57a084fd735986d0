import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request of any framework: Express has the response on it, Fastify and Koa the request of Node. */
interface AnyRequest {
  res?: ServerResponse | undefined;
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
  const { res, raw, req } = request as AnyRequest;
  return res ?? responses.get(raw ?? req ?? request);
}
