import type { Queue } from 'bullmq';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from './clock.js';
import type { Fuse } from './fuse.js';
import type { TokenJob } from './queue.js';
import type { TokenRows } from './token-rows.js';

/** What the keeper counts. */
export interface Metrics {
  registry: Registry;
  outcomes: Counter<'outcome'>;
  seconds: Histogram;
}

/** What the metrics are read from. */
export interface MetricsSources {
  queue: Queue<TokenJob>;
  rows: TokenRows;
  fuse: Fuse;
  clock: Pick<Clock, 'offset'>;
  /** When a search last went well, in milliseconds since the epoch. */
  lastSearch: () => number;
}

/** Makes the metrics; those of the queue and the database are asked for when somebody looks. */
export function createMetrics({ queue, rows, fuse, clock, lastSearch }: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });

  new Gauge({
    name: 'threads_tokens',
    help: 'People in the database, by whether their token is kept or they have to sign in again',
    labelNames: ['state'],
    registers,
    async collect() {
      const { kept, requiresLogin } = await rows.count();
      this.set({ state: 'kept' }, kept);
      this.set({ state: 'requires_login' }, requiresLogin);
    },
  });
  const oldest = new Gauge({
    name: 'threads_token_oldest_due_seconds',
    help: 'Since when the oldest token that is due has been due',
    registers,
  });
  const endingSoon = new Gauge({
    name: 'threads_tokens_ending_soon',
    help: 'Living tokens that end within 72 hours and should long have been refreshed',
    registers,
  });
  gauge('threads_token_backlog', 'Tokens that are due', async () => {
    const backlog = await rows.backlog();
    oldest.set(backlog.oldest);
    endingSoon.set(backlog.endingSoon);
    return backlog.due;
  });
  new Gauge({
    name: 'threads_token_jobs',
    help: 'Jobs in the queue of tokens to look at',
    labelNames: ['state'],
    registers,
    async collect() {
      const counts = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
  gauge(
    'threads_keeper_paused',
    '1 while the queue is paused, by a person or a rate limit of the app',
    async () => ((await queue.isPaused()) || (await queue.getRateLimitTtl()) > 1000 ? 1 : 0),
  );
  gauge(
    'threads_keeper_last_search_timestamp_seconds',
    'When a search last went well',
    () => lastSearch() / 1000,
  );
  gauge('threads_keeper_fuse_blown', '1 while too many tokens look dead to mark any', () =>
    fuse.isBlown() ? 1 : 0,
  );
  gauge(
    'threads_keeper_clock_offset_seconds',
    'By how much the clock of this machine is behind that of Threads',
    () => clock.offset() / 1000,
  );

  const outcomes = new Counter({
    name: 'threads_token_looks_total',
    help: 'Tokens that were looked at, by what came of it',
    labelNames: ['outcome'],
    registers,
  });
  // A counter that begins with its first event shows no increase for it.
  for (const outcome of ['refused', 'unreadable', 'failed', 'held', 'doubtful']) outcomes.inc({ outcome }, 0);
  return {
    registry,
    outcomes,
    seconds: new Histogram({
      name: 'threads_token_look_seconds',
      help: 'How long it took to look at a token, requests to Threads included',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
  };
}
