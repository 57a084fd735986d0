import type { Request } from 'express';

const MAX_LENGTH = 4096;

/** A parameter that came twice, as an object, or too long. Each endpoint answers it in its own shape. */
export class InvalidParameter extends Error {}

/** Request parameters of any origin, read so that every value is one string of sane length or an error. */
export class Params {
  readonly #values = new Map<string, unknown[]>();

  constructor(...sources: unknown[]) {
    for (const source of sources) {
      for (const [name, value] of entries(source)) {
        const values = this.#values.get(name);
        if (values) values.push(value);
        else this.#values.set(name, [value]);
      }
    }
  }

  /** The one value, or `undefined` when the parameter is absent or empty. */
  one(name: string): string | undefined {
    const values = this.#values.get(name);
    if (!values) return undefined;
    if (values.length > 1) throw new InvalidParameter(`The parameter ${name} must be given only once`);
    return text(name, values[0]) || undefined;
  }

  /** Everything as it came, for the request log. */
  *entries(): Iterable<[string, unknown]> {
    for (const [name, values] of this.#values) for (const value of values) yield [name, value];
  }

  /** All values of a parameter that may repeat, such as a ticked checkbox. */
  many(name: string): string[] {
    return (this.#values.get(name) ?? []).map((value) => text(name, value));
  }
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new InvalidParameter(`The parameter ${name} must be a string`);
  if (value.length > MAX_LENGTH) throw new InvalidParameter(`The parameter ${name} is too long`);
  return value;
}

function* entries(source: unknown): Iterable<[string, unknown]> {
  if (typeof source === 'string') {
    yield* new URLSearchParams(source);
  } else if (source instanceof FormData) {
    yield* source;
  } else if (typeof source === 'object' && source !== null) {
    // The body was parsed before it reached us: the simulator is mounted in an app with a body parser.
    for (const [name, value] of Object.entries(source)) {
      for (const item of Array.isArray(value) ? value : [value]) yield [name, item];
    }
  }
}

/** The query as it was sent, without the `?`. */
export function rawQuery(req: Request): string {
  const start = req.url.indexOf('?');
  return start < 0 ? '' : req.url.slice(start + 1);
}

export function bodyParams(req: Request): Params {
  return new Params(req.body);
}

/** Meta takes form fields from the query as well. */
export function allParams(req: Request): Params {
  return new Params(rawQuery(req), req.body);
}

/** `scope` separates its names by commas or spaces. */
export function scopeNames(scope: string | readonly string[]): string[] {
  const names = typeof scope === 'string' ? scope.split(/[\s,]+/) : scope;
  return [...new Set(names.filter((name) => name !== ''))];
}
