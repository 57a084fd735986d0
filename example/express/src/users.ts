import type { Client, Row } from '@libsql/client';

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
  /** False once the person has removed the app in Threads. */
  hasAccess: boolean;
  firstSeen: Date;
  lastSeen: Date;
  signIns: number;
}

/** One sign-in, as the verify callback learns about it. */
export type SignIn = Omit<User, 'hasAccess' | 'firstSeen' | 'lastSeen' | 'signIns'> & {
  accessToken?: string;
};

export interface Users {
  /** Adds a newcomer or brings a returning user up to date. A linked account brings back the user who linked it. */
  upsert(signIn: SignIn): Promise<User>;
  find(id: string): Promise<User | undefined>;
}

// Named one by one, so that the access token never reaches a page by accident.
const COLUMNS = `id, username, name, picture, scopes, token_expires_at, access_token IS NOT NULL AS has_access,
  first_seen, last_seen, sign_ins`;

const UPDATE_LINKED_ACCOUNT = `
  UPDATE linked_accounts SET username = :username, name = :name, picture = :picture, access_token = :accessToken
  WHERE id = :id`;

const UPDATE_ITS_USER = `
  UPDATE users SET last_seen = :now, sign_ins = sign_ins + 1
  WHERE id = (SELECT user_id FROM linked_accounts WHERE id = :id)
  RETURNING ${COLUMNS}`;

// One statement, so that two sign-ins at the same moment cannot both think they are the first.
const UPSERT = `
  INSERT INTO users (id, username, name, picture, scopes, token_expires_at, access_token, first_seen, last_seen)
  SELECT :id, :username, :name, :picture, :scopes, :tokenExpiresAt, :accessToken, :now, :now
  WHERE NOT EXISTS (SELECT 1 FROM linked_accounts WHERE id = :id)
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

export function createUsers(db: Client): Users {
  return {
    async upsert({ id, username, name, picture, scopes, tokenExpiresAt, accessToken }) {
      const account = {
        id,
        username: username ?? null,
        name: name ?? null,
        picture: picture ?? null,
        accessToken: accessToken ?? null,
      };
      const now = Date.now();
      const details = {
        scopes: scopes?.join(' ') ?? null,
        tokenExpiresAt: tokenExpiresAt === 'never' ? 0 : toUnixSeconds(tokenExpiresAt),
      };
      // One transaction, so that an account cannot be linked in between.
      const [, owner, self] = await db.batch(
        [
          { sql: UPDATE_LINKED_ACCOUNT, args: account },
          { sql: UPDATE_ITS_USER, args: { id, now } },
          { sql: UPSERT, args: { ...account, ...details, now } },
        ],
        'write',
      );
      return toUser((owner?.rows[0] ?? self?.rows[0])!);
    },
    async find(id) {
      const { rows } = await db.execute({
        sql: `SELECT ${COLUMNS} FROM users WHERE id = :id`,
        args: { id },
      });
      return rows[0] && toUser(rows[0]);
    },
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
    hasAccess: Boolean(row.has_access),
    firstSeen: new Date(Number(row.first_seen)),
    lastSeen: new Date(Number(row.last_seen)),
    signIns: Number(row.sign_ins),
  };
}

function toUnixSeconds(date: Date | undefined): number | null {
  return date ? Math.floor(date.getTime() / 1000) : null;
}
