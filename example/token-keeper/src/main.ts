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
import { SchemaError } from 'threads-reference-example/schema';
import type { SQL } from 'threads-reference-example/sql';
import { createTokenVault, type TokenVault } from 'threads-reference-example/token-vault';
import { createTokens } from 'threads-reference-example/tokens';
import { createClock } from './clock.js';
import { KeeperConfigError, loadKeeperConfig } from './config.js';
import { causeOf, createFaultLog } from './fault-log.js';
import { createFuse } from './fuse.js';
import { createHealth } from './health.js';
import { createLimits } from './limits.js';
import { createMetrics } from './metrics.js';
import { connect, createQueue, EvictionError, requireNoEviction, TOKENS, type TokenJob } from './queue.js';
import { startSearch } from './search.js';
import { createTokenRows } from './token-rows.js';
import { createWeb } from './web.js';
import { startTokenWorker } from './worker.js';

const log = pino({ name: 'token-keeper' });

/** What the person at the terminal can do something about. */
const MENDABLE = [ConfigError, KeeperConfigError, SchemaError, EvictionError];

try {
  dotenv.config({ path: join(ROOT, '.env'), quiet: true });
  await start();
} catch (error) {
  if (MENDABLE.some((kind) => error instanceof kind)) console.error((error as Error).message);
  else log.fatal({ cause: causeOf(error) }, 'cannot start');
  process.exit(1);
}

async function start(): Promise<void> {
  const config = loadKeeperConfig(process.env);
  const { app, simulator, lease, rate, concurrency, pollEvery } = config;
  const vault = await createTokenVault(app.tokenKeys);
  const db = await openSQL(app.databaseURL);
  await requireFittingKey(db, vault);

  const faults = createFaultLog(log);
  const connection = connect(config.redisURL);
  connection.on('error', (error) => faults.tell('Redis', error));
  connection.on('ready', () => faults.over('Redis'));
  await requireNoEviction(connection);

  const clock = createClock(new URL(simulator ?? 'https://graph.threads.net').origin, (offset) => {
    if (offset === 0) log.info('the clock is right again');
    else
      log.warn(
        { seconds: Math.round(offset / 1000) },
        "the clock of this machine is wrong: Threads' is used",
      );
  });
  const { clientID, clientSecret } = app.threads;
  const threads = new ThreadsClient({ clientID, clientSecret, simulator, now: clock.now });
  // The first answer tells the time, before anything is decided by it.
  await threads.getAppAccessToken().catch((error: unknown) => faults.tell('Threads', error));

  const rows = createTokenRows(db, lease, clock.now);
  const queue = createQueue<TokenJob>(TOKENS, connection);
  const fuse = createFuse({ percent: config.fusePercent });
  const search = startSearch({
    rows,
    queue,
    connection,
    rate,
    pollEvery,
    onFound: (found) => {
      faults.over('the search');
      log.info({ found }, 'found tokens that are due');
    },
    onError: (error) => faults.tell('the search', error),
  });
  const metrics = createMetrics({ queue, rows, fuse, clock, lastSearch: search.lastSuccess });
  const tools = {
    rows,
    vault,
    threads,
    fuse,
    limits: createLimits((milliseconds) => worker.rateLimit(milliseconds)),
    now: clock.now,
    storeFor: lease,
    warn: (message: string, details: object) => log.warn(details, message),
  };
  const worker = startTokenWorker({ connection, tools, log, faults, metrics, rate, concurrency, lease });

  const health = createHealth(db, connection, search, pollEvery);
  const server = createServer(
    createWeb({ metrics, queues: [queue], health, boardPassword: config.boardPassword }),
  );
  await once(server.listen(config.port, config.host), 'listening');

  let isStopping = false;
  async function stop(): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    log.info('stopping after the tokens under way');
    server.close();
    server.closeIdleConnections();
    const closed = (async () => {
      await Promise.all([search.stop(), worker.close()]);
      await queue.close();
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
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  if (process.env.npm_lifecycle_event) {
    // npm hands SIGTERM to its shell, which ends and hands it to nobody.
    const shell = process.ppid;
    setInterval(() => process.ppid !== shell && stop(), 200).unref();
  }
  log.info({ port: (server.address() as AddressInfo).port, rate, concurrency }, 'keeping tokens');
}

/** With a wrong key the keeper would put off every token, and nobody would notice before they have expired. */
async function requireFittingKey(db: SQL, vault: TokenVault): Promise<void> {
  const keyIDs = [...(await createTokens(db, vault).countByKey()).keys()];
  if (keyIDs.length === 0 || keyIDs.some((keyID) => vault.keyIDs.includes(keyID))) return;
  throw new KeeperConfigError(
    `No key in TOKEN_KEYS (${vault.keyIDs.join(', ')}) opens any of the stored tokens, which were sealed with ${keyIDs.join(', ')}. Nothing has been changed.`,
  );
}
