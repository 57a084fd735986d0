import type { Strategy } from 'passport';

/** What a strategy made of a request, in Passport's words. */
export type Outcome =
  | { outcome: 'success'; user: unknown; info: Record<string, unknown> }
  | { outcome: 'fail'; challenge: unknown; status: number | undefined }
  | { outcome: 'error'; error: unknown }
  | { outcome: 'redirect'; url: URL; status: number | undefined }
  | { outcome: 'pass' };

/** A request as a framework hands it over: whatever of it a test cares about. */
export interface RequestLike {
  query?: unknown;
  body?: unknown;
  [name: string]: unknown;
}

/**
 * Runs a strategy the way Passport does, on an object that inherits from it, and resolves with its one outcome.
 * Waits a turn of the event loop longer, so that a second outcome rejects instead of going unnoticed.
 */
export function runStrategy(strategy: Strategy, request: RequestLike = {}, options: object = {}) {
  return new Promise<Outcome>((resolve, reject) => {
    const outcomes: Outcome[] = [];
    const record = (outcome: Outcome) => {
      outcomes.push(outcome);
      if (outcomes.length > 1) {
        const names = outcomes.map((one) => one.outcome).join(', ');
        return reject(new Error(`More than one outcome: ${names}`, { cause: outcomes }));
      }
      setImmediate(() => setImmediate(() => resolve(outcome)));
    };

    const run = Object.create(strategy);
    run.success = (user: unknown, info: Record<string, unknown>) =>
      record({ outcome: 'success', user, info });
    run.fail = (challenge: unknown, status?: number) =>
      typeof challenge === 'number'
        ? record({ outcome: 'fail', challenge: undefined, status: challenge })
        : record({ outcome: 'fail', challenge, status });
    run.redirect = (url: string, status?: number) =>
      record({ outcome: 'redirect', url: new URL(url), status });
    run.error = (error: unknown) => record({ outcome: 'error', error });
    run.pass = () => record({ outcome: 'pass' });

    const req = { method: 'GET', url: '/', headers: {}, query: {}, ...request };
    try {
      run.authenticate(req, options);
    } catch (error) {
      reject(error);
    }
  });
}

type Only<Name extends Outcome['outcome']> = Extract<Outcome, { outcome: Name }>;

/** The outcome, which must be of this kind; what came instead is the `cause` of the failure. */
export function expectOutcome<Name extends Outcome['outcome']>(outcome: Outcome, name: Name): Only<Name> {
  if (outcome.outcome === name) return outcome as Only<Name>;
  const cause = outcome.outcome === 'error' ? outcome.error : outcome;
  throw new Error(`Expected ${name}, got ${outcome.outcome}`, { cause });
}
