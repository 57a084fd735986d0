import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Result, SQL, Statement } from './sql.js';

/** Milliseconds for which a statement waits for a server that takes no connections, as while it restarts. */
const PATIENCE = 15_000;
/** Milliseconds in which the server must answer one statement. */
const TIMEOUT = 15_000;
/** How often a transaction that another one has crossed is tried. */
const TRIES = 50;

/**
 * Opens a database on a PostgreSQL server.
 *
 * @param url - `postgres://…`, with options such as `?sslmode=verify-full`
 */
export function openPostgres(url: string): SQL {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 5000,
    query_timeout: TIMEOUT,
    statement_timeout: TIMEOUT,
    keepAlive: true,
    application_name: 'threads-reference-example',
    types: { getTypeParser: parserOf },
  });
  // Without a listener, a connection that breaks while nothing uses it would end the process.
  pool.on('error', () => {});

  /** A connection. The server has seen no statement yet, so it is safe to try again. */
  async function connection(patience = PATIENCE): Promise<pg.PoolClient> {
    const giveUpAt = performance.now() + patience;
    for (;;) {
      try {
        return await pool.connect();
      } catch (error) {
        if (!isAway(error) || pool.ending || performance.now() > giveUpAt) throw error;
        await delay(200);
      }
    }
  }

  async function using<Value>(
    action: (client: pg.PoolClient) => Promise<Value>,
    patience?: number,
  ): Promise<Value> {
    const client = await connection(patience);
    // The server may end a connection at any moment; its statement is rejected as well.
    const ignore = () => {};
    client.on('error', ignore);
    try {
      const value = await action(client);
      client.off('error', ignore);
      client.release();
      return value;
    } catch (error) {
      client.off('error', ignore);
      // One that may be broken, or stand in a transaction, is not used again.
      client.release(true);
      throw error;
    }
  }

  async function batch(statements: readonly Statement[]): Promise<Result[]> {
    for (let tries = 1; ; tries += 1) {
      const progress = { isCommitting: false };
      try {
        const results = await using((client) => transaction(client, statements, progress, tries === TRIES));
        if (results) return results;
      } catch (error) {
        // A server that was lost before COMMIT has done nothing; after it, that is not known.
        if (progress.isCommitting || !isAway(error) || tries === TRIES) throw error;
      }
      await delay(Math.random() * 10 * Math.min(tries, 10));
    }
  }

  return {
    dialect: 'postgres',
    execute: (statement) =>
      using((client) => run(client, typeof statement === 'string' ? { sql: statement } : statement)),
    batch,
    erase: batch,
    check: () =>
      using(async (client) => {
        await client.query('BEGIN');
        await client.query('UPDATE schema_version SET version = version');
        await client.query('ROLLBACK');
      }, 0),
    close: () => pool.end(),
  };
}

/**
 * SERIALIZABLE, so that statements which look before they write need no locks of their own. `undefined`: another
 * transaction has changed what this one has read, and it is to be tried again.
 */
async function transaction(
  client: pg.PoolClient,
  statements: readonly Statement[],
  progress: { isCommitting: boolean },
  isLastTry: boolean,
): Promise<Result[] | undefined> {
  await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
  try {
    const results: Result[] = [];
    for (const statement of statements) results.push(await run(client, statement));
    progress.isCommitting = true;
    await client.query('COMMIT');
    return results;
  } catch (error) {
    if (isLastTry || !isCrossed(error)) throw error;
    await client.query('ROLLBACK');
    return undefined;
  }
}

async function run(client: pg.PoolClient, { sql, args = {} }: Statement): Promise<Result> {
  const names: string[] = [];
  const text = sql.replace(/(?<![:\w]):(\w+)/g, (_match, name: string) => {
    if (!names.includes(name)) names.push(name);
    return typed(names.indexOf(name) + 1, args[name]);
  });
  const values = names.map((name) => {
    const value = args[name];
    if (value === undefined) throw new TypeError(`No value for :${name}`);
    return value;
  });
  const { rows, rowCount } = await client.query(text, values);
  return { rows, rowsAffected: rowCount ?? 0 };
}

/** The type is said each time, because the server would infer it from one of several places. */
function typed(position: number, value: unknown): string {
  if (typeof value === 'number') return `$${position}::bigint`;
  return typeof value === 'string' ? `$${position}::text` : `$${position}`;
}

/** All whole numbers here are below 2^53. */
function parserOf(oid: number, format?: 'text' | 'binary') {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);

/** Whether the server is away or starting, as opposed to refusing the address, the user or the password. */
function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  // pg gives these no code.
  return code === undefined
    ? /terminated|timeout|connection error/i.test(String(message))
    : CONNECTION_CODES.has(code);
}

function isCrossed(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === '40001' || code === '40P01';
}
