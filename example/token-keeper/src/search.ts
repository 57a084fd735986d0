import { setTimeout as delay } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { addTokens, type TokenJob } from './queue.js';
import type { TokenRows } from './token-rows.js';

const PAGE = 500;
/** Milliseconds between two looks at whether the queue runs low. */
const LOOK = 500;

/** What a search needs. */
export interface SearchOptions {
  rows: TokenRows;
  queue: Queue<TokenJob>;
  connection: Redis;
  /** The most tokens that are looked at in a second. */
  rate: number;
  /** Milliseconds between two searches. */
  pollEvery: number;
  onFound: (count: number) => void;
  onError: (error: unknown) => void;
}

/** Looks in the database for tokens that are due, again and again. No key of Redis has a say in it. */
export interface Search {
  /** When a search last went well, in milliseconds since the epoch; at first, when it was started. */
  lastSuccess(): number;
  stop(): Promise<void>;
}

/** Starts to search. Every process does, since what is in the queue already is not added again. */
export function startSearch(options: SearchOptions): Search {
  const { rows, queue, connection, rate, pollEvery, onFound, onError } = options;
  // The queue holds the most urgent ones alone; the others wait in the database. Enough for half a minute.
  const most = Math.min(20_000, Math.max(500, rate * 30));
  const stopped = new AbortController();
  let lastSuccess = Date.now();
  let lost: string | undefined;

  const running = (async () => {
    while (!stopped.signal.aborted) {
      let isMore = false;
      try {
        const found = await searchDue(rows, queue, most);
        isMore = found.length === most;
        if (found.length > 0) onFound(found.length);
        await mendQueue(found[0]?.id);
        lastSuccess = Date.now();
      } catch (error) {
        if (!stopped.signal.aborted) onError(error);
      }
      await untilNext(isMore);
    }
  })();

  /**
   * What Redis lost of the queue may leave a job that no worker ever gets, and that keeps its token from being added
   * again. The most urgent token tells: the whole queue is then made anew, from the database.
   */
  async function mendQueue(first: string | undefined): Promise<void> {
    const job = first === undefined ? null : await queue.getDeduplicationJobId(first);
    const isLost = job !== null && (await queue.getJobState(job)) === 'unknown';
    // A job may end in between, but not the same one twice.
    if (isLost && job === lost) await dropQueue(queue, connection);
    lost = isLost ? job : undefined;
  }

  /** Waits for the next search; where more is due than the queue holds, until it runs low. */
  async function untilNext(isMore: boolean): Promise<void> {
    const searchAt = performance.now() + pollEvery;
    while (!stopped.signal.aborted && performance.now() < searchAt) {
      await delay(Math.min(LOOK, pollEvery), undefined, { signal: stopped.signal }).catch(() => {});
      if (isMore && (await jobsIn(queue).catch(() => most)) < most / 2) return;
    }
  }

  return {
    lastSuccess: () => lastSuccess,
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

/** Removes the jobs, but not that the queue is paused, by a person or by a rate limit. */
async function dropQueue(queue: Queue<TokenJob>, connection: Redis): Promise<void> {
  const kept = ['meta', 'id', 'limiter'].map((name) => queue.toKey(name));
  for await (const keys of connection.scanStream({ match: queue.toKey('*'), count: 500 })) {
    const lost = (keys as string[]).filter((key) => !kept.includes(key));
    if (lost.length > 0) await connection.unlink(...lost);
  }
}

async function searchDue(rows: TokenRows, queue: Queue<TokenJob>, most: number) {
  const found = await rows.due(most);
  for (let i = 0; i < found.length; i += PAGE) await addTokens(queue, found.slice(i, i + PAGE));
  return found;
}

function jobsIn(queue: Queue<TokenJob>): Promise<number> {
  return queue.getJobCountByTypes('waiting', 'prioritized', 'delayed', 'active');
}
