import { codeOf, isObject, textOf } from '../transport/json.js';
import type { Answer } from '../transport/json-request.js';
import type { Refusal } from './errors.js';

const LONGEST_MESSAGE = 500;

/**
 * Finds the refusal in an answer, in whichever of the three shapes that Threads uses, and takes every secret
 * of the request out of it.
 *
 * - `{ error: { message, type, code, error_subcode, fbtrace_id } }`: Graph API, "Handle errors"
 * - `{ error_type, code, error_message }`: Threads, "Get Access Tokens and Permissions"
 * - `{ error, error_description }`: RFC 6749 section 5.2
 *
 * @param answer - the answer
 * @param secrets - values that the request carried and that the refusal may quote
 * @returns `undefined` where the answer is not a refusal
 */
export function refusalIn(answer: Answer, secrets: readonly string[]): Refusal | undefined {
  const { error, error_message, error_type, error_description, code } = answer.body;
  const clean = (value: unknown) => cleaned(value, secrets);
  const message = (value: unknown) =>
    clean(value) ?? `Threads refused the request with HTTP ${answer.status}`;

  if (isObject(error)) {
    return {
      message: message(error.message),
      type: clean(error.type),
      code: codeOf(error.code) ?? clean(error.code),
      subcode: codeOf(error.error_subcode),
      traceId: clean(error.fbtrace_id),
    };
  }
  if (typeof error_message === 'string' || typeof error_type === 'string') {
    return {
      message: message(error_message),
      type: clean(error_type),
      code: codeOf(code) ?? clean(code),
    };
  }
  if (textOf(error)) {
    return {
      message:
        clean(error_description) ?? `Threads refused the request: ${clean(error) ?? 'it did not say why'}`,
      code: clean(error),
    };
  }
  return undefined;
}

/**
 * Takes secrets and control characters out of a text that came from outside, and bounds its length.
 *
 * @returns `undefined` for anything but a string that says something
 */
export function cleaned(value: unknown, secrets: readonly string[] = []): string | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const printable = withoutSecrets(text, secrets)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  if (printable === '') return undefined;
  return printable.length > LONGEST_MESSAGE ? `${printable.slice(0, LONGEST_MESSAGE)}…` : printable;
}

/** Replaces secrets by `[redacted]`. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  // An app access token spells the app secret out: TH|<app id>|<app secret>.
  const parts = secrets.flatMap((secret) => [secret, secret.split('|').at(-1) ?? '']).filter(Boolean);
  parts.sort((a, b) => b.length - a.length);
  const redact = (from: string) => parts.reduce((rest, part) => rest.replaceAll(part, '[redacted]'), from);

  const redacted = redact(text);
  const decoded = percentDecoded(redacted);
  const inner = redact(decoded);
  return inner === decoded ? redacted : inner;
}

/** Undoes percent-encoding, be it once or more, of whatever is encoded in a text. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%(?:25)*[\da-f]{2})+/gi, (run) =>
    Buffer.from(run.replace(/%(?:25)*(?=[\da-f]{2})/gi, ''), 'hex').toString(),
  );
}
