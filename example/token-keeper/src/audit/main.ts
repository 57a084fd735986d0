// npm run tokens:audit -- [--json FILE] [--csv FILE] [--findings FILE] [--rate N] [--dry-run]
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import dotenv from 'dotenv';
import { isThreadsError, ThreadsClient } from 'passport-threads-oauth2';
import { ConfigError, ROOT } from 'threads-reference-example/config';
import { openSQL } from 'threads-reference-example/database';
import { createTokenVault } from 'threads-reference-example/token-vault';
import { KeeperConfigError, loadKeeperConfig } from '../config.js';
import { createFuse } from '../fuse.js';
import { createTokenRows } from '../token-rows.js';
import { audit } from './audit.js';
import { FindingsFile } from './findings-file.js';
import { createProgress } from './progress.js';
import { summarise, table, writeCSV, writeJSON } from './report.js';

const STOPPED = 130;

try {
  dotenv.config({ path: join(ROOT, '.env'), quiet: true });
  process.exitCode = await run();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      csv: { type: 'string' },
      rate: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      findings: { type: 'string', default: 'tokens-audit.jsonl' },
    },
  });
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (rate !== undefined && !(rate > 0))
    throw new KeeperConfigError('--rate must be a number of tokens a second.');
  const { app, simulator, lease, concurrency, fusePercent } = loadKeeperConfig(process.env);
  const { clientID, clientSecret, requiredScopes } = app.threads;
  const vault = await createTokenVault(app.tokenKeys);
  const db = await openSQL(app.databaseURL);
  try {
    const rows = createTokenRows(db, lease);
    const file = new FindingsFile(values.findings);
    const { count, last } = await file.resume();
    const total = await rows.countStored();
    if (count > 0) console.error(`Going on behind the ${count} tokens in ${values.findings}.`);

    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const progress = createProgress(total, count, process.stderr);
    let done = count;
    const threads = new ThreadsClient({ clientID, clientSecret, simulator });
    const fuse = createFuse({ percent: fusePercent });
    const pages = audit(last, {
      rows,
      vault,
      threads,
      requiredScopes,
      concurrency,
      rate,
      fuse,
      isDryRun: values['dry-run'],
      signal: stop.signal,
      onProgress({ done: inPage, pause }) {
        if (pause) progress.pause(pause);
        else progress.at(done + inPage);
      },
    });
    try {
      for await (const findings of pages) {
        await file.append(findings);
        done += findings.length;
        // Those that do not open were not asked about.
        progress.at(done);
      }
    } finally {
      progress.end();
    }
    if (stop.signal.aborted) {
      console.error(`Stopped: ${done} tokens are written down. Run it again to go on behind them.`);
      return STOPPED;
    }

    if (fuse.isBlown()) {
      console.error(
        `More than ${fusePercent} % of the last tokens look dead, so not all of them were marked. Find out why; then run it again with KEEPER_FUSE_PERCENT=100.`,
      );
    }
    const summary = await summarise(file);
    console.log(table(summary));
    if (values.json) await writeJSON(values.json, file, summary);
    if (values.csv) await writeCSV(values.csv, file);
    await rm(file.path, { force: true });
    return 0;
  } finally {
    await db.close();
  }
}

/** Errors of the database may quote its whole address, so none of their words are repeated. */
function messageOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof KeeperConfigError || isThreadsError(error))
    return error.message;
  const { name, code, message } = error as { name: string; code?: string; message: string };
  return String(code).startsWith('ERR_PARSE_ARGS') ? message : `The audit cannot go on (${code ?? name})`;
}
