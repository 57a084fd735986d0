import { ThreadsAuthorizationError } from '../threads/errors.js';
import { withoutFragment } from '../threads/fragment.js';
import { textOf } from '../transport/json.js';
import { secretRemover } from '../transport/redact.js';

/** What a request to the strategy's route brings. */
export type CallbackRequest =
  | { kind: 'start' }
  | { kind: 'code'; code: string }
  | { kind: 'malformed'; message: string }
  | { kind: 'cancelled'; message: string; reason: string }
  | { kind: 'refused'; error: ThreadsAuthorizationError };

type Parameter =
  | 'code'
  | 'state'
  | 'error'
  | `error_${'reason' | 'description' | 'code' | 'message' | 'uri'}`;

const PARAMETERS: ReadonlySet<string> = new Set<Parameter>([
  'code',
  'state',
  'error',
  'error_reason',
  'error_description',
  'error_code',
  'error_message',
  'error_uri',
]);

// Meta's table of parameters misspells the value; its sample URL does not.
const CANCELLED = new Set(['access_denied', 'acceess_denied']);

/**
 * Tells the start of a login from its end, and a code from a cancellation or an error.
 *
 * @param query - the parsed query string
 * @param body - the parsed body: a client may post the code on that it found in its URL
 *
 * Sources: Threads, "Get Access Tokens and Permissions"; RFC 6749 section 4.1.2.
 */
export function readCallback(query: unknown, body: unknown): CallbackRequest {
  const found: Partial<Record<Parameter, string>> = {};
  for (const source of [body, query]) {
    if (typeof source !== 'object' || source === null) continue;
    for (const [name, value] of Object.entries(source)) {
      if (!PARAMETERS.has(name) || value === undefined) continue;
      if (typeof value !== 'string') {
        return { kind: 'malformed', message: `The parameter "${name}" must be sent once, as text` };
      }
      const text = withoutFragment(value);
      if (text === '' && value !== '') {
        return { kind: 'malformed', message: `The parameter "${name}" is empty` };
      }
      found[name as Parameter] = text;
    }
  }

  const clean = secretRemover([found.code ?? '', found.state ?? '']);
  const said = (name: Parameter) => clean(found[name]);
  if (found.error && CANCELLED.has(found.error)) {
    return {
      kind: 'cancelled',
      message: said('error_description') ?? 'The user denied your request',
      reason: said('error_reason') ?? 'user_denied',
    };
  }
  if (found.error || found.error_code || found.error_message) {
    const errorCode = /^\d{1,15}$/.test(found.error_code ?? '') ? Number(found.error_code) : undefined;
    const message = said('error_description') ?? said('error_message');
    const error = new ThreadsAuthorizationError(message, {
      code: said('error'),
      reason: said('error_reason'),
      errorCode,
      uri: said('error_uri'),
    });
    return { kind: 'refused', error };
  }
  if (found.code === undefined) return { kind: 'start' };

  const code = textOf(found.code);
  return code ? { kind: 'code', code } : { kind: 'malformed', message: 'The parameter "code" is empty' };
}
