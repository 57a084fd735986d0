import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Request } from 'express';
import { isObject } from '../transport/json.js';
import { parseURL } from '../transport/request.js';

/** Finds the access token that a request brings, if it brings one. */
export type TokenFromRequest = (
  req: Request,
) => string | null | undefined | Promise<string | null | undefined>;

/** The most characters of an access token that Threads is asked about: in a query, each may take three bytes. */
const LONGEST_TOKEN = 2048;

const TOKEN = /^[\w.~+/-]+=*$/;

/** A JSON Web Token, most likely the app's own: `eyJ` is the base64url of `{"`. Source: RFC 7519 section 3.1. */
const JWT = /^eyJ[^.]*\.[^.]*\./;

const STATUS = { invalid_request: 400, invalid_token: 401, insufficient_scope: 403 };

/**
 * A request whose bearer token signs no person in, in the words of HTTP.
 *
 * Source: RFC 6750 section 3.
 */
export class BearerError extends Error {
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
  /** The HTTP status. */
  readonly status: number;

  /**
   * @param error - why; none where the request brought no token
   * @param description - a sentence for the developer of the client
   * @param scopes - the permissions that are needed
   */
  constructor(error?: keyof typeof STATUS, description = '', scopes?: readonly string[]) {
    super(description);
    const attributes = {
      realm: 'Threads',
      error,
      error_description: description || undefined,
      scope: scopes?.join(' '),
    };
    const parameters = Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}="${value.replace(/[^ !#-[\]-~]/g, '')}"`],
    );
    this.challenge = `Bearer ${parameters.join(', ')}`;
    this.status = error ? STATUS[error] : 401;
  }
}

/**
 * Finds the access token of a request: in the `Authorization` header, or in the field `access_token` of the body.
 *
 * @param req - the request
 * @param tokenFromRequest - the app's own place for it, instead
 * @returns a token that could be one of Threads
 * @throws {@link BearerError} where there is none, more than one, or one in a body that another website sent
 *
 * Source: RFC 6750 sections 2.1 and 2.2. Section 2.3, the query, is left out: queries end up in logs.
 */
export async function accessTokenOf(
  req: Request,
  tokenFromRequest: TokenFromRequest | undefined,
): Promise<string> {
  const inHeader = tokenFromRequest ? undefined : tokenInHeader(req);
  const elsewhere: unknown = tokenFromRequest ? await tokenFromRequest(req) : tokenInBody(req);
  const tokens = [inHeader, elsewhere].filter(
    (value) => value !== undefined && value !== null && value !== '',
  );
  const [token] = tokens;
  if (tokens.length === 0) throw new BearerError();
  if (tokens.length > 1 || Array.isArray(token)) {
    throw new BearerError('invalid_request', 'More than one access token was sent');
  }
  if (typeof token !== 'string') {
    throw new BearerError('invalid_request', 'The access token must be sent as text');
  }
  if (!inHeader && isFromOtherSite(req.headers) && mayHold(req, token)) {
    throw new BearerError(
      'invalid_request',
      "An access token in the body is accepted from the app's own pages alone: send it in the Authorization header",
    );
  }
  if (token.length > LONGEST_TOKEN || !TOKEN.test(token) || JWT.test(token)) {
    throw new BearerError('invalid_token', 'This cannot be an access token of a person');
  }
  return token;
}

/** The credentials of the scheme Bearer. */
function tokenInHeader(req: Request): string | undefined {
  const [header = '', ...further] = authorizationHeaders(req);
  const token = /^bearer +(.*)$/is.exec(header)?.[1];
  // A proxy makes one header of several, with commas between them.
  if (further.length > 0 || (token && /[\s,]/.test(token.trim()))) {
    throw new BearerError(
      'invalid_request',
      'The Authorization header must be there once, with one access token',
    );
  }
  return token?.trim();
}

function tokenInBody({ body }: Request): unknown {
  return isObject(body) && Object.hasOwn(body, 'access_token') ? body.access_token : undefined;
}

/**
 * Tells whether a browser sent the request for a page of another website. A form there can post a body, with the
 * visitor's cookies, but no header of its own: without this check, its token would sign the visitor in as its owner.
 * Browsers send `Sec-Fetch-Site` on https and to this machine, and `Origin` with every POST of another website.
 *
 * Sources: Fetch Metadata Request Headers, section 2.4; Fetch, "`Origin` header".
 */
function isFromOtherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (headers.origin === undefined) return false;
  const origin = parseURL(headers.origin);
  const forwarded = [headers['x-forwarded-host']].flat()[0]?.split(',', 1)[0]?.trim();
  return ![headers.host ?? headers[':authority'], forwarded].some(
    (host) => origin?.host && host && parseURL(`${origin.protocol}//${host}`)?.host === origin.host,
  );
}

/**
 * Tells whether `tokenFromRequest` may have found a token in the body. One that no parser has read counts in any case,
 * since the token may be escaped in it.
 */
function mayHold({ body, headers }: Request, token: string): boolean {
  if (typeof body === 'string' || body instanceof Uint8Array) return body.length > 0;
  if (body === undefined || body === null) {
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  }
  return holds(body, token);
}

function holds(value: unknown, token: string): boolean {
  if (typeof value === 'string') return value.includes(token);
  if (typeof value !== 'object' || value === null) return false;
  // `FormData`, `URLSearchParams` and `Map` have their parts in no property.
  const parts = Symbol.iterator in value ? [...(value as Iterable<unknown>)] : Object.entries(value).flat();
  return parts.some((part) => holds(part, token));
}

/** The headers as they were sent: of several, Node.js keeps the first, and a proxy may have looked at another. */
function authorizationHeaders(req: Request): string[] {
  // Fastify has the request of Node.js under `raw`, Koa under `req`.
  const {
    raw,
    req: inner,
    rawHeaders = [],
  } = req as Partial<Record<'raw' | 'req', IncomingMessage>> & Request;
  const sent = (raw ?? inner)?.rawHeaders ?? rawHeaders;
  const values = sent.filter((_, i) => i % 2 === 1 && sent[i - 1]?.toLowerCase() === 'authorization');
  return values.length > 0 ? values : [req.headers.authorization ?? []].flat();
}
