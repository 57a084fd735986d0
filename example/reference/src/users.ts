import { randomBytes } from 'node:crypto';
import type { Row, SQL } from './sql.js';
import type { TokenVault } from './token-vault.js';
import {
  type NewToken,
  type StoreOptions,
  storeToken,
  TOKEN_COLUMNS,
  type TokenStatus,
  toTokenStatus,
} from './tokens.js';

/** What the pages show. The access token stays in the database. */
export interface User {
  /** The Threads id: a string, because it does not fit a JavaScript number. */
  id: string;
  /** The Threads id of the account that was signed in with: `id`, or that of a linked account. */
  accountID: string;
  /** Stands for the account that was signed in with, and means nothing once that account is gone. */
  sessionKey: string;
  username?: string;
  name?: string;
  picture?: string;
  token: TokenStatus;
  firstSeen: Date;
  lastSeen: Date;
  signIns: number;
}

/** One sign-in, as the verify callback learns about it. */
export interface SignIn {
  id: string;
  username?: string;
  name?: string;
  picture?: string;
  token: NewToken;
}

export interface Users {
  /**
   * Adds a newcomer or brings a returning user up to date. A linked account brings back the user who linked it.
   *
   * @param options - `ifLonger`: leaves a stored token that lives, unless the new one ends later
   */
  upsert(signIn: SignIn, options?: Pick<StoreOptions, 'ifLonger'>): Promise<User>;
  /** The user who is known by this very account, not by a linked one. */
  find(id: string): Promise<User | undefined>;
  /** The user of a session, unless the account that began it was deleted or unlinked since. */
  findBySessionKey(sessionKey: string): Promise<User | undefined>;
}

const SELECT = `
  SELECT users.id, accounts.id AS account_id, accounts.session_key, username, name, picture, first_seen, last_seen, sign_ins, ${TOKEN_COLUMNS}
  FROM accounts JOIN users ON users.id = accounts.user_id LEFT JOIN tokens ON tokens.id = users.id`;

const UPDATE_LINKED_ACCOUNT =
  'UPDATE linked_accounts SET username = :username, name = :name, picture = :picture WHERE id = :id';

const UPDATE_ITS_USER = `
  UPDATE users SET last_seen = :now, sign_ins = sign_ins + 1
  WHERE id = (SELECT user_id FROM linked_accounts WHERE id = :id)`;

// One statement, so that two sign-ins at the same moment cannot both think they are the first.
const UPSERT = `
  INSERT INTO users (id, session_key, username, name, picture, first_seen, last_seen)
  SELECT :id, :sessionKey, :username, :name, :picture, :now, :now
  WHERE NOT EXISTS (SELECT 1 FROM linked_accounts WHERE id = :id)
  ON CONFLICT (id) DO UPDATE SET
    username = excluded.username,
    name = excluded.name,
    picture = excluded.picture,
    last_seen = excluded.last_seen,
    sign_ins = users.sign_ins + 1`;

/** Unguessable, and tied to nothing but the row that it is put into. */
export const newSessionKey = () => randomBytes(18).toString('base64url');

export function createUsers(db: SQL, vault: TokenVault): Users {
  return {
    async upsert({ id, username, name, picture, token }, options) {
      const account = { id, username: username ?? null, name: name ?? null, picture: picture ?? null };
      const now = Date.now();
      // One transaction, so that an account cannot be linked in between.
      const results = await db.batch([
        { sql: UPDATE_LINKED_ACCOUNT, args: account },
        { sql: UPDATE_ITS_USER, args: { id, now } },
        { sql: UPSERT, args: { ...account, sessionKey: newSessionKey(), now } },
        await storeToken(vault, id, token, options),
        { sql: `${SELECT} WHERE accounts.id = :id`, args: { id } },
      ]);
      return toUser(results.at(-1)!.rows[0]!);
    },
    async find(id) {
      const { rows } = await db.execute({
        sql: `${SELECT} WHERE accounts.id = :id AND users.id = :id`,
        args: { id },
      });
      return rows[0] && toUser(rows[0]);
    },
    async findBySessionKey(sessionKey) {
      const { rows } = await db.execute({
        sql: `${SELECT} WHERE accounts.session_key = :sessionKey`,
        args: { sessionKey },
      });
      return rows[0] && toUser(rows[0]);
    },
  };
}

function toUser(row: Row): User {
  const text = (column: string) => (row[column] === null ? undefined : String(row[column]));
  return {
    id: String(row.id),
    accountID: String(row.account_id),
    sessionKey: String(row.session_key),
    username: text('username'),
    name: text('name'),
    picture: text('picture'),
    token: toTokenStatus(row),
    firstSeen: new Date(Number(row.first_seen)),
    lastSeen: new Date(Number(row.last_seen)),
    signIns: Number(row.sign_ins),
  };
}
