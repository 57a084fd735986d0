import { type Job, type Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { isThreadsError } from 'passport-threads-oauth2';
import type { Logger } from 'pino';
import { keepToken, type Tools } from './keep-token.js';
import type { Metrics } from './metrics.js';
import { SEARCHES, TOKENS, type TokenJob, TRIES } from './queue.js';
import { searchDue } from './search.js';

/** What the workers need besides the tools for a token. */
export interface WorkerOptions {
  connection: Redis;
  queue: Queue<TokenJob>;
  tools: Tools;
  log: Logger;
  metrics: Metrics;
  /** The most tokens a second, for all workers together. */
  rate: number;
  concurrency: number;
  /** Milliseconds after which a job of a worker that has gone silent is another one's. */
  lease: number;
}

/** Looks at the tokens in the queue. */
export function startTokenWorker(options: WorkerOptions): Worker<TokenJob> {
  const { connection, tools, log, metrics, rate, concurrency, lease } = options;
  const keep = async ({ data: { id }, attemptsMade }: Job<TokenJob>) => {
    const end = metrics.seconds.startTimer();
    try {
      const outcome = await keepToken(id, tools, attemptsMade + 1 >= TRIES);
      metrics.outcomes.inc({ outcome });
      log.info({ id, outcome }, 'looked at a token');
    } catch (error) {
      const { name, reason, retryAfter } = detailsOf(error);
      const isLimit = reason === 'rate_limited';
      metrics.outcomes.inc({ outcome: isLimit ? 'rate_limited' : 'failed' });
      log.warn({ id, error: name, reason, retryAfter }, 'could not look at a token');
      if (isLimit || retryAfter !== undefined) await worker.rateLimit(pauseFor(retryAfter));
      // A limit is not the token's fault: it goes back into the queue, and this does not count as a try.
      throw isLimit ? Worker.RateLimitError() : error;
    } finally {
      end();
    }
  };
  const worker = new Worker<TokenJob>(TOKENS, keep, {
    connection,
    concurrency,
    limiter: { max: rate, duration: 1000 },
    lockDuration: lease,
    stalledInterval: lease,
    // A job is not to blame for the workers that died over it.
    maxStalledCount: 100,
  });
  return watched(worker, log);
}

/** Looks for tokens that are due, whenever the scheduler of the engine says so. */
export function startSearchWorker({ connection, queue, tools, log }: WorkerOptions): Worker {
  const search = async () => {
    const found = await searchDue(tools.rows, queue);
    if (found > 0) log.info({ found }, 'found tokens that are due');
  };
  return watched(new Worker(SEARCHES, search, { connection, maxStalledCount: 100 }), log);
}

/** Milliseconds for which all workers pause. A limit that lasts longer is asked about again in between. */
function pauseFor(retryAfter = 10): number {
  return Math.min(Math.max(1, retryAfter), 60 * 60) * 1000;
}

/** Without a listener an `error` event would end the process. A Redis that is away is told by its connection. */
function watched<W extends Worker>(worker: W, log: Logger): W {
  worker.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === undefined) log.error({ error: error.name }, 'the queue has a problem');
  });
  return worker;
}

/** What may be logged of an error. Those of the database and of Redis may quote addresses with passwords. */
function detailsOf(error: unknown): { name: string; reason?: string; retryAfter?: number } {
  if (!isThreadsError(error)) {
    const { name, code } = error as { name?: string; code?: string };
    return { name: [name, code].filter(Boolean).join(' ') };
  }
  return {
    name: error.name,
    ...('reason' in error && { reason: error.reason }),
    ...('retryAfter' in error && { retryAfter: error.retryAfter }),
  };
}
