import type { Client, Row } from '@libsql/client';

/** A further Threads account of a user. The access token stays in the database, as in `users.ts`. */
export interface LinkedAccount {
  id: string;
  username?: string;
  name?: string;
  picture?: string;
  /** False once the person has removed the app in Threads. */
  hasAccess: boolean;
}

export interface LinkedAccounts {
  /** False when the account is somebody's already: as the account they sign in with, or linked by another user. */
  link(userId: string, account: Omit<LinkedAccount, 'hasAccess'> & { accessToken: string }): Promise<boolean>;
  unlink(userId: string, id: string): Promise<void>;
  of(userId: string): Promise<LinkedAccount[]>;
}

// One statement, so that nobody can take the account between a look and the insert. A user who was deleted
// meanwhile links nothing.
const LINK = `
  INSERT INTO linked_accounts (id, user_id, username, name, picture, access_token, linked_at)
  SELECT :id, :userId, :username, :name, :picture, :accessToken, :now
  WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = :id) AND EXISTS (SELECT 1 FROM users WHERE id = :userId)
  ON CONFLICT (id) DO UPDATE SET
    username = excluded.username,
    name = excluded.name,
    picture = excluded.picture,
    access_token = excluded.access_token
  WHERE linked_accounts.user_id = excluded.user_id`;

export function createLinkedAccounts(db: Client): LinkedAccounts {
  return {
    async link(userId, { id, username, name, picture, accessToken }) {
      const { rowsAffected } = await db.execute({
        sql: LINK,
        args: {
          id,
          userId,
          username: username ?? null,
          name: name ?? null,
          picture: picture ?? null,
          accessToken,
          now: Date.now(),
        },
      });
      return rowsAffected === 1;
    },
    async unlink(userId, id) {
      await db.execute({
        sql: 'DELETE FROM linked_accounts WHERE id = :id AND user_id = :userId',
        args: { id, userId },
      });
    },
    async of(userId) {
      const { rows } = await db.execute({
        sql: `SELECT id, username, name, picture, access_token IS NOT NULL AS has_access
          FROM linked_accounts WHERE user_id = :userId ORDER BY linked_at, id`,
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
    hasAccess: Boolean(row.has_access),
  };
}
