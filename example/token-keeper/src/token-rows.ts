import type { LongLivedTokenResult, StoredToken } from 'passport-threads-oauth2';
import type { Row, SQL } from 'threads-reference-example/sql';

/** A token as the Express example stores it (`tokens` in its `database.ts`), still sealed. */
export interface TokenRow extends Omit<StoredToken, 'lastOutcome'> {
  /** The Threads id of the person. */
  id: string;
  /** The sealed token. It is another one after every change of the token, so it also tells the changes apart. */
  sealed: string;
}

/** What the keeper does with the table. Every change holds only for the token that it was made for. */
export interface TokenRows {
  /** The ids of tokens that are due, the longest due first. */
  due(limit: number, after?: Due): Promise<Due[]>;
  /** Takes a token that is due for as long as the lease lasts. `undefined`: it is not due, or somebody has it. */
  claim(id: string): Promise<TokenRow | undefined>;
  /** A token as it is now, whoever has it. */
  find(id: string): Promise<TokenRow | undefined>;
  /** Puts a refreshed token in the place of the one that was claimed. `undefined`: that one has changed since. */
  replace(row: TokenRow, sealed: string, token: LongLivedTokenResult): Promise<TokenRow | undefined>;
  /** Notes what `debug_token` said of a living token, and when to look again. */
  saveInfo(row: TokenRow, scopes: readonly string[], lookAgainAt: Date | null): Promise<void>;
  /** Gives a token back, for whoever comes next. */
  release(row: TokenRow): Promise<void>;
  /** Notes when to look again; `null`: never, unless the person signs in. */
  lookAgain(row: TokenRow, at: Date | null): Promise<void>;
  /** Notes that the person must sign in again, and why. */
  requireLogin(row: TokenRow, reason: string): Promise<void>;
  /** Tokens in the order of their ids, those that are known to be dead included. */
  page(after: string, limit: number): Promise<(TokenRow & { requiresLogin?: string })[]>;
  /** How many people's tokens live, and how many people must sign in again: from indexes alone, however many. */
  count(): Promise<{ kept: number; requiresLogin: number }>;
  /** How many tokens `page` goes through. */
  countStored(): Promise<number>;
}

/** A token that is due, and since when, in Unix seconds. */
export interface Due {
  id: string;
  at: number;
}

/** Far enough ahead never to come, for what only the person can change. */
const NEVER = 2 ** 52;

const COLUMNS = 'id, sealed, issued_at, token_expires_at, data_access_expires_at, requires_login';

/**
 * @param db - the Express example's database
 * @param lease - milliseconds for which a claim lasts
 * @param now - milliseconds since the epoch
 */
