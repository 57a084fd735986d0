import type { Queue } from 'bullmq';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TokenJob } from './queue.js';
import type { TokenRows } from './token-rows.js';

/** What the keeper counts. */
export interface Metrics {
  registry: Registry;
  outcomes: Counter<'outcome'>;
  seconds: Histogram;
}

/** Makes the metrics; those of the queue and the database are asked for when somebody looks. */
export function createMetrics(queue: Queue<TokenJob>, rows: TokenRows): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

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
  new Gauge({
    name: 'threads_token_jobs',
    help: 'Jobs in the queue of tokens to look at',
    labelNames: ['state'],
    registers,
    async collect() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });

  return {
    registry,
    outcomes: new Counter({
      name: 'threads_token_looks_total',
      help: 'Tokens that were looked at, by what came of it',
      labelNames: ['outcome'],
      registers,
    }),
    seconds: new Histogram({
      name: 'threads_token_look_seconds',
      help: 'How long it took to look at a token, requests to Threads included',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
  };
}
