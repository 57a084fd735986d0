import { setTimeout as delay } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { addTokens, type TokenJob } from './queue.js';
import type { TokenRows } from './token-rows.js';

const PAGE = 500;
/** Milliseconds between two looks at whether the queue runs low. */
const LOOK = 500;

/** What a search needs. */
export interface SearchOptions {
  rows: TokenRows;
  queue: Queue<TokenJob>;
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
export function startSearch({ rows, queue, rate, pollEvery, onFound, onError }: SearchOptions): Search {
  // The queue holds the most urgent ones alone; the others wait in the database. Enough for half a minute.
  const most = Math.min(20_000, Math.max(500, rate * 30));
  const stopped = new AbortController();
  let lastSuccess = Date.now();
  let unmoved: string | undefined;

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

  /** A part of the queue that Redis lost may keep the rest from being added: what is due then stays due. */
  async function mendQueue(first: string | undefined): Promise<void> {
    const isEmpty = (await jobsIn(queue)) === 0;
    if (first !== undefined && isEmpty && first === unmoved) await queue.obliterate({ force: true });
    unmoved = isEmpty ? first : undefined;
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

async function searchDue(rows: TokenRows, queue: Queue<TokenJob>, most: number) {
  const found = await rows.due(most);
  for (let i = 0; i < found.length; i += PAGE) await addTokens(queue, found.slice(i, i + PAGE));
  return found;
}

function jobsIn(queue: Queue<TokenJob>): Promise<number> {
  return queue.getJobCountByTypes('waiting', 'prioritized', 'delayed', 'active');
}
