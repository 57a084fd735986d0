import { type ErrorCodes, type Operation, reasonFor } from '../threads/error-codes.js';
import { errorMessage, windowHint } from '../threads/error-messages.js';
import { parseErrorResponse } from '../threads/error-response.js';
import { isObject, nonEmptyString, toNumber } from '../transport/json.js';

/** What the authorization window shows with a code (from public reports: Meta documents none of these codes). */
const WINDOW_ERRORS: Partial<Record<number, string>> = {
  1: 'An unknown error has occurred',
  4476002: 'Authorization Failed: No app ID was sent with the request',
  1349026: 'No application data was given',
  1349168: 'URL Blocked',
  1349187: 'Insecure Login Blocked',
  1349245: 'The user has not accepted the invite to test the app',
};

const HOW =
  'Give the address that ends in error.json?… between quotation marks, the JSON that the browser shows between quotation marks, or a code such as 1349168, 190 or 190/463.';

/**
 * Explains an error of Threads: what it means, and what to do.
 *
 * @param shown - the URL of `error.json` or of a callback, JSON of the window or of the API, or a code: `CODE` or
 * `CODE/SUBCODE`
 * @returns the explanation, or `undefined` where the code is not known
 * @throws Error for what is none of these
 */
export function explain(shown: string): string | undefined {
  const text = shown.trim();
  const bare = /^(\d{1,15})(?:\s*[/ ,]\s*(\d{1,15}))?$/.exec(text);
  if (bare) return byCode(Number(bare[1]), bare[2] === undefined ? undefined : Number(bare[2]));
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return byURL(new URL(text));
  return byJSON(text);
}

function byCode(code: number, subcode: number | undefined): string | undefined {
  const window = subcode === undefined ? windowError(code) : undefined;
  const found = [window, apiError({ code, subcode })].filter((part) => part !== undefined);
  return found.length > 0 ? found.join('\n\n') : undefined;
}

function byURL({ searchParams: query }: URL): string | undefined {
  const errorCode = query.get('error_code');
  if (errorCode !== null) {
    return windowError(toNumber(errorCode) ?? Number.NaN, query.get('error_message') ?? undefined);
  }
  if (/^acce{1,2}ss_denied$/.test(query.get('error') ?? '')) {
    return 'The person pressed Cancel in the authorization window (error=access_denied).\nWhat to do: show that nothing has happened, and let them start again.';
  }
  throw new Error(
    `This address has no error_code. Between \`&\` and its end a shell takes it for another command. ${HOW}`,
  );
}

function byJSON(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error(`This is neither a URL, nor JSON, nor a code. ${HOW}`);
  }
  if (!isObject(body)) throw new Error(`This JSON is not an error of Threads. ${HOW}`);
  if ('error_code' in body) {
    return windowError(toNumber(body.error_code) ?? Number.NaN, nonEmptyString(body.error_message));
  }
  const refusal = parseErrorResponse({ status: 400, body, text, retryAfter: undefined }, []);
  if (!refusal) throw new Error(`This JSON is not an error of Threads. ${HOW}`);
  return apiError(refusal, refusal.message);
}

function windowError(errorCode: number, message = WINDOW_ERRORS[errorCode]): string | undefined {
  const hint = windowHint(errorCode);
  if (hint === undefined) return undefined;
  return `The authorization window shows error_code ${errorCode}: ${quoted(message)}\nWhat to do: ${hint}`;
}

/** What is asked for where these codes are met: they say nothing by themselves. */
const OPERATIONS: Partial<Record<string, Operation>> = { 24: 'getProfile', 101: 'exchangeCode' };

const BEWARE: Partial<Record<string, string>> = {
  100: 'A parameter is wrong, or, where it is "The requested resource does not exist", the token may have been revoked: ask debug_token.',
  452: 'At the exchange for a long-lived token it means that the token is one already: use it as it is.',
  190: 'At the code exchange it is about the app, not about a person: check App ID and App secret.',
};

function apiError({ code, subcode }: ErrorCodes, message?: string): string | undefined {
  const operation = OPERATIONS[String(code)];
  const reason = reasonFor({ code, subcode, ...(message === undefined ? {} : { message }) }, operation);
  const advice = errorMessage({ code, subcode, message: '-' }, reason, operation).replace(/^-(\. )?/, '');
  const remedies = [advice, subcode === undefined || code === 452 ? BEWARE[String(code)] : undefined];
  const todo = remedies.filter(Boolean).join(' ');
  if (todo === '') return undefined;
  const codes = `code ${code ?? 'none'}${subcode === undefined ? '' : `, subcode ${subcode}`}`;
  const heading = `The API answers ${codes}${reason === 'unknown' ? '' : ` (reason: ${reason})`}`;
  return `${heading}${message === undefined ? '' : `: ${quoted(message)}`}\nWhat to do: ${todo}`;
}

/** A text of the input as one line of a terminal. */
function quoted(text = ''): string {
  return `"${text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 300)}"`;
}
