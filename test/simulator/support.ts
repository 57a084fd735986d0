import { type RequestOptions, request } from 'node:http';
import type { SimulatedApp, SimulatedUser, ThreadsSimulator } from '../../lib/simulator/index.js';
import { createThreadsSimulator } from '../../lib/simulator/index.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A whole number of seconds, so that Unix seconds are exact. */
export const START = Date.UTC(2026, 0, 15, 12);

export const app = {
  clientID: '1111111111111111',
  clientSecret: 'secret-of-the-app',
  name: 'Postcard Club',
  redirectURIs: ['https://app.example/callback', 'https://app.example/callback?tenant=7'],
} satisfies SimulatedApp;

export const otherApp = {
  clientID: '2222222222222222',
  clientSecret: 'secret-of-the-other-app',
  redirectURIs: ['https://other.example/callback'],
} satisfies SimulatedApp;

export const ada = {
  id: '17841405793187219',
  username: 'ada.okafor',
  name: 'Ada Okafor',
  biography: 'Bridges 📷',
  isVerified: true,
} satisfies SimulatedUser;

export const mateo = {
  id: '9223372036854775807',
  username: 'mateo.rivas',
  testerOf: [],
} satisfies SimulatedUser;

export type Json = Record<string, unknown>;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Json;
  /** The `error` of a Graph answer, without its trace id. */
  error: Json;
}

export interface Fixture {
  simulator: ThreadsSimulator;
  origin: string;
  clock: { now: number };
  get(path: string, query?: Record<string, string> | string): Promise<Answer>;
  post(path: string, form: Record<string, string> | string): Promise<Answer>;
  /** A token from a login that just ended. */
  token(options?: { userId?: string; clientID?: string; scope?: string; longLived?: boolean }): string;
}

/** Starts a simulator on a port of its own before each test, and stops it afterwards. */
export function useSimulator(): Fixture {
  const fixture = { clock: { now: START } } as Fixture;

  beforeEach(async () => {
    fixture.clock.now = START;
    fixture.simulator = createThreadsSimulator({
      apps: [app, otherApp],
      users: [ada, mateo],
      now: () => fixture.clock.now,
    });
    fixture.origin = await fixture.simulator.listen();
  });

  afterEach(() => fixture.simulator.close());

  fixture.get = (path, query = {}) => {
    const search = new URLSearchParams(query).toString();
    return ask(`${fixture.origin}${path}${search && `?${typeof query === 'string' ? query : search}`}`);
  };
  fixture.post = (path, form) =>
    ask(`${fixture.origin}${path}`, { method: 'POST', body: new URLSearchParams(form) });
  fixture.token = (options = {}) => fixture.simulator.issueToken({ clientID: app.clientID, ...options });
  return fixture;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : {};
  const { fbtrace_id, ...error } = json.error ?? {};
  return { status: response.status, headers: response.headers, text, json, error };
}

/** Asks with a `Host` header of choice, which `fetch` does not allow. */
export function statusFor(
  url: string,
  host: string,
  options: RequestOptions = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...options, headers: { host } }, (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    asked.once('error', reject).end();
  });
}
