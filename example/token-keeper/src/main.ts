import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import dotenv from 'dotenv';
import { ThreadsClient } from 'passport-threads-oauth2';
import pino from 'pino';
import { ConfigError, ROOT } from 'threads-reference-example/config';
import { openSQL } from 'threads-reference-example/database';
import { createTokenVault } from 'threads-reference-example/token-vault';
import { KeeperConfigError, loadKeeperConfig } from './config.js';
import { createMetrics } from './metrics.js';
import { connect, createQueue, SEARCHES, TOKENS, type TokenJob } from './queue.js';
import { createTokenRows } from './token-rows.js';
import { createWeb } from './web.js';
import { startSearchWorker, startTokenWorker } from './worker.js';

const log = pino({ name: 'token-keeper' });

try {
  dotenv.config({ path: join(ROOT, '.env'), quiet: true });
  await start();
} catch (error) {
  const known = error instanceof ConfigError || error instanceof KeeperConfigError;
  if (known) console.error(error.message);
  else log.fatal({ error: (error as Error).name, code: (error as { code?: string }).code }, 'cannot start');
  process.exit(1);
}

async function start(): Promise<void> {
  const config = loadKeeperConfig(process.env);
  const { app, endpoints, lease, rate, concurrency, pollEvery } = config;
  const vault = await createTokenVault(app.tokenKeys);
  const db = await openSQL(app.databaseURL);
  const rows = createTokenRows(db, lease);
  const { clientID, clientSecret } = app.threads;
  const threads = new ThreadsClient({ clientID, clientSecret, ...endpoints });

  const connection = connect(config.redisURL);
  let isAway = false;
  connection.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (!isAway) log.error({ code }, 'Redis is away');
    isAway = true;
  });
  const queue = createQueue<TokenJob>(TOKENS, connection);
  const searches = createQueue(SEARCHES, connection);
  const metrics = createMetrics(queue, rows);
  const tools = {
    rows,
    vault,
    threads,
    now: Date.now,
    warn: (message: string, details: object) => log.warn(details, message),
  };
  const options = { connection, queue, tools, log, metrics, rate, concurrency, lease };
  const workers = [startSearchWorker(options), startTokenWorker(options)];

  // All processes say the same, and again whenever Redis comes back: it may have forgotten everything.
  const schedule = () =>
    searches
      .upsertJobScheduler(
        'search',
        { every: pollEvery },
        { opts: { removeOnComplete: true, removeOnFail: true } },
      )
      .catch((error: Error) => log.error({ error: error.name }, 'cannot schedule'));
  connection.on('ready', () => {
    if (isAway) log.info('Redis is back');
    isAway = false;
    schedule();
  });
  await schedule();

  const check = () => Promise.all([connection.ping(), db.check()]);
  const server = createServer(
    createWeb({ metrics, queues: [queue, searches], check, boardPassword: config.boardPassword }),
  );
  await once(server.listen(config.port, config.host), 'listening');

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      log.info('stopping after the tokens under way');
      server.close();
      server.closeIdleConnections();
      const closed = (async () => {
        await Promise.all(workers.map((worker) => worker.close()));
        await Promise.all([queue.close(), searches.close()]);
        await connection.quit();
      })();
      // The engine waits for a Redis that is away. By the end of its lease a token is another one's anyway.
      const isClosed = await Promise.race([
        closed.then(
          () => true,
          () => false,
        ),
        delay(lease, false),
      ]);
      await db.close();
      if (!isClosed) log.warn('stopped without Redis');
      process.exit(isClosed ? 0 : 1);
    });
  }
  log.info({ port: (server.address() as AddressInfo).port, rate, concurrency }, 'keeping tokens');
}
