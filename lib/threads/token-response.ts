import { nonEmptyString, toID, toNumber } from '../transport/json.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import { assertSuccess, type JSONResponse } from '../transport/request.js';
import type { Operation } from './error-codes.js';
import { parseErrorResponse, redactedText } from './error-response.js';
import { ThreadsTokenError } from './errors.js';

/** An access token, as a token endpoint hands it out. */
export interface TokenResult {
  /** The access token. */
  accessToken: string;
  /** Such as `bearer`, where the answer has it. */
  tokenType?: string;
  /** Seconds from now until the token expires, where the answer has it: that of the code exchange (1 hour) does not. */
  expiresIn?: number;
  /** When the token expires, reckoned from `expiresIn` and the option `now`. */
  expiresAt?: Date;
  /** The exact id of the person (code exchange only). */
  userId?: string;
  /** The whole answer; integers that a double cannot hold, and `user_id`, are strings. */
  raw: Record<string, unknown>;
}

/** A long-lived token, whose answer always has its lifetime. */
export interface LongLivedTokenResult extends TokenResult {
  expiresIn: number;
  expiresAt: Date;
}

/** Makes an error of the text of a refusal and its HTTP status; `null` for none. */
export type ParseError = (body: string, status: number) => Error | null | undefined;

/** What is known of a token request when its answer comes. */
export interface TokenRequest {
  /** What it asks for, on which the meaning of a refusal depends. */
  operation: Operation;
  /** What the request carried and an error must not quote. */
  secrets: readonly string[];
  /** The clock: milliseconds since the epoch. */
  now: () => number;
  /** Makes the error of a refusal, in place of the library. */
  parseError?: ParseError | undefined;
}

/**
 * Reads the answer of a token endpoint.
 *
 * @throws {@link ThreadsTokenError} where it is a refusal, or what `parseError` makes of it
 * @throws {@link ThreadsNetworkError} where it is not what a token endpoint sends
 *
 * Sources: Threads, "Get Access Tokens and Permissions" and "Long-Lived Tokens".
 */
export function parseTokenResponse(answer: JSONResponse, request: TokenRequest): TokenResult {
  const { body, status: httpStatus, retryAfter } = answer;
  const refusal = parseErrorResponse(answer, request.secrets);
  if (refusal) {
    const own = new ThreadsTokenError(refusal, { operation: request.operation, httpStatus, retryAfter });
    throw parsedError(answer, request) ?? own;
  }
  assertSuccess(answer, () => 'The token endpoint');

  const accessToken = nonEmptyString(body.access_token);
  if (accessToken === undefined) throw malformed('access_token');
  const result: TokenResult = { accessToken, raw: { ...body } };

  const tokenType = nonEmptyString(body.token_type);
  if (tokenType) result.tokenType = tokenType;
  if (body.expires_in != null) {
    const expiresIn = toNumber(body.expires_in);
    const expiresAt = new Date(request.now() + (expiresIn ?? Number.NaN) * 1000);
    if (expiresIn === undefined || expiresIn < 0 || Number.isNaN(expiresAt.getTime())) {
      throw malformed('expires_in');
    }
    result.expiresIn = expiresIn;
    result.expiresAt = expiresAt;
    result.raw.expires_in = expiresIn;
  }
  if (body.user_id != null) {
    const userId = toID(body.user_id);
    if (userId === undefined) throw malformed('user_id');
    result.userId = userId;
    result.raw.user_id = userId;
  }
  return result;
}

/**
 * Reads the answer of an endpoint for long-lived tokens. How long the token lasts is never assumed.
 *
 * @throws as {@link parseTokenResponse}
 */
export function parseLongLivedTokenResponse(
  answer: JSONResponse,
  request: TokenRequest,
): LongLivedTokenResult {
  const { expiresIn, expiresAt, ...rest } = parseTokenResponse(answer, request);
  if (expiresIn === undefined || expiresAt === undefined) throw malformed('expires_in');
  return { ...rest, expiresIn, expiresAt };
}

function parsedError(answer: JSONResponse, { parseError, secrets }: TokenRequest): Error | undefined {
  if (!parseError) return undefined;
  try {
    return parseError(redactedText(answer, secrets), answer.status) ?? undefined;
  } catch {
    return undefined;
  }
}

function malformed(key: string): ThreadsNetworkError {
  return new ThreadsNetworkError(
    'INVALID_RESPONSE',
    `The token answer has no well-formed "${key}". Check \`tokenURL\`.`,
  );
}