export function createTokenRows(db: SQL, lease: number, now: () => number = Date.now): TokenRows {
  const seconds = () => Math.floor(now() / 1000);
  const change = async (
    { id, sealed }: TokenRow,
    set: string,
    args: Record<string, string | number | null>,
  ) => {
    const sql = `UPDATE tokens SET ${set} WHERE id = :id AND sealed = :was`;
    const { rowsAffected } = await db.execute({ sql, args: { ...args, id, was: sealed } });
    return rowsAffected === 1;
  };

  return {
    async due(limit, after = { id: '', at: -1 }) {
      const { rows } = await db.execute({
        sql: `SELECT id, check_at FROM tokens
          WHERE requires_login IS NULL AND check_at <= :now AND (check_at, id) > (:at, :id)
          ORDER BY check_at, id LIMIT :limit`,
        args: { now: seconds(), limit, ...after },
      });
      return rows.map((row) => ({ id: String(row.id), at: Number(row.check_at) }));
    },

    async claim(id) {
      const { rows } = await db.execute({
        sql: `UPDATE tokens SET check_at = :until
          WHERE id = :id AND requires_login IS NULL AND sealed IS NOT NULL AND check_at <= :now
          RETURNING ${COLUMNS}`,
        args: { id, now: seconds(), until: Math.ceil((now() + lease) / 1000) },
      });
      return rows[0] && toTokenRow(rows[0]);
    },

    async find(id) {
      const sql = `SELECT ${COLUMNS} FROM tokens WHERE id = :id AND sealed IS NOT NULL`;
      const { rows } = await db.execute({ sql, args: { id } });
      return rows[0] && toTokenRow(rows[0]);
    },

    async replace(row, sealed, { expiresAt }) {
      const issuedAt = seconds();
      // When the grant ends now is what debug_token has to say.
      const stored = await change(
        row,
        'sealed = :sealed, issued_at = :issuedAt, token_expires_at = :expiresAt, data_access_expires_at = NULL',
        { sealed, issuedAt, expiresAt: toSeconds(expiresAt) },
      );
      return stored ? { id: row.id, sealed, issuedAt: new Date(issuedAt * 1000), expiresAt } : undefined;
    },

    async saveInfo(row, scopes, lookAgainAt) {
      const { issuedAt, expiresAt, dataAccessExpiresAt } = row;
      await change(
        row,
        `issued_at = :issuedAt, token_expires_at = :expiresAt, data_access_expires_at = :dataAccessExpiresAt,
         scopes = :scopes, checked_at = :now, check_at = :at`,
        {
          issuedAt: toSeconds(issuedAt),
          expiresAt: toSeconds(expiresAt),
          dataAccessExpiresAt: toSeconds(dataAccessExpiresAt),
          scopes: scopes.join(' '),
          now: seconds(),
          at: toCheckAt(lookAgainAt),
        },
      );
    },

    async release(row) {
      await change(row, 'check_at = :now', { now: seconds() });
    },

    async lookAgain(row, at) {
      await change(row, 'check_at = :at', { at: toCheckAt(at) });
    },

    async requireLogin(row, reason) {
      await change(row, 'requires_login = :reason, checked_at = :now', { reason, now: seconds() });
    },

    async page(after, limit) {
      const { rows } = await db.execute({
        sql: `SELECT ${COLUMNS} FROM tokens WHERE id > :after AND sealed IS NOT NULL ORDER BY id LIMIT :limit`,
        args: { after, limit },
      });
      return rows.map((row) => ({
        ...toTokenRow(row),
        ...(row.requires_login !== null && { requiresLogin: String(row.requires_login) }),
      }));
    },

    async count() {
      const { rows } = await db.execute(`SELECT
        (SELECT count(*) FROM tokens) AS everybody,
        (SELECT count(*) FROM tokens WHERE requires_login IS NULL) AS kept`);
      const kept = Number(rows[0]?.kept);
      return { kept, requiresLogin: Number(rows[0]?.everybody) - kept };
    },

    async countStored() {
      const { rows } = await db.execute('SELECT count(*) AS stored FROM tokens WHERE sealed IS NOT NULL');
      return Number(rows[0]?.stored);
    },
  };
}

function toTokenRow(row: Row): TokenRow {
  return {
    id: String(row.id),
    sealed: String(row.sealed),
    issuedAt: dateIn(row.issued_at) ?? undefined,
    expiresAt: dateIn(row.token_expires_at),
    dataAccessExpiresAt: dateIn(row.data_access_expires_at),
  };
}

/** A moment: `null` for never, `undefined` where it is not known. */
function dateIn(value: unknown): Date | null | undefined {
  if (value === null) return undefined;
  return Number(value) === 0 ? null : new Date(Number(value) * 1000);
}

/** Unix seconds; 0 for never, as Threads writes it; NULL where it is not known. */
function toSeconds(date: Date | null | undefined): number | null {
  if (date === undefined) return null;
  return date ? Math.floor(date.getTime() / 1000) : 0;
}

function toCheckAt(date: Date | null): number {
  return date ? Math.ceil(date.getTime() / 1000) : NEVER;
}
