import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { isThreadsError } from 'passport-threads-oauth2';
import type { Logger } from 'pino';
import type { FaultLog } from './fault-log.js';
import { keepToken, type Tools } from './keep-token.js';
import type { Metrics } from './metrics.js';
import { TOKENS, type TokenJob, TRIES } from './queue.js';

/** What the worker needs besides the tools for a token. */
export interface WorkerOptions {
  connection: Redis;
  tools: Tools;
  log: Logger;
  faults: FaultLog;
  metrics: Metrics;
  /** The most tokens a second, for all workers together. */
  rate: number;
  concurrency: number;
  /** Milliseconds after which a job of a worker that has gone silent is another one's. */
  lease: number;
}

/** Looks at the tokens in the queue. */
export function startTokenWorker(options: WorkerOptions): Worker<TokenJob> {
  const { connection, tools, log, faults, metrics, rate, concurrency, lease } = options;
  const keep = async ({ data: { id }, attemptsMade }: Job<TokenJob>) => {
    const end = metrics.seconds.startTimer();
    try {
      const outcome = await keepToken(id, tools, attemptsMade + 1 >= TRIES);
      metrics.outcomes.inc({ outcome });
      log.info({ id, outcome }, 'looked at a token');
    } catch (error) {
      // A limit of the app is not the token's fault: it goes back into the queue, and this does not count as a try.
      const isLimit = await tools.limits.heed(id, error);
      metrics.outcomes.inc({ outcome: isLimit ? 'rate_limited' : 'failed' });
      const details = detailsOf(error);
      log.warn({ id, ...details }, 'could not look at a token');
      throw isLimit ? Worker.RateLimitError() : withoutWords(details.error);
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
  // Without a listener an `error` event would end the process.
  worker.on('error', (error) => faults.tell('the queue', error));
  return worker;
}

/** What the queue may keep of an error: its words may quote an address, a statement, or a value in it. */
function withoutWords(name: string): Error {
  const error = new Error(`${name}: see the log of the keeper`);
  error.stack = '';
  return error;
}

/** What may be logged of an error. Those of the database and of Redis may quote addresses with passwords. */
function detailsOf(error: unknown): { error: string; reason?: string; retryAfter?: number } {
  if (!isThreadsError(error)) {
    const { name, code } = error as { name?: string; code?: string };
    return { error: [name, code].filter(Boolean).join(' ') };
  }
  return {
    error: error.name,
    ...('reason' in error && { reason: error.reason }),
    ...('retryAfter' in error && { retryAfter: error.retryAfter }),
  };
}
