import { isThreadsError, type ThreadsError } from 'passport-threads-oauth2';

/** Tells one person's rate limit from the app's, and stops everything for the app's alone. */
export interface Limits {
  /** Threads answered something else than a rate limit. */
  passed(): void;
  /**
   * Whether an error is the limit of this person alone. A rate limit that does not say whose it is counts as a person's
   * until it has met several persons in a row.
   */
  isOfPerson(id: string, error: unknown): boolean;
  /** Stops the workers where an error is a limit of the app. Resolves to whether it was. */
  heed(id: string, error: unknown): Promise<boolean>;
  /** Milliseconds for which a limit wants to be left alone. */
  waitFor(error: unknown): number;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** So many persons in a row make a limit the app's. */
const IN_A_ROW = 3;

/** @param pause - stops all workers for so many milliseconds */
export function createLimits(pause: (milliseconds: number) => Promise<unknown>): Limits {
  let inARow: string[] = [];

  function ofWhom(id: string, error: unknown): 'app' | 'person' | undefined {
    if (!isThreadsError(error)) return undefined;
    const known = 'rateLimitOf' in error ? error.rateLimitOf : undefined;
    if (known) return known;
    const isLimit = ('reason' in error && error.reason === 'rate_limited') || statusOf(error) === 429;
    // A server that is down may say when to come back, too.
    if (!isLimit) return 'retryAfter' in error && error.retryAfter !== undefined ? 'app' : undefined;
    if (!inARow.includes(id)) inARow = [...inARow, id].slice(-IN_A_ROW);
    return inARow.length === IN_A_ROW ? 'app' : 'person';
  }

  function waitFor(error: unknown): number {
    const retryAfter = isThreadsError(error) && 'retryAfter' in error ? error.retryAfter : undefined;
    return Math.min(Math.max(SECOND, (retryAfter ?? 60) * SECOND), HOUR);
  }

  return {
    passed() {
      inARow = [];
    },
    isOfPerson: (id, error) => ofWhom(id, error) === 'person',
    async heed(id, error) {
      if (ofWhom(id, error) !== 'app') return false;
      await pause(waitFor(error));
      return true;
    },
    waitFor,
  };
}

/** A final answer of Threads, which asking again would not change, as opposed to a fault and a limit. */
export function isRefusal(error: unknown): error is ThreadsError {
  return isThreadsError(error) && !('isTransient' in error && error.isTransient) && statusOf(error) !== 429;
}

function statusOf(error: ThreadsError): number | undefined {
  return 'httpStatus' in error ? error.httpStatus : undefined;
}
