import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type Row } from '@libsql/client';

/** What the pages show. The access token stays in the database. */
export interface User {
  /** The Threads id: a string, because it does not fit a JavaScript number. */
  id: string;
  username?: string;
  name?: string;
  picture?: string;
  /** The permissions that the person granted; `undefined` when Threads did not report them. */
  scopes?: string[];
  /** `'never'` for a token without an end, `undefined` when Threads did not report one. */
  tokenExpiresAt?: Date | 'never';
  firstSeen: Date;
  lastSeen: Date;
  signIns: number;
}

/** One sign-in, as the verify callback learns about it. */
export type SignIn = Omit<User, 'firstSeen' | 'lastSeen' | 'signIns'> & {
  accessToken?: string;
};

export interface Users {
  /** Adds a newcomer or brings a returning user up to date. */
  upsert(signIn: SignIn): Promise<User>;
  find(id: string): Promise<User | undefined>;
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
  ) STRICT`;

// Named one by one, so that the access token never reaches a page by accident.
const COLUMNS = 'id, username, name, picture, scopes, token_expires_at, first_seen, last_seen, sign_ins';

// One statement, so that two sign-ins at the same moment cannot both think they are the first.
const UPSERT = `
  INSERT INTO users (id, username, name, picture, scopes, token_expires_at, access_token, first_seen, last_seen)
  VALUES (:id, :username, :name, :picture, :scopes, :tokenExpiresAt, :accessToken, :now, :now)
  ON CONFLICT (id) DO UPDATE SET
    username = excluded.username,
    name = excluded.name,
    picture = excluded.picture,
    scopes = excluded.scopes,
    token_expires_at = excluded.token_expires_at,
    access_token = excluded.access_token,
    last_seen = excluded.last_seen,
    sign_ins = users.sign_ins + 1
  RETURNING ${COLUMNS}`;

/** Opens the database at `url` (`file:…`, or a libSQL server) and creates what is not there yet. */
export async function openUsers(url: string): Promise<Users> {
  createFolderOf(url);
  const db = createClient({ url, timeout: 2000 });
  await db.execute(SCHEMA);
  return {
    async upsert({ id, username, name, picture, scopes, tokenExpiresAt, accessToken }) {
      const { rows } = await db.execute({
        sql: UPSERT,
        args: {
          id,
          username: username ?? null,
          name: name ?? null,
          picture: picture ?? null,
          scopes: scopes?.join(' ') ?? null,
          tokenExpiresAt: tokenExpiresAt === 'never' ? 0 : toUnixSeconds(tokenExpiresAt),
          accessToken: accessToken ?? null,
          now: Date.now(),
        },
      });
      return toUser(rows[0]!);
    },
    async find(id) {
      const { rows } = await db.execute({
        sql: `SELECT ${COLUMNS} FROM users WHERE id = :id`,
        args: { id },
      });
      return rows[0] && toUser(rows[0]);
    },
    close: () => db.close(),
  };
}

function toUser(row: Row): User {
  const text = (column: string) => (row[column] === null ? undefined : String(row[column]));
  const expires = row.token_expires_at === null ? undefined : Number(row.token_expires_at);
  return {
    id: String(row.id),
    username: text('username'),
    name: text('name'),
    picture: text('picture'),
    scopes: text('scopes')?.split(' ').filter(Boolean),
    tokenExpiresAt: expires === undefined ? undefined : expires === 0 ? 'never' : new Date(expires * 1000),
    firstSeen: new Date(Number(row.first_seen)),
    lastSeen: new Date(Number(row.last_seen)),
    signIns: Number(row.sign_ins),
  };
}

function toUnixSeconds(date: Date | undefined): number | null {
  return date ? Math.floor(date.getTime() / 1000) : null;
}

function createFolderOf(url: string): void {
  if (!url.startsWith('file:') || url.includes(':memory:')) return;
  const path = url.startsWith('file:/') ? fileURLToPath(url.split('?', 1)[0]!) : url.slice('file:'.length);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}
