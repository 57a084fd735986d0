import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { note } from './notes.js';

const MAX_LENGTH = 4096;
/** Far above what the protocol needs. A larger body is refused unread, so that no website can fill the memory. */
const LIMIT = '16kb';
/** The end of a note on what Threads is reported to let pass. */
export const UNDOCUMENTED = 'Threads is reported to let this pass, and does not document it';

/** A parameter that came with two values, as an object, or too long. Each endpoint answers it in its own shape. */
export class InvalidParameter extends Error {}

/** Request parameters of any origin, read so that every value is one string of sane length or an error. */
export class Params {
  readonly #values = new Map<string, unknown[]>();

  /**
   * @param sources - queries and bodies
   * @param noteRepeated - is told of a parameter that came more than once with one value
   */
  constructor(
    sources: readonly unknown[],
    private readonly noteRepeated: (name: string) => void = () => {},
  ) {
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
    const value = text(name, values[0]);
    if (values.some((other) => other !== values[0])) {
      throw new InvalidParameter(`The parameter ${name} was given with different values`);
    }
    if (values.length > 1) this.noteRepeated(name);
    return value || undefined;
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
    // JSON, or a form that a body parser of the app around the simulator has read.
    for (const [name, value] of Object.entries(source)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        yield [name, Number.isSafeInteger(item) ? String(item) : item];
      }
    }
  }
}

/** The query as it was sent, without the `?`. */
export function rawQuery(req: Request): string {
  const start = req.url.indexOf('?');
  return start < 0 ? '' : req.url.slice(start + 1);
}

export function bodyParams(req: Request): Params {
  return new Params([req.body]);
}

/** Meta takes form fields from the query as well. */
export function allParams(req: Request): Params {
  return new Params([rawQuery(req), req.body], (name) => note(req, repeated(name)));
}

/** The note on a parameter that came more than once with one value. */
export function repeated(name: string): string {
  return `The parameter ${name} was given more than once, with one value: ${UNDOCUMENTED}`;
}

/** `scope` separates its names by commas or spaces. */
export function scopeNames(scope: string | readonly string[]): string[] {
  const names = typeof scope === 'string' ? scope.split(/[\s,]+/) : scope;
  return [...new Set(names.filter((name) => name !== ''))];
}

/** Reads forms of both encodings and JSON, with every method: Meta's samples send `curl -X GET -F …` too. */
export function readBodies(express: typeof import('express')): RequestHandler[] {
  const urlencoded = express.text({ type: 'application/x-www-form-urlencoded', limit: LIMIT });
  const multipart = express.raw({ type: 'multipart/form-data', limit: LIMIT });
  const json = express.json({ limit: LIMIT });
  return [urlencoded, multipart, json].map(unlessRead).concat(parseMultipart, noteJSON);
}

/** An app around the simulator may have read the body already; Express 4 would wait for it or fail. */
export function unlessRead(reader: RequestHandler): RequestHandler {
  return (req, res, next) => {
    if (req.readableEnded) next();
    else reader(req, res, next);
  };
}

function parseMultipart(req: Request, _res: Response, next: NextFunction): void {
  if (!Buffer.isBuffer(req.body)) {
    next();
    return;
  }
  const form = new globalThis.Response(req.body, { headers: { 'content-type': req.get('content-type')! } });
  form.formData().then(
    (fields) => {
      req.body = fields;
      next();
    },
    () => next(new InvalidParameter('The form could not be read')),
  );
}

function noteJSON(req: Request, _res: Response, next: NextFunction): void {
  if (req.is('json')) note(req, `The body is JSON: ${UNDOCUMENTED}`);
  next();
}
