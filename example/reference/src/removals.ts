import { createHash, randomBytes } from 'node:crypto';
import type { SQL } from './sql.js';

/** A signed request that has been found genuine. */
export interface RemovalRequest {
  /** The Threads id of any account, linked ones included. */
  userId: string;
  issuedAt: Date;
  /** As it came, signature and all. */
  signedRequest: string;
}

/** What Meta's two callbacks ask for. Each acts on what is older than the request, and on nothing else. */
export interface Removals {
  /** Forgets the access token, which has died, and what it was good for. The account stays. */
  endAccess(request: RemovalRequest): Promise<void>;
  /**
   * Deletes everything about a person.
   *
   * @returns the code under which the deletion can be looked up, or `undefined` when the request was ignored:
   *   the account is newer than it, or it has served as an uninstall request before
   */
  deletePerson(request: RemovalRequest): Promise<string | undefined>;
  /** When the deletion with this code took place. */
  findDeletion(code: string): Promise<Date | undefined>;
}

// Nothing in a signed request says which of the two callbacks it is for. Where a person removes the app and asks
// for deletion in one go, both may come in the same second and be equal to the letter. One that was an uninstall
// request longer ago than this, though, is somebody's copy of it.
const TWINS = 5 * 60 * 1000;
// No longer than parseSignedRequest accepts any of them, by far.
const REMEMBERED = 24 * 60 * 60 * 1000;

// `:end` is the end of the second in which the request was issued; `:before`, when a twin may have come at the earliest.
const TO_BE_DELETED = `
  NOT EXISTS (SELECT 1 FROM accounts WHERE id = :id AND since >= :end)
  AND NOT EXISTS (SELECT 1 FROM uninstalls WHERE digest = :digest AND seen_at < :before)`;

export function createRemovals(db: SQL): Removals {
  return {
    async endAccess(request) {
      const { id, end, digest, now } = argumentsFor(request);
      await db.erase([
        {
          sql: `UPDATE tokens SET sealed = NULL, scopes = NULL, issued_at = NULL, token_expires_at = NULL,
            data_access_expires_at = NULL, requires_login = 'not_authorized'
            WHERE id = :id AND granted_at < :end`,
          args: { id, end },
        },
        { sql: 'DELETE FROM uninstalls WHERE seen_at < :before', args: { before: now - REMEMBERED } },
        {
          sql: 'INSERT INTO uninstalls VALUES (:digest, :now) ON CONFLICT DO NOTHING',
          args: { digest, now },
        },
      ]);
    },
    async deletePerson(request) {
      const { id, end, digest, now } = argumentsFor(request);
      const args = { id, end, digest, before: now - TWINS };
      const code = randomBytes(12).toString('hex');
      const results = await db.erase([
        {
          sql: `DELETE FROM tokens
            WHERE (id = :id OR id IN (SELECT id FROM linked_accounts WHERE user_id = :id)) AND ${TO_BE_DELETED}`,
          args,
        },
        { sql: `DELETE FROM linked_accounts WHERE (id = :id OR user_id = :id) AND ${TO_BE_DELETED}`, args },
        { sql: `DELETE FROM users WHERE id = :id AND ${TO_BE_DELETED}`, args },
        // For somebody unknown as well: they may ask twice, and their data is gone either way.
        {
          sql: `INSERT INTO deletions SELECT :code, :now WHERE ${TO_BE_DELETED}`,
          args: { ...args, code, now },
        },
      ]);
      return results.at(-1)!.rowsAffected === 1 ? code : undefined;
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

function argumentsFor({ userId, issuedAt, signedRequest }: RemovalRequest) {
  // Decoded, because one signature can be written in several ways. It says nothing of the person without the app secret.
  const signature = Buffer.from(signedRequest.split('.', 1)[0]!, 'base64url');
  return {
    id: userId,
    end: issuedAt.getTime() + 1000,
    digest: createHash('sha256').update(signature).digest('base64url'),
    now: Date.now(),
  };
}
