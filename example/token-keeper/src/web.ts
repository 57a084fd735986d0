import { createHash, timingSafeEqual } from 'node:crypto';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { causeOf } from './fault-log.js';
import { type Health, inTime } from './health.js';
import type { Metrics } from './metrics.js';

const BOARD = '/queues';

/** What the pages show. */
export interface WebOptions {
  metrics: Metrics;
  queues: Queue[];
  health: Health;
  /** Without one there is no board. */
  boardPassword: string | undefined;
}

/** `/health`, `/metrics` in the text format of Prometheus, and the board of the queue behind a password. */
export function createWeb({ metrics, queues, health, boardPassword }: WebOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    // A browser sends the password of the board along with any page that frames it.
    res.set('Content-Security-Policy', "frame-ancestors 'none'");
    next();
  });

  app.get('/health', async (_req, res) => {
    const faults = Object.entries(await health()).map(([of, error]) => [of, causeOf(error)]);
    if (faults.length === 0) res.json({ status: 'ok' });
    else res.status(503).json({ status: 'unavailable', faults: Object.fromEntries(faults) });
  });

  app.get('/metrics', async (_req, res) => {
    res.type(metrics.registry.contentType).send(await inTime(metrics.registry.metrics()));
  });

  if (boardPassword) {
    const serverAdapter = new ExpressAdapter();
    serverAdapter.setBasePath(BOARD);
    createBullBoard({ queues: queues.map((queue) => new BullMQAdapter(queue)), serverAdapter });
    app.use(BOARD, behindPassword(boardPassword), refuseOtherSites, serverAdapter.getRouter());
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

/** A browser sends the password along with a form of any website, too. */
const refuseOtherSites: RequestHandler = (req, res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD') return next();
  const site = req.get('sec-fetch-site');
  const origin = req.get('origin');
  const isOwn = site
    ? site === 'same-origin' || site === 'none'
    : origin === undefined || (URL.canParse(origin) && new URL(origin).host === req.get('host'));
  if (isOwn) return next();
  res.status(403).type('text').send('This came from another website');
};
