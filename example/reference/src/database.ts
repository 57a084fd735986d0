import { createLinkedAccounts, type LinkedAccounts } from './linked-accounts.js';
import { openPostgres } from './postgres.js';
import { createRemovals, type Removals } from './removals.js';
import { requireSchema } from './schema.js';
import type { SQL } from './sql.js';
import { openSQLite } from './sqlite.js';
import type { TokenVault } from './token-vault.js';
import { createTokens, type Tokens } from './tokens.js';
import { createUsers, type Users } from './users.js';

export interface Database {
  users: Users;
  linkedAccounts: LinkedAccounts;
  tokens: Tokens;
  removals: Removals;
  close(): Promise<void>;
}

/**
 * Opens the database, and creates the tables where there are none yet.
 *
 * @param url - `file:…` (SQLite), or `postgres://…`
 * @param vault - encrypts the access tokens in it
 * @throws SchemaError when the tables are those of another version
 */
export async function openDatabase(url: string, vault: TokenVault): Promise<Database> {
  const db = await openSQL(url);
  return {
    users: createUsers(db, vault),
    linkedAccounts: createLinkedAccounts(db, vault),
    tokens: createTokens(db, vault),
    removals: createRemovals(db),
    close: () => db.close(),
  };
}

/** The connection alone, for programs that do something else with the same tables. */
export async function openSQL(url: string): Promise<SQL> {
  const db = connect(url);
  try {
    await requireSchema(db);
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

/**
 * The connection, without a look at the tables.
 *
 * @param url - as in `openDatabase`
 */
export function connect(url: string): SQL {
  return /^postgres(ql)?:/.test(url) ? openPostgres(url) : openSQLite(url);
}
