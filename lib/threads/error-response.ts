import { isObject, nonEmptyString, toNumber } from '../transport/json.js';
import { createRedactor } from '../transport/redact.js';
import type { JSONResponse } from '../transport/request.js';
import type { ErrorResponse } from './errors.js';

// The code that comes with it repeats the HTTP status: this sentence alone says what is wrong.
const DEAD_CODE = 'Matching code was not found or was already used';

/**
 * Finds the refusal in an answer, in whichever of the three shapes that Threads uses, and takes every secret
 * of the request out of it.
 *
 * - `{ error: { message, type, code, error_subcode, error_user_title, error_user_msg, fbtrace_id } }`: Graph API,
 *   "Handle errors"
 * - `{ error_type, code, error_message }`: Threads, "Get Access Tokens and Permissions"
 * - `{ error, error_description }`: RFC 6749 section 5.2
 *
 * @param answer - the answer
 * @param secrets - values that the request carried and that the refusal may quote
 * @returns `undefined` where the answer is not a refusal
 */
export function parseErrorResponse(
  answer: JSONResponse,
  secrets: readonly string[],
): ErrorResponse | undefined {
  const { error, error_message, error_type, error_description, code } = answer.body;
  const isGraphError = isObject(error);
  if (!isGraphError && ![error, error_message, error_type].some(nonEmptyString)) return undefined;

  const clean = createRedactor(secrets);
  const silence = `Threads refused the request with HTTP ${answer.status}`;
  if (isGraphError) {
    const userMessage = clean(error.error_user_msg);
    return {
      message: clean(error.message) ?? userMessage ?? silence,
      type: wordOf(clean(error.type)),
      code: toNumber(error.code) ?? wordOf(clean(error.code)),
      subcode: toNumber(error.error_subcode),
      traceId: wordOf(clean(error.fbtrace_id)),
      userTitle: clean(error.error_user_title),
      userMessage,
    };
  }
  if (nonEmptyString(error_message) || nonEmptyString(error_type)) {
    return {
      message: clean(error_message) ?? silence,
      reason: error_message === DEAD_CODE ? 'invalid_code' : undefined,
      type: wordOf(clean(error_type)),
      code: toNumber(code) ?? wordOf(clean(code)),
    };
  }
  const said =
    clean(error_description) ?? `Threads refused the request: ${clean(error) ?? 'it did not say why'}`;
  return { message: said, code: wordOf(clean(error)) };
}

/** A word as Meta's types and ids are. Longer texts are quoted in messages alone, where nobody takes them for a fact. */
function wordOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w./+=-]{1,64}$/.test(text) ? text : undefined;
}

/**
 * The text of an answer without the secrets of its request. It stays JSON.
 *
 * @param answer - the answer
 * @param secrets - values that the request carried and that the answer may quote
 */
export function redactedText({ body }: JSONResponse, secrets: readonly string[]): string {
  const clean = createRedactor(secrets);
  const redact = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value) ?? '';
    if (Array.isArray(value)) return value.map(redact);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [clean(key) ?? '', redact(part)]));
  };
  return JSON.stringify(redact(body));
}
