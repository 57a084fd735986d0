/** A JSON object whose members have not been checked. */
export type JSONObject = Record<string, unknown>;

/** Threads nests five deep. Some parsers take any depth, and walking what they return overflows the stack. */
const DEEPEST = 1000;

let parse: typeof import('lossless-json').parse | undefined;

/**
 * Reads a JSON object without changing a digit: an integer that a double cannot hold, as the ids of Threads
 * are, becomes a string of its digits.
 *
 * @returns the object; `undefined` for `null`, an array or another value, for nesting beyond reason, and for no JSON
 */
export function parseJSONObject(text: string): JSONObject | undefined {
  if (isTooDeep(text)) return undefined;
  try {
    const value = parsePlain(text) ?? parseExactly(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTooDeep(text: string): boolean {
  if (text.length <= DEEPEST) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** Tells whether a parsed value is an object with members. */
export function isObject(value: unknown): value is JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is a string that is not empty. */
export function nonEmptyString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value if it is a finite number, also where it came as its digits. */
export function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A numeric id as its exact digits, whether it came as a number or as a string. */
export function toID(value: unknown): string | undefined {
  const digits = typeof value === 'number' ? String(value) : value;
  return typeof digits === 'string' && /^\d{1,20}$/.test(digits) ? digits : undefined;
}

/** An integer that a double may not hold. */
const LONG_INTEGER = /[:,[]-?\d{16}/;

/** `JSON.parse`, for a text that it reads without a loss: `JSON.stringify` of the value is the same text. */
function parsePlain(text: string): unknown {
  if (LONG_INTEGER.test(text) || text.includes('__proto__')) return undefined;
  const value: unknown = JSON.parse(text);
  return JSON.stringify(value) === text ? value : undefined;
}

function parseExactly(text: string): unknown {
  // Loaded with the first long integer, since it takes 2 ms, a tenth of what the whole package takes to load.
  parse ??= (require('lossless-json') as typeof import('lossless-json')).parse;
  return parse(text, undefined, exactNumber);
}

function exactNumber(digits: string): number | string {
  const number = Number(digits);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? digits : number;
}
