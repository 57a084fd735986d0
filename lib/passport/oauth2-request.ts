import type { Request } from 'express';

/** What of an answer passport-oauth2 may read: what was checked. */
export interface CheckedAnswer {
  code?: string;
  state?: string | undefined;
}

/**
 * A request as passport-oauth2 is to see it: with what was checked of its answer and nothing else, and with what a
 * relative `callbackURL` is resolved against, which Fastify and HTTP/2 have elsewhere.
 *
 * @param req - the request of the framework
 * @param answer - what was checked; `{}` where a login starts
 * @returns what passport-oauth2 reads of a request
 */
export function requestFor(req: Request, answer: CheckedAnswer): Request {
  const { url, app, socket, connection = socket, headers = {} } = req;
  const { host, ':authority': authority } = headers;
  return {
    url,
    app,
    connection,
    headers: host === undefined && authority ? { ...headers, host: authority } : headers,
    query: answer,
  } as unknown as Request;
}
