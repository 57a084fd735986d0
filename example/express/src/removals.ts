import { randomBytes } from 'node:crypto';
import type { Client } from '@libsql/client';

/** What Meta's two callbacks ask for. Both take the Threads id of any account, linked ones included. */
export interface Removals {
  /** Forgets the access token, which has died, and what it was good for. The account stays. */
  endAccess(id: string): Promise<void>;
  /** Deletes everything about a person. Returns the code under which the deletion can be looked up. */
  deletePerson(id: string): Promise<string>;
  /** When the deletion with this code took place. */
  findDeletion(code: string): Promise<Date | undefined>;
}

export function createRemovals(db: Client): Removals {
  return {
    async endAccess(id) {
      await db.batch(
        [
          {
            sql: 'UPDATE users SET access_token = NULL, token_expires_at = NULL, scopes = NULL WHERE id = :id',
            args: { id },
          },
          { sql: 'UPDATE linked_accounts SET access_token = NULL WHERE id = :id', args: { id } },
        ],
        'write',
      );
    },
    async deletePerson(id) {
      const code = randomBytes(12).toString('hex');
      await db.batch(
        [
          { sql: 'DELETE FROM linked_accounts WHERE id = :id OR user_id = :id', args: { id } },
          { sql: 'DELETE FROM users WHERE id = :id', args: { id } },
          // For somebody unknown as well: they may ask twice, and their data is gone either way.
          { sql: 'INSERT INTO deletions VALUES (:code, :now)', args: { code, now: Date.now() } },
        ],
        'write',
      );
      return code;
    },
    async findDeletion(code) {
      const { rows } = await db.execute({
        sql: 'SELECT deleted_at FROM deletions WHERE code = :code',
        args: { code },
      });
      return rows[0] && new Date(Number(rows[0].deleted_at));
    },
  };
}
