import { tokenNeeds } from 'passport-threads-oauth2';
import type { Row, SQL, Statement } from './sql.js';
import { type TokenVault, TokenVaultError } from './token-vault.js';

/** What is known of an access token, without the token itself. */
export interface TokenStatus {
  /** The permissions that the person granted; `undefined` when Threads did not report them. */
  scopes?: string[];
  issuedAt?: Date;
  /** `'never'` for a token without an end, `undefined` when Threads did not report one. */
  expiresAt?: Date | 'never';
  /** When the grant behind the token ends, which no refresh may be able to put off; as `expiresAt`. */
  dataAccessExpiresAt?: Date | 'never';
  /**
   * Why the person must sign in again: a `reason` of the errors of `passport-threads-oauth2`, or
   * `'grant_ended'`. `undefined` while the token is good, as far as is known.
   */
  requiresLogin?: string;
  /** When the grant ends, once that is near and nothing but signing in again extends it. */
  signInBefore?: Date;
}

/** A token as a sign-in brings it. */
export interface NewToken extends Omit<TokenStatus, 'requiresLogin' | 'signInBefore'> {
  accessToken: string;
}

export interface Tokens {
  /** How many tokens each key has sealed, by key id. */
  countByKey(): Promise<Map<string, number>>;
  /**
   * Seals with the newest key what another key has sealed, in pages, while sign-ins and refreshes go on. What
   * does not open stays as it is.
   *
   * @param onProgress - called after each page with the counts up to then
   */
  reseal(onProgress?: (counts: ResealCounts) => void): Promise<ResealCounts>;
}

export interface ResealCounts {
  resealed: number;
  /** Of these the key is missing, or the row was tampered with. */
  unopened: number;
}

const PAGE = 500;

// The key id in the header of a JWE. A row that is no JSON at all must not end the whole query.
const KEY_ID = {
  sqlite: `iif(json_valid(sealed), json_extract(sealed, '$.header.kid'), 'none')`,
  postgres: `coalesce(substring(sealed from '"header":\\{"kid":"([A-Za-z0-9_-]+)"'), 'none')`,
};

/** The columns that {@link toTokenStatus} reads: named one by one, so that no page comes by a token by accident. */
export const TOKEN_COLUMNS = 'scopes, issued_at, token_expires_at, data_access_expires_at, requires_login';

const STORE = `
  INSERT INTO tokens (id, sealed, scopes, granted_at, issued_at, token_expires_at, data_access_expires_at)
  SELECT :id, :sealed, :scopes, :now, :issuedAt, :expiresAt, :dataAccessExpiresAt
  WHERE EXISTS (SELECT 1 FROM accounts WHERE id = :id AND user_id = coalesce(:userID, user_id))
  ON CONFLICT (id) DO UPDATE SET
    sealed = excluded.sealed,
    scopes = excluded.scopes,
    granted_at = excluded.granted_at,
    issued_at = excluded.issued_at,
    token_expires_at = excluded.token_expires_at,
    data_access_expires_at = excluded.data_access_expires_at,
    requires_login = NULL,
    checked_at = NULL,
    check_at = 0
  WHERE :always = 1 OR tokens.sealed IS NULL OR tokens.requires_login IS NOT NULL
    OR (tokens.token_expires_at <> 0 AND (excluded.token_expires_at = 0 OR tokens.token_expires_at < excluded.token_expires_at))`;

export interface StoreOptions {
  /** Only if this user has the account. Left out: any user. */
  owner?: string;
  /** Leaves a stored token that lives, unless this one ends later. */
  ifLonger?: boolean;
}

/**
 * Keeps the token of an account: the last statement of the batch that makes the account, so that neither is
 * there without the other.
 */
