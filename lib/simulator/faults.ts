import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { hasAppToken } from './access.js';
import { endpointOf } from './endpoints.js';
import { graphRefusal } from './errors.js';
import { allParams } from './params.js';
import { requireMembers } from './settings.js';
import type { SimulatedFault } from './types.js';

const ENDPOINTS = [
  '/oauth/authorize',
  '/oauth/access_token',
  '/access_token',
  '/refresh_access_token',
  '/debug_token',
  '/me',
];
/** The token endpoint, when it is asked for an app token: an endpoint of its own in `fail`. */
const APP_TOKEN = 'app_token';
const LONGEST_DELAY = 2 ** 31 - 1;

interface Planned {
  /** `undefined` for every method. */
  readonly method: string | undefined;
  /** `*` for every endpoint, `app_token` for the token endpoint with `client_credentials`. */
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
    const target = readTarget(endpoint);
    requireFault(fault, target.endpoint);
    const left = fault.times ?? Number.POSITIVE_INFINITY;
    // A fault that lasts gives way to the next one of its endpoint, which would never come otherwise.
    this.#planned = this.#planned.filter(
      (planned) =>
        planned.left !== Number.POSITIVE_INFINITY ||
        planned.endpoint !== target.endpoint ||
        planned.method !== target.method ||
        planned.fault.inspector !== fault.inspector,
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
    const fault = this.#take(req);
    if (!fault) next();
    else if (fault.delay === undefined) this.#happen(fault, res, next);
    else {
      this.#keepWaiting(res);
      setTimeout(() => {
        if (this.#waiting.delete(res)) this.#happen(fault, res, next);
      }, fault.delay).unref();
    }
  }

  #take(req: Request): SimulatedFault | undefined {
    const endpoint = endpointOf(req.path);
    if (!ENDPOINTS.includes(endpoint) && !/^\/\d+$/.test(endpoint)) return undefined;
    const names = ['*', endpoint, ...(asksForAppToken(endpoint, req) ? [APP_TOKEN] : [])];
    const inspector = hasAppToken(req) ? 'app' : 'user';
    const planned = this.#planned.find(
      (candidate) =>
        names.includes(candidate.endpoint) &&
        (candidate.method === undefined || candidate.method === req.method) &&
        (candidate.fault.inspector === undefined || candidate.fault.inspector === inspector),
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
    const { code, status = code === undefined ? undefined : 400 } = fault;
    if (status === undefined) next();
    else answer(status, fault.body ?? defaultBody(status, code), res);
  }
}

function asksForAppToken(endpoint: string, req: Request): boolean {
  return (
    endpoint === '/oauth/access_token' && allParams(req).many('grant_type').includes('client_credentials')
  );
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
function defaultBody(status: number, code: number | undefined): unknown {
  if (code !== undefined) return graphRefusal(code, `(#${code}) The simulator refuses this on purpose`).body;
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
  if (rest === APP_TOKEN) return { method, endpoint: APP_TOKEN };
  const path = URL.canParse(rest) ? endOf(new URL(rest)) : rest;
  const normal = endpointOf(path.startsWith('/') ? path : `/${path}`);
  if (!ENDPOINTS.includes(normal) && !/^\/\d+$/.test(normal)) {
    throw new TypeError(
      `There is no such endpoint: there are ${ENDPOINTS.join(', ')}, /{user-id}, ${APP_TOKEN} for the request for an app token, and * for all, each also with a method in front, as in "POST /oauth/access_token"`,
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

function requireFault(fault: SimulatedFault, endpoint: string): void {
  requireMembers('The fault', fault, {
    status: 'number?',
    code: 'number?',
    inspector: 'string?',
    body: 'any?',
    headers: 'record?',
    delay: 'number?',
    stall: 'boolean?',
    cut: 'boolean?',
    times: 'number?',
  });
  const { status, code, inspector, body, headers = {}, delay, stall, cut, times } = fault;
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw new TypeError('The fault: status must be a whole number from 200 to 599');
  }
  if (delay !== undefined && !(delay >= 0 && delay <= LONGEST_DELAY)) {
    throw new TypeError('The fault: delay must be a number of milliseconds');
  }
  if (times !== undefined && !(Number.isInteger(times) && times > 0)) {
    throw new TypeError('The fault: times must be a whole number above 0');
  }
  if (code !== undefined && !(Number.isInteger(code) && code >= 0)) {
    throw new TypeError('The fault: code must be a code of the Graph API, such as 190');
  }
  if (code !== undefined && (body !== undefined || (status ?? 400) < 400)) {
    throw new TypeError(
      'The fault: a code is the body of a refusal, so leave out body and a status below 400',
    );
  }
  if (inspector !== undefined && inspector !== 'app' && inspector !== 'user') {
    throw new TypeError('The fault: inspector must be "app" or "user"');
  }
  if (inspector !== undefined && endpoint !== '/debug_token') {
    throw new TypeError('The fault: inspector goes with /debug_token alone');
  }
  if (body !== undefined && status === undefined) {
    throw new TypeError('The fault: a body needs a status beside it, such as 200 for a wrong answer');
  }
  if (typeof body !== 'string' && !isJSON(body)) {
    throw new TypeError('The fault: body must be a string, or what JSON can hold');
  }
  if (stall === true && (status !== undefined || code !== undefined || cut === true)) {
    throw new TypeError(
      'The fault: an answer that stalls never comes, so leave out status, code, body and cut',
    );
  }
  if ([status, code, delay].every((value) => value === undefined) && stall !== true && cut !== true) {
    throw new TypeError('The fault: say what goes wrong: status, code, delay, stall or cut');
  }
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') throw new TypeError(`The fault: the header ${name} must be a string`);
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
}
