import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@libsql/client';
import { createLinkedAccounts, type LinkedAccounts } from './linked-accounts.js';
import { createRemovals, type Removals } from './removals.js';
import type { TokenVault } from './token-vault.js';
import { createTokens, type Tokens } from './tokens.js';
import { createUsers, type Users } from './users.js';

export interface Database {
  users: Users;
  linkedAccounts: LinkedAccounts;
  tokens: Tokens;
  removals: Removals;
  close(): void;
}

const SCHEMA = `
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

  CREATE VIEW IF NOT EXISTS accounts AS
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
  ) STRICT`;

/**
 * Opens the database and creates what is not there yet.
 *
 * @param url - `file:…`, or a libSQL server
 * @param vault - encrypts the access tokens in it
 */
export async function openDatabase(url: string, vault: TokenVault): Promise<Database> {
  const db = await openClient(url);
  return {
    users: createUsers(db, vault),
    linkedAccounts: createLinkedAccounts(db, vault),
    tokens: createTokens(db, vault),
    removals: createRemovals(db),
    close: () => db.close(),
  };
}

/** The connection alone, for programs that do something else with the same tables. */
export async function openClient(url: string): Promise<Client> {
  createFolderOf(url);
  // One connection, because secure_delete holds for the connection that it was said on. It is what makes SQLite
  // overwrite what is deleted, rather than leave it in the file for the next one who looks.
  const db = createClient({ url, timeout: 2000, concurrency: 1 });
  if (url.startsWith('file:')) await db.execute('PRAGMA secure_delete = ON');
  await db.executeMultiple(SCHEMA);
  return db;
}

function createFolderOf(url: string): void {
  if (!url.startsWith('file:') || url.includes(':memory:')) return;
  const path = url.startsWith('file:/') ? fileURLToPath(url.split('?', 1)[0]!) : url.slice('file:'.length);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}
