import { parse as parseQuery } from 'node:querystring';
import type { Request } from 'express';
import { ThreadsAuthorizationError } from '../threads/errors.js';
import { withoutFragment } from '../threads/protocol.js';
import { createRedactor } from '../transport/redact.js';
import {
  INVALID_STATE_MESSAGES,
  INVALID_STATE_WARNINGS,
  type InvalidStateReason,
  type ThreadsFailure,
} from './failure.js';
import { debug, warnOnce } from './warnings.js';

/**
 * The parameters that the authorization window sent the person back with. None of them is to be believed before `state`
 * is verified; {@link denial} and {@link authorizationError} read the texts, and are called after that.
 */
export type AuthorizationResponse =
  | { kind: 'code'; state: string | undefined; code: string }
  | { kind: 'denied' | 'error'; state: string | undefined; params: Params }
  | { kind: 'invalid'; state: string | undefined; message: string };

type Params = Partial<Record<(typeof PARAMETERS)[number], string>>;

const PARAMETERS = [
  'state',
  'code',
  'error',
  'error_code',
  'error_message',
  'error_reason',
  'error_description',
  'error_uri',
] as const;

/** Meta's own table of parameters has the second. */
const CANCELLED = new Set(['access_denied', 'acceess_denied']);

/**
 * Reads the authorization response in a request: in its query, or in the body of a client that posts it on.
 *
 * @returns `undefined` where the request has no parameter of a response
 *
 * Sources: Threads, "Get Access Tokens and Permissions"; RFC 6749 section 4.1.2.
 */
export function readAuthorizationResponse(req: Request): AuthorizationResponse | undefined {
  // In Express 5, `req.query` is a getter that parses at every access.
  const { query, body } = req;
  const params: Params = {};
  let problem: string | undefined;
  for (const source of [body, isEmpty(query) ? queryOf(req) : query]) {
    for (const name of PARAMETERS) {
      const value = valueIn(source, name);
      if (value === undefined) continue;
      if (typeof value === 'string' && (params[name] ?? value) === value) params[name] = value;
      else problem ??= `The parameter "${name}" must be sent once, as text`;
    }
  }
  if (problem === undefined && Object.keys(params).length === 0) return undefined;

  // A client that posts the whole URL on sends the `#_` behind whichever parameter comes last.
  for (const name of PARAMETERS)
    if (name !== 'code' && params[name]) params[name] = withoutFragment(params[name]);
  const { state, code, error, error_code, error_message } = params;
  const isError = Boolean(error || error_code || error_message);
  if (code !== undefined && withoutFragment(code) === '') problem ??= 'The parameter "code" is empty';
  if (code !== undefined && isError) problem ??= 'There is a "code" beside an error';
  if (code === undefined && !isError) problem ??= NEITHER;
  if (problem !== undefined) return { kind: 'invalid', state, message: `${problem}. Please start again.` };
  if (code) return { kind: 'code', state, code };
  return { kind: error && CANCELLED.has(error) ? 'denied' : 'error', state, params };
}

/** What is wrong with a request to the callback that has no answer of Threads. */
export const NEITHER =
  'This is the callback URL: it needs a "code" or an "error" of Threads. It was opened by hand, or something on the way took the query off';

/** The failure of a login that the person has cancelled. */
export function denial({ state, params }: { state: string | undefined; params: Params }): ThreadsFailure {
  const quote = createRedactor([state ?? '']);
  return {
    type: 'access_denied',
    message: quote(params.error_description) ?? 'The user denied your request',
    reason: quote(params.error_reason) ?? 'user_denied',
  };
}

/** The error of a login that the authorization window has ended otherwise. */
export function authorizationError({
  state,
  params,
}: {
  state: string | undefined;
  params: Params;
}): ThreadsAuthorizationError {
  const quote = createRedactor([state ?? '']);
  const { error_code = '' } = params;
  return new ThreadsAuthorizationError(quote(params.error_description) ?? quote(params.error_message), {
    code: quote(params.error),
    reason: quote(params.error_reason),
    errorCode: /^\d{1,15}$/.test(error_code) ? Number(error_code) : undefined,
    uri: quote(params.error_uri),
  });
}

/**
 * The failure of a login whose state is not that of a login of this browser. It repeats no text of the response; a
 * cancellation stays recognisable.
 *
 * @param info - what the state store called back with beside `false`
 */
export function invalidState(
  response: AuthorizationResponse,
  reason: InvalidStateReason,
  info?: unknown,
): ThreadsFailure {
  const warning = INVALID_STATE_WARNINGS[reason];
  if (warning) warnOnce(`state: ${reason}`, warning);
  debug('The state was refused: %s', reason);
  if (response.kind === 'denied') {
    return { type: 'access_denied', message: 'The sign-in was cancelled.', reason: 'user_denied' };
  }
  const text = typeof info === 'string' ? info : (info as { message?: unknown } | undefined)?.message;
  const isOfStore = typeof text === 'string' && response.kind === 'code';
  return { type: 'invalid_state', reason, message: isOfStore ? text : INVALID_STATE_MESSAGES[reason] };
}

function isEmpty(query: unknown): boolean {
  return typeof query !== 'object' || query === null || Object.keys(query).length === 0;
}

/** Plain http parses no query, nor does Express with `query parser: false`, which has an empty object. */
function queryOf({ url }: Request): unknown {
  return parseQuery(/\?([^#]*)/.exec(url ?? '')?.[1] ?? '');
}

function valueIn(source: unknown, name: (typeof PARAMETERS)[number]): unknown {
  if (typeof source !== 'object' || source === null || !Object.hasOwn(source, name)) return undefined;
  return (source as Params)[name];
}
