import { isObject, nonEmptyString, toNumber } from '../transport/json.js';
import { createRedactor } from '../transport/redact.js';
import type { JSONResponse } from '../transport/request.js';
import type { ErrorCodes, ThreadsErrorReason } from './error-codes.js';

/** A refusal in any of the shapes that Threads uses, brought into one. */
export interface ErrorResponse extends ErrorCodes {
  /** `error.message`, `error_message` or `error_description`. */
  message: string;
  /** Why, where it is known without a code. */
  reason?: ThreadsErrorReason | undefined;
  /** `error.type` or `error_type`. */
  type?: string | undefined;
  /** `error.fbtrace_id`. */
  traceId?: string | undefined;
  /** `error.error_user_title`. */
  userTitle?: string | undefined;
  /** `error.error_user_msg`. */
  userMessage?: string | undefined;
}

/**
 * Finds the refusal in an answer, in whichever of the three shapes that Threads uses, and takes every secret
 * of the request out of it.
 *
 * - `{ error: { message, type, code, error_subcode, is_transient, error_user_title, error_user_msg, fbtrace_id } }`:
 *   Graph API, "Handle errors"
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

  const redact = createRedactor(secrets);
  const word = (value: unknown) => wordOf(redact(value));
  const noMessage = `Threads refused the request with HTTP ${answer.status}`;
  if (isGraphError) {
    const userMessage = redact(error.error_user_msg);
    return {
      message: redact(error.message) ?? userMessage ?? noMessage,
      type: word(error.type),
      code: toNumber(error.code) ?? word(error.code),
      subcode: toNumber(error.error_subcode),
      isTransient: error.is_transient === true,
      traceId: word(error.fbtrace_id),
      userTitle: redact(error.error_user_title),
      userMessage,
    };
  }
  if (nonEmptyString(error_message) || nonEmptyString(error_type)) {
    return {
      message: redact(error_message) ?? noMessage,
      type: word(error_type),
      code: toNumber(code) ?? word(code),
    };
  }
  const fallback = `Threads refused the request: ${redact(error) ?? 'it gave no reason'}`;
  return { message: redact(error_description) ?? fallback, code: word(error) };
}

/** The text if it is a word, as Meta's types and ids are. Longer texts are quoted in messages alone. */
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
  const redactText = createRedactor(secrets);
  const redact = (value: unknown): unknown => {
    if (typeof value === 'string') return redactText(value) ?? '';
    if (Array.isArray(value)) return value.map(redact);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [redactText(key) ?? '', redact(part)]),
    );
  };
  return JSON.stringify(redact(body));
}
