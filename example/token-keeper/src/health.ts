import type { Redis } from 'ioredis';
import type { SQL } from 'threads-reference-example/sql';
import { requireNoEviction } from './queue.js';
import type { Search } from './search.js';

/** Milliseconds within which the database and Redis must answer. */
const MOST_PATIENCE = 2000;

/** What is wrong, by what has the fault; empty where the keeper can do its work. */
export type Health = () => Promise<Record<string, unknown>>;

/** @param pollEvery - milliseconds between two searches; after three without one that went well, the keeper is ill */
export function createHealth(db: SQL, redis: Redis, search: Search, pollEvery: number): Health {
  const checks: Record<string, () => Promise<unknown>> = {
    database: () => db.check(),
    async redis() {
      await requireNoEviction(redis);
      // A replica, and one that is full, answer questions and take nothing.
      await redis.set('threads-keeper:health', Date.now(), 'EX', 60);
    },
    async search() {
      if (Date.now() - search.lastSuccess() > 3 * pollEvery + MOST_PATIENCE)
        throw new Error('No search went well');
    },
  };
  return async () => {
    const faults: Record<string, unknown> = {};
    await Promise.all(
      Object.entries(checks).map(([of, check]) =>
        inTime(check()).catch((error: unknown) => {
          faults[of] = error;
        }),
      ),
    );
    return faults;
  };
}

/** A question to a Redis that is away waits for it to come back, which nobody who looks at a page wants to. */
export function inTime<Value>(answer: Promise<Value>): Promise<Value> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(
      () => reject(Object.assign(new Error('No answer in time'), { code: 'TIMEOUT' })),
      MOST_PATIENCE,
    ).unref();
  });
  return Promise.race([answer, late]);
}
