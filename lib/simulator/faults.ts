import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { endpointOf } from './endpoints.js';
import { graphRefusal } from './errors.js';
import { requireMembers } from './members.js';
import type { SimulatedFault } from './types.js';

const ENDPOINTS = [
  '/oauth/authorize',
  '/oauth/access_token',
  '/access_token',
  '/refresh_access_token',
  '/debug_token',
  '/me',
];
const LONGEST_DELAY = 2 ** 31 - 1;

interface Planned {
  /** `undefined` for every method. */
  readonly method: string | undefined;
  /** `*` for every endpoint. */
  readonly endpoint: string;
  readonly fault: SimulatedFault;
  /** How many more requests; infinite for a fault that lasts. */
  left: number;
}

/** The faults that a test planned, in the order in which they come. */
export class Faults {
  #planned: Planned[] = [];
  readonly #waiting = new Set<Response>();

  /** @throws TypeError for an unknown endpoint or a fault that contradicts itself */
  add(endpoint: string, fault: SimulatedFault): void {
    requireFault(fault);
    const target = readTarget(endpoint);
    const left = fault.times ?? Number.POSITIVE_INFINITY;
    // A fault that lasts gives way to the next one of its endpoint, which would never come otherwise.
    this.#planned = this.#planned.filter(
      (planned) =>
        planned.left !== Number.POSITIVE_INFINITY ||
        planned.endpoint !== target.endpoint ||
        planned.method !== target.method,
    );
    this.#planned.push({ ...target, fault: { ...fault }, left });
  }

  /** Forgets every fault, and hangs up on those whom one of them still keeps waiting. */
  reset(): void {
    this.#planned = [];
    for (const res of this.#waiting) res.destroy();
  }

  /** The middleware that lets a planned fault happen instead of the answer, or to it. */
  handle(req: Request, res: Response, next: NextFunction): void {
    const fault = this.#take(req.method, endpointOf(req.path));
    if (!fault) next();
    else if (fault.delay === undefined) this.#happen(fault, res, next);
    else {
      this.#keepWaiting(res);
      setTimeout(() => {
        if (this.#waiting.delete(res)) this.#happen(fault, res, next);
      }, fault.delay).unref();
    }
  }

  #take(method: string, endpoint: string): SimulatedFault | undefined {
    if (!ENDPOINTS.includes(endpoint) && !/^\/\d+$/.test(endpoint)) return undefined;
    const planned = this.#planned.find(
      (candidate) =>
        (candidate.endpoint === '*' || candidate.endpoint === endpoint) &&
        (candidate.method === undefined || candidate.method === method),
    );
    if (!planned) return undefined;
    planned.left -= 1;
    if (planned.left === 0) this.#planned = this.#planned.filter((other) => other !== planned);
    return planned.fault;
  }

  #keepWaiting(res: Response): void {
    this.#waiting.add(res);
    res.once('close', () => this.#waiting.delete(res));
  }

  #happen(fault: SimulatedFault, res: Response, next: NextFunction): void {
    if (fault.stall === true) {
      this.#keepWaiting(res);
      return;
    }
    if (fault.cut === true) cutShort(res);
    if (fault.headers) res.set(fault.headers);
    if (fault.status === undefined) next();
    else answer(fault.status, fault.body ?? defaultBody(fault.status), res);
  }
}

function answer(status: number, body: unknown, res: Response): void {
  res.status(status);
  if (typeof body !== 'string') {
    res.json(body);
    return;
  }
  if (!res.hasHeader('content-type')) res.type('html');
  res.send(body);
}

/** What Threads says with such a status (Meta: Graph API, Handle Errors). */
function defaultBody(status: number): unknown {
  if (status < 400) return '';
  if (status === 429) return graphRefusal(4, '(#4) Application request limit reached').body;
  if (status < 500) return graphRefusal(100, '(#100) Invalid parameter').body;
  return graphRefusal(2, 'An unexpected error has occurred. Please retry your request later.').body;
}

/** Hangs up in the middle of the body, or before the answer when it has none. */
function cutShort(res: Response): void {
  res.end = ((chunk?: unknown) => {
    const body =
      typeof chunk === 'string' || Buffer.isBuffer(chunk) ? Buffer.from(chunk as string) : undefined;
    if (!body || body.length === 0) res.destroy();
    else res.write(body.subarray(0, Math.floor(body.length / 2)), () => res.destroy());
    return res;
  }) as Response['end'];
}

function readTarget(endpoint: string): Pick<Planned, 'method' | 'endpoint'> {
  const [, method, rest = ''] = /^(?:(GET|POST|HEAD) )?(.*)$/s.exec(String(endpoint)) ?? [];
  if (rest === '*') return { method, endpoint: '*' };
  const path = URL.canParse(rest) ? endOf(new URL(rest)) : rest;
  const normal = endpointOf(path.startsWith('/') ? path : `/${path}`);
  if (!ENDPOINTS.includes(normal) && !/^\/\d+$/.test(normal)) {
    throw new TypeError(
      `There is no such endpoint: there are ${ENDPOINTS.join(', ')}, /{user-id} and * for all, each also with a method in front, as in "POST /oauth/access_token"`,
    );
  }
  return { method, endpoint: normal };
}

/** What `endpointsAt` made of an origin with a path, without that path. */
function endOf({ pathname }: URL): string {
  return new RegExp(`(?:${ENDPOINTS.join('|')}|/\\d+)/?$`).exec(pathname)?.[0] ?? pathname;
}

function isJSON(value: unknown = null): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

function requireFault(fault: SimulatedFault): void {
  requireMembers('The fault', fault, {
    status: 'number?',
    body: 'any?',
    headers: 'record?',
    delay: 'number?',
    stall: 'boolean?',
    cut: 'boolean?',
    times: 'number?',
  });
  const { status, body, headers = {}, delay, stall, cut, times } = fault;
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw new TypeError('The fault: status must be a whole number from 200 to 599');
  }
  if (delay !== undefined && !(delay >= 0 && delay <= LONGEST_DELAY)) {
    throw new TypeError('The fault: delay must be a number of milliseconds');
  }
  if (times !== undefined && !(Number.isInteger(times) && times > 0)) {
    throw new TypeError('The fault: times must be a whole number above 0');
  }
  if (body !== undefined && status === undefined) {
    throw new TypeError('The fault: a body needs a status beside it, such as 200 for a wrong answer');
  }
  if (typeof body !== 'string' && !isJSON(body)) {
    throw new TypeError('The fault: body must be a string, or what JSON can hold');
  }
  if (stall === true && (status !== undefined || cut === true)) {
    throw new TypeError('The fault: an answer that stalls never comes, so leave out status, body and cut');
  }
  if (status === undefined && delay === undefined && stall !== true && cut !== true) {
    throw new TypeError('The fault: say what goes wrong: status, delay, stall or cut');
  }
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') throw new TypeError(`The fault: the header ${name} must be a string`);
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
}
