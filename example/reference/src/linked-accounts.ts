import type { Row, SQL } from './sql.js';
import type { TokenVault } from './token-vault.js';
import { storeToken, TOKEN_COLUMNS, type TokenStatus, toTokenStatus } from './tokens.js';
import { newSessionKey, type SignIn } from './users.js';

/** A further Threads account of a user. The access token stays in the database, as in `users.ts`. */
export interface LinkedAccount {
  id: string;
  username?: string;
  name?: string;
  picture?: string;
  token: TokenStatus;
}

export interface LinkedAccounts {
  /** False when the account is somebody's already: as the account they sign in with, or linked by another user. */
  link(userId: string, account: SignIn): Promise<boolean>;
  /** Forgets the account. Sessions that began with it are over. */
  unlink(userId: string, id: string): Promise<void>;
  of(userId: string): Promise<LinkedAccount[]>;
}

// One statement, so that nobody can take the account between a look and the insert. A user who was deleted
// meanwhile links nothing.
const LINK = `
  INSERT INTO linked_accounts (id, user_id, session_key, username, name, picture, linked_at)
  SELECT :id, :userId, :sessionKey, :username, :name, :picture, :now
  WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = :id) AND EXISTS (SELECT 1 FROM users WHERE id = :userId)
  ON CONFLICT (id) DO UPDATE SET
    username = excluded.username,
    name = excluded.name,
    picture = excluded.picture
  WHERE linked_accounts.user_id = excluded.user_id`;

export function createLinkedAccounts(db: SQL, vault: TokenVault): LinkedAccounts {
  return {
    async link(userId, { id, username, name, picture, token }) {
      // The account that the person signs in with is theirs as well, but not to be linked: it keeps its token.
      if (id === userId) return false;
      const args = {
        id,
        userId,
        sessionKey: newSessionKey(),
        username: username ?? null,
        name: name ?? null,
        picture: picture ?? null,
        now: Date.now(),
      };
      const [linked] = await db.batch([
        { sql: LINK, args },
        await storeToken(vault, id, token, { owner: userId }),
      ]);
      return linked?.rowsAffected === 1;
    },
    async unlink(userId, id) {
      const args = { id, userId };
      const mine = 'SELECT id FROM linked_accounts WHERE id = :id AND user_id = :userId';
      await db.erase([
        { sql: `DELETE FROM tokens WHERE id IN (${mine})`, args },
        { sql: `DELETE FROM linked_accounts WHERE id IN (${mine})`, args },
      ]);
    },
    async of(userId) {
      const { rows } = await db.execute({
        sql: `SELECT linked_accounts.id, username, name, picture, ${TOKEN_COLUMNS}
          FROM linked_accounts LEFT JOIN tokens ON tokens.id = linked_accounts.id
          WHERE user_id = :userId ORDER BY linked_at, linked_accounts.id`,
        args: { userId },
      });
      return rows.map(toLinkedAccount);
    },
  };
}

function toLinkedAccount(row: Row): LinkedAccount {
  const text = (column: string) => (row[column] === null ? undefined : String(row[column]));
  return {
    id: String(row.id),
    username: text('username'),
    name: text('name'),
    picture: text('picture'),
    token: toTokenStatus(row),
  };
}
