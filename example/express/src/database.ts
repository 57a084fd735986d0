import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@libsql/client';
import { createLinkedAccounts, type LinkedAccounts } from './linked-accounts.js';
import { createRemovals, type Removals } from './removals.js';
import { createUsers, type Users } from './users.js';

export interface Database {
  users: Users;
  linkedAccounts: LinkedAccounts;
  removals: Removals;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    id               TEXT PRIMARY KEY,           -- the Threads id
    username         TEXT,
    name             TEXT,
    picture          TEXT,
    scopes           TEXT,                       -- space-separated; NULL: not reported
    token_expires_at INTEGER,                    -- Unix seconds; 0: never (as Threads writes it); NULL: not reported
    access_token     TEXT,                       -- the 60-day token; encrypt it at rest in production
    first_seen       INTEGER NOT NULL,           -- Unix milliseconds, as is last_seen
    last_seen        INTEGER NOT NULL,
    sign_ins         INTEGER NOT NULL DEFAULT 1
  ) STRICT;

  CREATE TABLE IF NOT EXISTS linked_accounts (
    id               TEXT PRIMARY KEY,           -- the Threads id, which is never also one in users
    user_id          TEXT NOT NULL,              -- whose it is
    username         TEXT,
    name             TEXT,
    picture          TEXT,
    access_token     TEXT,                       -- as in users
    linked_at        INTEGER NOT NULL            -- Unix milliseconds
  ) STRICT;

  CREATE INDEX IF NOT EXISTS linked_accounts_of ON linked_accounts (user_id);

  CREATE TABLE IF NOT EXISTS deletions (
    code             TEXT PRIMARY KEY,           -- nothing here says whose data it was
    deleted_at       INTEGER NOT NULL            -- Unix milliseconds
  ) STRICT`;

/** Opens the database at `url` (`file:…`, or a libSQL server) and creates what is not there yet. */
export async function openDatabase(url: string): Promise<Database> {
  createFolderOf(url);
  const db = createClient({ url, timeout: 2000 });
  await db.executeMultiple(SCHEMA);
  return {
    users: createUsers(db),
    linkedAccounts: createLinkedAccounts(db),
    removals: createRemovals(db),
    close: () => db.close(),
  };
}

function createFolderOf(url: string): void {
  if (!url.startsWith('file:') || url.includes(':memory:')) return;
  const path = url.startsWith('file:/') ? fileURLToPath(url.split('?', 1)[0]!) : url.slice('file:'.length);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}
