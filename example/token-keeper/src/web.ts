import { createHash, timingSafeEqual } from 'node:crypto';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Metrics } from './metrics.js';

const BOARD = '/queues';

/** What the pages show. */
export interface WebOptions {
  metrics: Metrics;
  queues: Queue[];
  /** Resolves when the database and Redis answer. */
  check: () => Promise<unknown>;
  /** Without one there is no board. */
  boardPassword: string | undefined;
}

/** `/health`, `/metrics` in the text format of Prometheus, and the board of the queue behind a password. */
export function createWeb({ metrics, queues, check, boardPassword }: WebOptions): Express {
  const app = express();
  app.disable('x-powered-by');

  app.get('/health', async (_req, res) => {
    const healthy = await Promise.race([check().then(() => true), late(2000)]).catch(() => false);
    res.status(healthy ? 200 : 503).json({ status: healthy ? 'ok' : 'unavailable' });
  });

  app.get('/metrics', async (_req, res) => {
    res.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  if (boardPassword) {
    const serverAdapter = new ExpressAdapter();
    serverAdapter.setBasePath(BOARD);
    createBullBoard({ queues: queues.map((queue) => new BullMQAdapter(queue)), serverAdapter });
    app.use(BOARD, behindPassword(boardPassword), serverAdapter.getRouter());
  }

  const onError: ErrorRequestHandler = (_error, _req, res, next) => {
    if (res.headersSent) return next(_error);
    res.status(503).type('text').send('Not available at the moment');
  };
  app.use(onError);
  return app;
}

/** HTTP Basic (RFC 7617) with any user name. */
function behindPassword(password: string): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(password);
  return (req, res, next) => {
    const [, credentials = ''] = /^Basic ([\w+/=]+)$/i.exec(req.get('authorization') ?? '') ?? [];
    const given = Buffer.from(credentials, 'base64').toString();
    // Compared as digests, so that the time that it takes says nothing about the password.
    if (timingSafeEqual(digest(given.slice(given.indexOf(':') + 1)), expected)) return next();
    res
      .status(401)
      .set('WWW-Authenticate', 'Basic realm="token keeper"')
      .type('text')
      .send('Password, please');
  };
}

function late(milliseconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, false).unref());
}
