import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

/** A job says whose token to look at, and nothing more: no token is ever in Redis. */
export interface TokenJob {
  id: string;
}

/** The queue of tokens that are due. */
export const TOKENS = 'threads-tokens';
/** The queue whose one job, again and again, looks for tokens that are due. */
export const SEARCHES = 'threads-token-searches';

/** How often a token is tried, later each time, before it is left alone for an hour. */
export const TRIES = 5;

/** Connects to Redis. The engine wants to wait for a Redis that is away, and not to give up. */
export function connect(url: string): Redis {
  return new Redis(url, { maxRetriesPerRequest: null });
}

/** A queue. What goes wrong with its connection is told by the connection itself. */
export function createQueue<Data>(name: string, connection: Redis): Queue<Data> {
  return new Queue<Data>(name, { connection }).on('error', () => {});
}

/** Adds tokens to look at. One that is waiting or being looked at is not added again. */
export async function addTokens(queue: Queue<TokenJob>, ids: readonly string[]): Promise<void> {
  await queue.addBulk(
    ids.map((id) => ({
      name: 'keep',
      data: { id },
      opts: {
        deduplication: { id },
        attempts: TRIES,
        backoff: { type: 'exponential', delay: 2000, jitter: 0.5 },
        removeOnComplete: true,
        removeOnFail: { count: 1000 },
      },
    })),
  );
}
