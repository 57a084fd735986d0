import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import { isObject } from '../transport/json.js';

/** Finds the access token that a request brings, if it brings one. */
export type TokenFromRequest = (
  req: Request,
) => string | null | undefined | Promise<string | null | undefined>;

/** The most characters of an access token that Threads is asked about: in a query, each may take three bytes. */
const LONGEST_TOKEN = 2048;

const TOKEN = /^[\w.~+/-]+=*$/;

const STATUS = { invalid_request: 400, invalid_token: 401, insufficient_scope: 403 };

/**
 * A request whose bearer token signs nobody in, in the words of HTTP.
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
    const said = Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}="${value.replace(/[^ !#-[\]-~]/g, '')}"`],
    );
    this.challenge = `Bearer ${said.join(', ')}`;
    this.status = error ? STATUS[error] : 401;
  }
}

/**
 * Finds the access token of a request: in the `Authorization` header, or in the field `access_token` of the body.
 *
 * @param req - the request
 * @param tokenFromRequest - the app's own place for it, instead
 * @returns a token that could be one of Threads
 * @throws {@link BearerError} where there is none, or more than one
 *
 * Source: RFC 6750 sections 2.1 and 2.2. Section 2.3, the query, is left out: queries end up in logs.
 */
export async function accessTokenOf(
  req: Request,
  tokenFromRequest: TokenFromRequest | undefined,
): Promise<string> {
  const found: unknown[] = tokenFromRequest
    ? [await tokenFromRequest(req)]
    : [tokenInHeader(req), tokenInBody(req)];
  const tokens = found.filter((value) => value !== undefined && value !== null && value !== '');
  const [token] = tokens;
  if (tokens.length === 0) throw new BearerError();
  if (tokens.length > 1 || Array.isArray(token)) {
    throw new BearerError('invalid_request', 'More than one access token was sent');
  }
  if (typeof token !== 'string') {
    throw new BearerError('invalid_request', 'The access token must be sent as text');
  }
  if (token.length > LONGEST_TOKEN || !TOKEN.test(token)) {
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
