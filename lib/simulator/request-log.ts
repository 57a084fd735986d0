import type { NextFunction, Request, Response } from 'express';
import onHeaders from 'on-headers';
import { notesOf } from './notes.js';
import { Params, rawQuery } from './params.js';
import type { SimulatedRequest } from './types.js';

const MOST_REQUESTS = 1000;
const MOST_PARAMETERS = 50;
const LONGEST_VALUE = 1000;
/** Characters of a path and of all parameters that are kept of one request. */
const MOST_CHARACTERS = 4000;
/** What a parameter costs beside its characters. */
const PER_PARAMETER = 16;

/** What the simulator was asked, for tests to assert, without anything that is secret. */
export class RequestLog {
  #requests: SimulatedRequest[] = [];

  constructor(private readonly now: () => number) {}

  get requests(): readonly SimulatedRequest[] {
    return [...this.#requests];
  }

  clear(): void {
    this.#requests = [];
  }

  /** Comes before the body is read, so that a request is noted whatever becomes of it. */
  begin(req: Request, res: Response, next: NextFunction): void {
    const { method, path } = req;
    const request: Writable<SimulatedRequest> = {
      method,
      path: copy(path, LONGEST_VALUE),
      parameters: parametersOf(req),
      time: this.now(),
    };
    this.#requests.push(request);
    if (this.#requests.length > MOST_REQUESTS) this.#requests.shift();
    onHeaders(res, () => {
      request.status = res.statusCode;
      const found = notesOf(req);
      if (found.length > 0) request.notes = found;
    });
    res.locals.noteBody = () => {
      request.parameters = parametersOf(req);
    };
    next();
  }

  /** Comes after the body was read. */
  noteBody(_req: Request, res: Response, next: NextFunction): void {
    res.locals.noteBody?.();
    next();
  }
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

function parametersOf(req: Request): SimulatedRequest['parameters'] {
  const found = new Map<string, string[]>();
  let left = MOST_CHARACTERS;
  for (const [name, value] of new Params([rawQuery(req), req.body]).entries()) {
    const values = found.get(name);
    const text = shown(name, value);
    left -= text.length + name.length + PER_PARAMETER;
    if (left < 0) break;
    if (values) values.push(text);
    else if (found.size < MOST_PARAMETERS) found.set(copy(name, MOST_CHARACTERS), [text]);
  }
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]),
  );
}

function shown(name: string, value: unknown): string {
  if (typeof value !== 'string') return '[no text]';
  if (/token|secret|proof|signed|password/i.test(name) || name === 'code' || name === 'state') {
    return '[redacted]';
  }
  return copy(value, LONGEST_VALUE);
}

/** The beginning of a text, copied: V8 keeps the whole text alive for a `slice` of it. */
function copy(text: string, length: number): string {
  const start = Buffer.from(text.slice(0, length), 'utf16le').toString('utf16le');
  return text.length > length ? `${start}…` : start;
}
