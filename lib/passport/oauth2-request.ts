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
 * @returns an object that inherits from the request
 */
export function requestFor(req: Request, answer: CheckedAnswer): Request {
  const { connection, socket, headers = {} } = req;
  const { host, ':authority': authority } = headers;
  return Object.create(req, {
    query: { value: answer },
    body: { value: undefined },
    connection: { value: connection ?? socket },
    headers: { value: host === undefined && authority ? { ...headers, host: authority } : headers },
  });
}
