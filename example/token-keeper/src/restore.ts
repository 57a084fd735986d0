// npm run tokens:restore -- --since 2026-01-31T08:00Z [--rate N] [--dry-run]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import dotenv from 'dotenv';
import { isThreadsError, ThreadsClient } from 'passport-threads-oauth2';
import { ConfigError, ROOT } from 'threads-reference-example/config';
import { openSQL } from 'threads-reference-example/database';
import { createTokenVault } from 'threads-reference-example/token-vault';
import { KeeperConfigError, loadKeeperConfig } from './config.js';
import { causeOf } from './fault-log.js';
import { createTokenRows } from './token-rows.js';

const PAGE = 500;
const USAGE = 'npm run tokens:restore -- --since 2026-01-31T08:00Z [--rate N] [--dry-run]';

try {
  dotenv.config({ path: join(ROOT, '.env'), quiet: true });
  await run();
} catch (error) {
  const isKnown = error instanceof ConfigError || error instanceof KeeperConfigError || isThreadsError(error);
  console.error(isKnown ? error.message : `The marks cannot be taken back (${causeOf(error)})`);
  process.exitCode = 1;
}

/** Takes back the mark of every token that was marked since then, and of which Threads says that it lives. */
async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      since: { type: 'string' },
      rate: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const since = new Date(values.since ?? '');
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (Number.isNaN(since.getTime()) || (rate !== undefined && !(rate > 0)))
    throw new KeeperConfigError(USAGE);
  const { app, simulator, lease, concurrency } = loadKeeperConfig(process.env);
  const { clientID, clientSecret } = app.threads;
  const threads = new ThreadsClient({ clientID, clientSecret, simulator });
  const vault = await createTokenVault(app.tokenKeys);
  const db = await openSQL(app.databaseURL);
  const rows = createTokenRows(db, lease);
  const counts = { restored: 0, dead: 0, unknown: 0 };
  try {
    for (let after = ''; ; ) {
      const page = await rows.marked(since, after, PAGE);
      const last = page.at(-1);
      if (!last) break;
      after = last.id;
      const inputs = await Promise.all(
        page.map(async (row) => ({ row, accessToken: await vault.open(row.id, row.sealed).catch(() => '') })),
      );
      const readable = inputs.filter(({ accessToken }) => accessToken !== '');
      counts.unknown += inputs.length - readable.length;
      for await (const { input, info, error } of threads.verifyTokens(readable, { concurrency, rate })) {
        if (error) counts.unknown += 1;
        else if (!info.isValid) counts.dead += 1;
        else if (values['dry-run'] || (await rows.restore(input.row))) counts.restored += 1;
      }
    }
  } finally {
    await db.close();
  }
  const verb = values['dry-run'] ? 'would be restored' : 'restored';
  console.log(
    `${counts.restored} ${verb}, ${counts.dead} are dead, ${counts.unknown} could not be asked about.`,
  );
}
