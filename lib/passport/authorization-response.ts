import { ThreadsAuthorizationError } from '../threads/errors.js';
import { withoutFragment } from '../threads/protocol.js';
import { createRedactor } from '../transport/redact.js';

/**
 * What the authorization window sent the person back with. Nothing in it is to be believed before its `state` is, and
 * what it says is read only then: an attacker has no part in it, nor in what it costs.
 */
export type AuthorizationResponse = { state: string | undefined } & (
  | { kind: 'code'; code: string }
  | { kind: 'cancelled'; read: () => { message: string; reason: string } }
  | { kind: 'refused'; read: () => ThreadsAuthorizationError }
  | { kind: 'malformed'; message: string }
);

const PARAMETERS = [
  'code',
  'state',
  'error',
  'error_reason',
  'error_description',
  'error_code',
  'error_message',
  'error_uri',
] as const;
type Parameter = (typeof PARAMETERS)[number];

// Meta's table of parameters misspells the value; its sample URL does not.
const CANCELLED = new Set(['access_denied', 'acceess_denied']);

/**
 * Reads the answer of the authorization window from a request.
 *
 * @param query - the parsed query string
 * @param body - the parsed body: a client may post the answer on that it found in its URL
 * @returns `undefined` where the request carries no answer
 *
 * Sources: Threads, "Get Access Tokens and Permissions"; RFC 6749 section 4.1.2.
 */
export function readAuthorizationResponse(query: unknown, body: unknown): AuthorizationResponse | undefined {
  const found: Partial<Record<Parameter, string>> = {};
  const problems: string[] = [];
  for (const name of PARAMETERS) {
    const posted = valueIn(body, name);
    const queried = valueIn(query, name);
    const value = posted === undefined ? queried : posted;
    if (value === undefined) continue;
    if (typeof value !== 'string' || (queried !== undefined && queried !== value)) {
      problems.push(`The parameter "${name}" must be sent once, as text`);
    } else {
      found[name] = value;
    }
  }
  if (Object.keys(found).length === 0 && problems.length === 0) return undefined;

  // The `#_` of a URL that a client copied whole is behind whichever parameter comes last.
  const bare = (name: Parameter) => found[name] && withoutFragment(found[name]);
  const { code } = found;
  const [state, error, errorCode] = [bare('state'), bare('error'), bare('error_code')];
  const isError = Boolean(error || errorCode || bare('error_message'));
  if (bare('code') === '') problems.push('The parameter "code" is empty');
  if (code !== undefined && isError) problems.push('There is a "code" beside an error');
  if (code === undefined && !isError) problems.push('There is neither a "code" nor an "error"');
  if (problems[0] !== undefined)
    return { kind: 'malformed', message: `${problems[0]}. Please start again.`, state };
  if (code) return { kind: 'code', code, state };

  const quoting = () => {
    const clean = createRedactor([state ?? '']);
    return (name: Parameter) => clean(bare(name));
  };
  if (error && CANCELLED.has(error)) {
    const read = () => {
      const said = quoting();
      const message = said('error_description') ?? 'The user denied your request';
      return { message, reason: said('error_reason') ?? 'user_denied' };
    };
    return { kind: 'cancelled', read, state };
  }
  const read = () => {
    const said = quoting();
    return new ThreadsAuthorizationError(said('error_description') ?? said('error_message'), {
      code: said('error'),
      reason: said('error_reason'),
      errorCode: /^\d{1,15}$/.test(errorCode ?? '') ? Number(errorCode) : undefined,
      uri: said('error_uri'),
    });
  };
  return { kind: 'refused', read, state };
}

function valueIn(source: unknown, name: Parameter): unknown {
  if (typeof source !== 'object' || source === null || !Object.hasOwn(source, name)) return undefined;
  return (source as Record<Parameter, unknown>)[name];
}
