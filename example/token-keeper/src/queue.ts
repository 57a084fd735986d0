import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Due } from './token-rows.js';

/** A job says whose token to look at, and nothing more: no token is ever in Redis. */
export interface TokenJob {
  id: string;
}

/** The queue of tokens that are due. */
export const TOKENS = 'threads-tokens';

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
export async function addTokens(queue: Queue<TokenJob>, tokens: readonly Due[]): Promise<void> {
  await queue.addBulk(
    tokens.map(({ id, end }) => ({
      name: 'keep',
      data: { id },
      opts: {
        deduplication: { id },
        priority: priorityOf(end),
        attempts: TRIES,
        backoff: { type: 'exponential', delay: 2000, jitter: 0.5 },
        removeOnComplete: true,
        // The database knows what is not done, and the log why.
        removeOnFail: true,
        stackTraceLimit: 0,
      },
    })),
  );
}

const TEN_MINUTES = 600;
const YEAR_2024 = 1_704_067_200;
const LAST = 2 ** 21;

/** The ten minutes in which a token ends, counted from 2024. The lowest goes first. */
function priorityOf(end: number): number {
  return Math.min(LAST, Math.max(1, Math.floor((end - YEAR_2024) / TEN_MINUTES)));
}

/**
 * Sees that Redis keeps what it is given.
 *
 * @throws an error that says what to do where it may throw away parts of the queue
 */
export async function requireNoEviction(connection: Redis): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await connection.info('memory'))?.[1];
  if (policy !== undefined && policy !== 'noeviction') throw new EvictionError(policy);
}

/** Redis may throw away parts of the queue. */
export class EvictionError extends Error {
  override readonly name = 'EvictionError';

  constructor(policy: string) {
    super(
      `Redis has maxmemory-policy ${policy}, with which it throws away parts of the queue. Set noeviction, or use a Redis of its own.`,
    );
  }
}
