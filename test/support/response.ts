import { type IncomingMessage, ServerResponse } from 'node:http';

/** A response of Node that goes nowhere. */
export function response(): ServerResponse {
  return new ServerResponse({ method: 'GET' } as IncomingMessage);
}

/** The cookies that a response sets. */
export function cookiesOf(res: ServerResponse): string[] {
  return [res.getHeader('Set-Cookie') ?? []].flat().map(String);
}
