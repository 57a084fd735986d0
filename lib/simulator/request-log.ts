import type { NextFunction, Request, Response } from 'express';
import onHeaders from 'on-headers';
import { Params, rawQuery } from './params.js';
import type { SimulatedRequest } from './types.js';

const MOST_REQUESTS = 1000;
const MOST_PARAMETERS = 50;
const LONGEST_VALUE = 1000;

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
      path,
      parameters: parametersOf(req),
      time: this.now(),
    };
    this.#requests.push(request);
    if (this.#requests.length > MOST_REQUESTS) this.#requests.shift();
    onHeaders(res, () => {
      request.status = res.statusCode;
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
  for (const [name, value] of new Params(rawQuery(req), req.body).entries()) {
    const values = found.get(name);
    if (values) values.push(shown(name, value));
    else if (found.size < MOST_PARAMETERS) found.set(name, [shown(name, value)]);
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
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}
