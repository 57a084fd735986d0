import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import type { Result, Row, SQL, Statement } from './sql.js';

/** Milliseconds for which a statement waits for another process that holds the lock. */
const PATIENCE = 30_000;
/** Milliseconds between two attempts to get the lock. */
const PAUSE = 20;

const PRAGMAS = `
  PRAGMA journal_mode = WAL;     -- readers and the one writer do not wait for each other
  PRAGMA synchronous = NORMAL;   -- syncs at checkpoints: a crash of the process loses nothing, a power failure the last commits
  PRAGMA secure_delete = ON;     -- overwrites what is deleted, rather than leave it in the file`;

/**
 * Opens a SQLite file.
 *
 * A statement of libsql that failed with SQLITE_BUSY is not reset: as long as it exists, later writes of its connection
 * report success and are never committed (libsql-client-ts issue 352). So the lock is taken by a BEGIN IMMEDIATE of its
 * own before each write, and after SQLITE_BUSY the connection is replaced. Waiting happens here and not in SQLite, whose
 * `busy_timeout` would stop the whole process, since libsql is synchronous.
 *
 * @param url - `file:…`; `file::memory:` for tests
 */
export function openSQLite(url: string): SQL {
  const path = pathOf(url);
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let connection: Database.Database | undefined;
  let inode: number | undefined;
  let isClosed = false;

  function open(): Database.Database {
    if (isClosed) throw new Error('The database is closed');
    if (connection) return connection;
    const opened = new Database(path);
    try {
      opened.exec(PRAGMAS);
    } catch (error) {
      opened.close();
      throw error;
    }
    if (path !== ':memory:') inode = statSync(path).ino;
    connection = opened;
    return opened;
  }

  function reopen(): void {
    // A database in memory lives as long as its connection, and no other process can lock it.
    if (path === ':memory:') return;
    connection?.close();
    connection = undefined;
  }

  /** Runs `action` on the connection, again and again while another process holds the lock. */
  async function patiently<Value>(
    action: (db: Database.Database) => Value,
    patience = PATIENCE,
  ): Promise<Value> {
    const giveUpAt = performance.now() + patience;
    for (;;) {
      try {
        return action(open());
      } catch (error) {
        reopen();
        if (!isBusy(error) || isClosed || performance.now() > giveUpAt) throw error;
        await delay(PAUSE * (0.5 + Math.random()));
      }
    }
  }

  function transaction(db: Database.Database, statements: readonly Statement[]): Result[] {
    db.exec('BEGIN IMMEDIATE');
    try {
      const results = statements.map((statement) => run(db, statement));
      db.exec('COMMIT');
      return results;
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Moves the log into the file and empties it. */
  function emptyLog(db: Database.Database): void {
    const [row] = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all() as [{ busy: number }];
    if (row.busy) throw Object.assign(new Error('The log is in use'), { code: 'SQLITE_BUSY' });
  }

  return {
    dialect: 'sqlite',
    execute(statement) {
      const { sql, args } = typeof statement === 'string' ? { sql: statement } : statement;
      return patiently((db) =>
        /^\s*(SELECT|PRAGMA)\b/i.test(sql) ? run(db, { sql, args }) : transaction(db, [{ sql, args }])[0]!,
      );
    },
    batch: (statements) => patiently((db) => transaction(db, statements)),
    async erase(statements) {
      const results = await patiently((db) => {
        db.exec('PRAGMA synchronous = FULL');
        try {
          return transaction(db, statements);
        } finally {
          db.exec('PRAGMA synchronous = NORMAL');
        }
      });
      await patiently(emptyLog).catch(() => {
        process.emitWarning(
          'A program that reads the database without an end keeps its log from being emptied. What was deleted stays in the log until that program ends.',
        );
      });
      return results;
    },
    check: () =>
      patiently((db) => {
        // A connection goes on with a file that was deleted or replaced.
        if (path !== ':memory:' && statSync(path).ino !== inode) throw new Error('The file is another one');
        db.exec('BEGIN IMMEDIATE');
        try {
          run(db, { sql: 'UPDATE schema_version SET version = version' });
        } finally {
          db.exec('ROLLBACK');
        }
      }, 1000),
    async close() {
      isClosed = true;
      connection?.close();
      connection = undefined;
    },
  };
}

function run(db: Database.Database, { sql, args = {} }: Statement): Result {
  const statement = db.prepare(sql);
  if (!statement.reader) return { rows: [], rowsAffected: statement.run(args).changes };
  const rows = statement.all(args) as Row[];
  return { rows, rowsAffected: rows.length };
}

function isBusy(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
}

function pathOf(url: string): string {
  const [address = ''] = url.split('?', 1);
  return address.startsWith('file:/') ? fileURLToPath(address) : address.slice('file:'.length);
}
