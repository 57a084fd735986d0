/** A JSON object whose members nobody has checked yet. */
export type JSONObject = Record<string, unknown>;

/** Threads nests five deep. Some parsers take any depth, and what they return overflows the stack of whoever walks it. */
const DEEPEST = 1000;

let parse: typeof import('lossless-json').parse | undefined;

/**
 * Reads a JSON object without changing a digit: an integer that a double cannot hold, as the ids of Threads
 * are, becomes a string of its digits.
 *
 * @returns the object; `undefined` for anything else, be it `null`, an array, nested beyond reason or no JSON at all
 */
export function parseJSONObject(text: string): JSONObject | undefined {
  if (isTooDeep(text)) return undefined;
  try {
    parse ??= (require('lossless-json') as typeof import('lossless-json')).parse;
    const value = parse(text, undefined, exactNumber);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTooDeep(text: string): boolean {
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

/** The value if it is a string that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value if it is a finite number, also where it came as its digits. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A numeric id as its exact digits, whether it came as a number or as a string. */
export function idOf(value: unknown): string | undefined {
  const digits = typeof value === 'number' ? String(value) : value;
  return typeof digits === 'string' && /^\d{1,20}$/.test(digits) ? digits : undefined;
}

function exactNumber(digits: string): number | string {
  const number = Number(digits);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? digits : number;
}
