import {
  isThreadsError,
  type LongLivedTokenResult,
  type ThreadsClient,
  ThreadsTokenError,
  type TokenInfo,
  tokenNeeds,
} from 'passport-threads-oauth2';
import { type TokenVault, TokenVaultError } from 'threads-reference-example/token-vault';
import type { TokenRow, TokenRows } from './token-rows.js';
import { whyDead } from './why-dead.js';

/** What came of looking at a token. */
export type Outcome =
  | 'refreshed'
  | 'kept'
  | 'requires_login'
  /** Another worker has it, or it is not due any more. */
  | 'not_due'
  /** The person signed in, or was forgotten, while Threads was asked. */
  | 'superseded'
  /** It does not open with any of the keys. */
  | 'unreadable';

/** With what a token is kept. */
export interface Tools {
  rows: TokenRows;
  vault: TokenVault;
  threads: ThreadsClient;
  /** Told what a person should look into. */
  warn: (message: string, details: { id: string; reason?: string }) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

const HOUR = 60 * 60 * 1000;

/**
 * Looks at one token, and does what it needs now.
 *
 * A token is claimed first, so that nobody else refreshes it at the same moment, and a refreshed one is stored before
 * anything else happens. Whoever crashes in between loses nothing: the old token lives on, and when the claim runs out
 * somebody else refreshes it again.
 *
 * @param id - the Threads id of the person
 * @param tools - with what
 * @param lastTry - nobody comes back to it soon when this one fails
 * @throws an error of Threads, or of the database, that may pass: come back later
 */
export async function keepToken(id: string, tools: Tools, lastTry: boolean): Promise<Outcome> {
  const { rows, now } = tools;
  const row = await rows.claim(id);
  if (!row) return 'not_due';
  try {
    return await keepClaimed(row, tools);
  } catch (error) {
    await (lastTry ? rows.lookAgain(row, new Date(now() + HOUR)) : rows.release(row));
    throw error;
  }
}

async function keepClaimed(claimed: TokenRow, { rows, vault, threads, warn, now }: Tools): Promise<Outcome> {
  const { id } = claimed;
  const token = await vault.open(id, claimed.sealed).catch((error: unknown) => {
    if (!(error instanceof TokenVaultError)) throw error;
    warn(error.message, { id, reason: error.code });
  });
  if (token === undefined) {
    await rows.lookAgain(claimed, new Date(now() + HOUR));
    return 'unreadable';
  }

  const row = claimed.dataAccessExpiresAt === undefined ? await check(claimed, token) : claimed;
  if (!row) return 'requires_login';
  const need = tokenNeeds(row, { now });
  if (need.action === 'none') {
    await rows.lookAgain(row, need.lookAgainAt);
    return 'kept';
  }
  if (need.action === 'ask_person') {
    // Until the grant has ended the token still works, and the profile page asks for a sign-in all the same.
    if (need.lookAgainAt) await rows.lookAgain(row, need.lookAgainAt);
    else await rows.requireLogin(row, need.reason);
    return need.lookAgainAt ? 'kept' : 'requires_login';
  }
  return refresh(row, token);

  /** Asks when the grant ends. `undefined`: the token is dead. */
  async function check(row: TokenRow, token: string): Promise<TokenRow | undefined> {
    let info: TokenInfo;
    try {
      info = await threads.verifyToken(token);
    } catch (error) {
      if (mayPass(error)) throw error;
      // Without an answer about the grant, the token's own dates still say when to refresh it.
      warn((error as Error).message, { id });
      return row;
    }
    if (!info.isValid) {
      await rows.requireLogin(row, await whyDead(threads, token, info));
      return undefined;
    }
    const { issuedAt = row.issuedAt, expiresAt, dataAccessExpiresAt, scopes } = info;
    const known = { ...row, issuedAt, expiresAt, dataAccessExpiresAt };
    await rows.saveInfo(known, scopes, tokenNeeds(known, { now }).lookAgainAt);
    return known;
  }

  /** Puts the new token in the place of the old one, be it that this was sealed anew meanwhile. */
  async function replace(row: TokenRow, old: string, token: LongLivedTokenResult) {
    const sealed = await vault.seal(id, token.accessToken);
    const stored = await rows.replace(row, sealed, token);
    if (stored) return stored;
    const current = await rows.find(id);
    const isSame = current && (await vault.open(id, current.sealed).catch(() => undefined)) === old;
    return isSame ? rows.replace(current, sealed, token) : undefined;
  }

  async function refresh(row: TokenRow, token: string): Promise<Outcome> {
    let stored: TokenRow | undefined;
    let newToken: string;
    try {
      const refreshed = await threads.refreshToken(token);
      newToken = refreshed.accessToken;
      stored = await replace(row, token, refreshed);
    } catch (error) {
      if (error instanceof ThreadsTokenError && error.requiresLogin) {
        await rows.requireLogin(row, error.reason);
        return 'requires_login';
      }
      if (isThreadsError(error) && !mayPass(error)) {
        warn(error.message, { id });
        await rows.lookAgain(row, new Date(now() + HOUR));
        return 'kept';
      }
      throw error;
    }
    if (!stored) return 'superseded';

    try {
      const checked = await check(stored, newToken);
      if (!checked) return 'requires_login';
      if (checked === stored) await rows.lookAgain(stored, tokenNeeds(stored, { now }).lookAgainAt);
    } catch (error) {
      // The new token is safe; when its grant ends can be asked later.
      warn((error as Error).message, { id });
      await rows.lookAgain(stored, new Date(now() + HOUR));
    }
    return 'refreshed';
  }
}

function mayPass(error: unknown): boolean {
  return !isThreadsError(error) || ('isTransient' in error && error.isTransient);
}