export async function storeToken(
  vault: TokenVault,
  id: string,
  token: NewToken,
  { owner, ifLonger = false }: StoreOptions = {},
): Promise<Statement> {
  const args = {
    id,
    always: ifLonger ? 0 : 1,
    userID: owner ?? null,
    sealed: await vault.seal(id, token.accessToken),
    scopes: token.scopes?.join(' ') ?? null,
    now: Date.now(),
    issuedAt: toUnixSeconds(token.issuedAt),
    expiresAt: toUnixSeconds(token.expiresAt),
    dataAccessExpiresAt: toUnixSeconds(token.dataAccessExpiresAt),
  };
  return { sql: STORE, args };
}

export function createTokens(db: SQL, vault: TokenVault): Tokens {
  const keyID = KEY_ID[db.dialect];
  return {
    async countByKey() {
      const { rows } = await db.execute(
        `SELECT ${keyID} AS kid, count(*) AS tokens FROM tokens WHERE sealed IS NOT NULL GROUP BY kid`,
      );
      return new Map(rows.map(({ kid, tokens }) => [String(kid), Number(tokens)]));
    },

    async reseal(onProgress) {
      const counts = { resealed: 0, unopened: 0 };
      for (let after = ''; ; ) {
        const { rows } = await db.execute({
          sql: `SELECT id, sealed FROM tokens
            WHERE id > :after AND sealed IS NOT NULL AND ${keyID} IS DISTINCT FROM :current ORDER BY id LIMIT ${PAGE}`,
          args: { after, current: vault.keyID },
        });
        const last = rows.at(-1);
        if (!last) return counts;
        after = String(last.id);

        const statements = await Promise.all(rows.map((row) => resealRow(vault, row)));
        const found = statements.filter((statement) => statement !== undefined);
        counts.unopened += statements.length - found.length;
        // A token that was replaced meanwhile is sealed with a key of its own time: it is left alone.
        for (const { rowsAffected } of await db.batch(found)) counts.resealed += rowsAffected;
        onProgress?.({ ...counts });
      }
    },
  };
}

async function resealRow(vault: TokenVault, row: Row): Promise<Statement | undefined> {
  const [id, old] = [String(row.id), String(row.sealed)];
  try {
    const sealed = await vault.seal(id, await vault.open(id, old));
    return {
      sql: 'UPDATE tokens SET sealed = :sealed WHERE id = :id AND sealed = :old',
      args: { id, sealed, old },
    };
  } catch (error) {
    if (error instanceof TokenVaultError) return undefined;
    throw error;
  }
}

/** Reads {@link TOKEN_COLUMNS}. */
export function toTokenStatus(row: Row, now = Date.now()): TokenStatus {
  const [issuedAt, expiresAt, dataAccessExpiresAt] = [
    row.issued_at,
    row.token_expires_at,
    row.data_access_expires_at,
  ].map(fromUnixSeconds);
  const status = {
    scopes: row.scopes === null ? undefined : String(row.scopes).split(' ').filter(Boolean),
    issuedAt: issuedAt instanceof Date ? issuedAt : undefined,
    expiresAt,
    dataAccessExpiresAt,
  };
  if (row.requires_login !== null) return { ...status, requiresLogin: String(row.requires_login) };

  const orNull = (end: Date | 'never' | undefined) => (end === 'never' ? null : end);
  const stored = {
    issuedAt: status.issuedAt,
    expiresAt: orNull(expiresAt),
    dataAccessExpiresAt: orNull(dataAccessExpiresAt),
  };
  const { action, reason } = tokenNeeds(stored, { now: () => now });
  if (action !== 'ask_person') return status;
  return reason === 'grant_ending'
    ? { ...status, signInBefore: stored.dataAccessExpiresAt ?? undefined }
    : { ...status, requiresLogin: reason };
}

function fromUnixSeconds(value: unknown): Date | 'never' | undefined {
  if (value === null || value === undefined) return undefined;
  return Number(value) === 0 ? 'never' : new Date(Number(value) * 1000);
}

function toUnixSeconds(end: Date | 'never' | undefined): number | null {
  if (end === undefined) return null;
  return end === 'never' ? 0 : Math.floor(end.getTime() / 1000);
}
