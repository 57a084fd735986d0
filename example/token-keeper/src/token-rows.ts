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
  /** Tokens that are due, those first that end first. */
  due(limit: number): Promise<Due[]>;
  /** Takes a token that is due for as long as the lease lasts. `undefined`: it is not due, or somebody has it. */
  claim(id: string): Promise<TokenRow | undefined>;
  /** A token as it is now, whoever has it. */
  find(id: string): Promise<TokenRow | undefined>;
  /** Puts a refreshed token in the place of the one that was claimed. `undefined`: that one has changed since. */
  replace(row: TokenRow, sealed: string, token: LongLivedTokenResult): Promise<TokenRow | undefined>;
  /** Notes what `debug_token` said of a living token. */
  saveInfo(row: TokenRow, scopes: readonly string[]): Promise<void>;
  /** Gives a token back, for whoever comes next. */
  release(row: TokenRow): Promise<void>;
  /** Notes when to look again; `null`: never, unless the person signs in. */
  lookAgain(row: TokenRow, at: Date | null): Promise<void>;
  /** Notes that the person must sign in again, and why. */
  requireLogin(row: TokenRow, reason: string): Promise<void>;
  /** Takes back that the person must sign in again: the token lives. */
  restore(row: TokenRow): Promise<boolean>;
  /** Tokens that were marked with `requireLogin` since then, in the order of their ids. */
  marked(since: Date, after: string, limit: number): Promise<(TokenRow & { requiresLogin: string })[]>;
  /** Tokens in the order of their ids, those that are known to be dead included. */
  page(after: string, limit: number): Promise<(TokenRow & { requiresLogin?: string })[]>;
  /** How many people's tokens live, and how many people must sign in again: from indexes alone, however many. */
  count(): Promise<{ kept: number; requiresLogin: number }>;
  /** What the keeper is behind with. */
  backlog(): Promise<Backlog>;
  /** How many tokens `page` goes through. */
  countStored(): Promise<number>;
}

/** A token that is due, and when it ends, in Unix seconds. */
export interface Due {
  id: string;
  end: number;
}

/** What is due and not done. */
export interface Backlog {
  due: number;
  /** Seconds since when the oldest one has been due; 0 where nothing is. A token of a new sign-in is due at once. */
  oldest: number;
  /** How many living tokens end within 72 hours. */
  endingSoon: number;
}

/** Seconds before its end, from which a token should long have been refreshed. */
const SOON = 72 * 60 * 60;

/** Seconds in which a token of unknown end is expected to end. */
const UNKNOWN_END = 24 * 60 * 60;

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
    async due(limit) {
      const now = seconds();
      const { rows } = await db.execute({
        sql: `SELECT id, CASE token_expires_at WHEN 0 THEN :never ELSE coalesce(token_expires_at, :unknown) END AS ends
          FROM tokens WHERE requires_login IS NULL AND check_at <= :now ORDER BY ends, id LIMIT :limit`,
        args: { now, never: NEVER, unknown: now + UNKNOWN_END, limit },
      });
      return rows.map((row) => ({ id: String(row.id), end: Number(row.ends) }));
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

    async saveInfo(row, scopes) {
      const { issuedAt, expiresAt, dataAccessExpiresAt } = row;
      await change(
        row,
        `issued_at = :issuedAt, token_expires_at = :expiresAt, data_access_expires_at = :dataAccessExpiresAt,
         scopes = :scopes, checked_at = :now`,
        {
          issuedAt: toSeconds(issuedAt),
          expiresAt: toSeconds(expiresAt),
          dataAccessExpiresAt: toSeconds(dataAccessExpiresAt),
          scopes: scopes.join(' '),
          now: seconds(),
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

    async restore(row) {
      return change(row, 'requires_login = NULL, checked_at = :now, check_at = :now', { now: seconds() });
    },

    async marked(since, after, limit) {
      const { rows } = await db.execute({
        sql: `SELECT ${COLUMNS} FROM tokens
          WHERE id > :after AND sealed IS NOT NULL AND requires_login IS NOT NULL AND checked_at >= :since
          ORDER BY id LIMIT :limit`,
        args: { after, limit, since: Math.floor(since.getTime() / 1000) },
      });
      return rows.map((row) => ({ ...toTokenRow(row), requiresLogin: String(row.requires_login) }));
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

    async backlog() {
      const now = seconds();
      const { rows } = await db.execute({
        sql: `SELECT
          (SELECT count(*) FROM tokens WHERE requires_login IS NULL AND check_at <= :now) AS due,
          (SELECT min(CASE check_at WHEN 0 THEN granted_at / 1000 ELSE check_at END)
            FROM tokens WHERE requires_login IS NULL AND check_at <= :now) AS oldest,
          (SELECT count(*) FROM tokens WHERE requires_login IS NULL AND token_expires_at > 0
            AND token_expires_at <= :soon) AS ending_soon`,
        args: { now, soon: now + SOON },
      });
      const { due, oldest, ending_soon: endingSoon } = rows[0]!;
      return {
        due: Number(due),
        oldest: oldest === null ? 0 : Math.max(0, now - Number(oldest)),
        endingSoon: Number(endingSoon),
      };
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
