import type { SQL } from './sql.js';

/**
 * What makes a database of each version out of the one before. Written for SQLite; for PostgreSQL `INTEGER` is
 * `BIGINT`, and there is no `STRICT`.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE IF NOT EXISTS users (
    id               TEXT PRIMARY KEY,           -- the Threads id
    session_key      TEXT NOT NULL UNIQUE,       -- random; all that a session knows of the person
    username         TEXT,
    name             TEXT,
    picture          TEXT,
    first_seen       INTEGER NOT NULL,           -- Unix milliseconds, as is last_seen
    last_seen        INTEGER NOT NULL,
    sign_ins         INTEGER NOT NULL DEFAULT 1
  ) STRICT;

  CREATE TABLE IF NOT EXISTS linked_accounts (
    id               TEXT PRIMARY KEY,           -- the Threads id, which is never also one in users
    user_id          TEXT NOT NULL,              -- whose it is
    session_key      TEXT NOT NULL UNIQUE,       -- as in users
    username         TEXT,
    name             TEXT,
    picture          TEXT,
    linked_at        INTEGER NOT NULL            -- Unix milliseconds
  ) STRICT;

  CREATE INDEX IF NOT EXISTS linked_accounts_of ON linked_accounts (user_id);

  DROP VIEW IF EXISTS accounts;

  CREATE VIEW accounts AS
    SELECT id, id AS user_id, session_key, first_seen AS since FROM users
    UNION ALL
    SELECT id, user_id, session_key, linked_at AS since FROM linked_accounts;

  CREATE TABLE IF NOT EXISTS tokens (
    id                     TEXT PRIMARY KEY,     -- the Threads id of a user or a linked account
    sealed                 TEXT,                 -- the 60-day token, encrypted (token-vault.ts); NULL: forgotten
    scopes                 TEXT,                 -- space-separated; NULL: not reported
    granted_at             INTEGER NOT NULL,     -- Unix milliseconds: the sign-in that brought it
    issued_at              INTEGER,              -- Unix seconds; NULL: not reported
    token_expires_at       INTEGER,              -- Unix seconds; 0: never (as Threads writes it); NULL: not reported
    data_access_expires_at INTEGER,              -- likewise: when the grant behind the token ends
    requires_login         TEXT,                 -- the reason why the person must sign in again; NULL while the token lives
    checked_at             INTEGER,              -- Unix seconds: when somebody last asked Threads about it
    check_at               INTEGER NOT NULL DEFAULT 0 -- Unix seconds: when to look at it again
  ) STRICT;

  CREATE INDEX IF NOT EXISTS tokens_to_check ON tokens (check_at, id) WHERE requires_login IS NULL;

  CREATE TABLE IF NOT EXISTS uninstalls (
    digest           TEXT PRIMARY KEY,           -- of the signed request, so that it cannot serve for a deletion later
    seen_at          INTEGER NOT NULL            -- Unix milliseconds
  ) STRICT;

  CREATE TABLE IF NOT EXISTS deletions (
    code             TEXT PRIMARY KEY,           -- nothing here says whose data it was
    deleted_at       INTEGER NOT NULL            -- Unix milliseconds
  ) STRICT`,

  // Finds the tokens that end first among those that are due, and counts those that end soon.
  'CREATE INDEX tokens_by_end ON tokens (token_expires_at, id) WHERE requires_login IS NULL',
];

/** The version of the schema that this program works with. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The database has a schema of another version. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/**
 * Sees that the database has the schema of this program. One without any tables gets it.
 *
 * @throws {@link SchemaError} where it has another one
 */
export async function requireSchema(db: SQL): Promise<void> {
  const isEmpty = !(await hasTable(db, 'users'));
  const version = isEmpty ? await migrate(db) : ((await versionOf(db)) ?? 0);
  if (version < SCHEMA_VERSION) {
    throw new SchemaError(
      `The database has the schema of version ${version}, and this program needs version ${SCHEMA_VERSION}. Make a backup, stop all programs that use it, then run: npm run database:migrate`,
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new SchemaError(
      `The database has the schema of version ${version}, which is newer than this program (${SCHEMA_VERSION}). Start the newer program.`,
    );
  }
}

/**
 * Brings the schema up to the version of this program, all of it or nothing. Several at the same moment wait for each
 * other.
 *
 * @returns the version
 */
export async function migrate(db: SQL): Promise<number> {
  for (;;) {
    const from = (await versionOf(db)) ?? 0;
    if (from >= SCHEMA_VERSION) return from;
    const steps = MIGRATIONS.slice(from).flatMap((migration) => statementsIn(migration, db.dialect));
    const version = {
      sql: 'UPDATE schema_version SET version = :to WHERE version = :from',
      args: { from, to: SCHEMA_VERSION },
    };
    await db
      .execute(
        forDialect('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT', db.dialect),
      )
      .catch(ignoreTwin);
    await db.execute('INSERT INTO schema_version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version)');
    try {
      await db.batch([version, ...steps.map((sql) => ({ sql }))]);
    } catch (error) {
      // Another process did it first.
      if (((await versionOf(db)) ?? 0) <= from) throw error;
    }
  }
}

async function versionOf(db: SQL): Promise<number | undefined> {
  if (!(await hasTable(db, 'schema_version'))) return undefined;
  const { rows } = await db.execute('SELECT max(version) AS version FROM schema_version');
  return Number(rows[0]?.version ?? 0);
}

async function hasTable(db: SQL, name: string): Promise<boolean> {
  const sql =
    db.dialect === 'sqlite'
      ? `SELECT count(*) AS found FROM sqlite_master WHERE type = 'table' AND name = :name`
      : 'SELECT count(to_regclass(:name)) AS found';
  const { rows } = await db.execute({ sql, args: { name } });
  return Number(rows[0]?.found) > 0;
}

function statementsIn(migration: string, dialect: SQL['dialect']): string[] {
  return forDialect(migration.replace(/--.*$/gm, ''), dialect)
    .split(';')
    .map((statement) => statement.trim())
    .filter(Boolean);
}

function forDialect(sql: string, dialect: SQL['dialect']): string {
  return dialect === 'sqlite' ? sql : sql.replaceAll('INTEGER', 'BIGINT').replaceAll(/\)\s*STRICT/g, ')');
}

/** PostgreSQL: two `CREATE TABLE IF NOT EXISTS` at the same moment may both find nothing, and one of them fails. */
function ignoreTwin(error: unknown): void {
  const { code } = error as { code?: string };
  // unique_violation, duplicate_table and duplicate_object: it depends on how far the other one is.
  if (!['23505', '42P07', '42710'].includes(String(code))) throw error;
}
