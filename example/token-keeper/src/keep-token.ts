import { setTimeout as delay } from 'node:timers/promises';
import {
  isThreadsError,
  type LongLivedTokenResult,
  type ThreadsClient,
  type TokenInfo,
  type TokenNeed,
  tokenNeeds,
} from 'passport-threads-oauth2';
import { type TokenVault, TokenVaultError } from 'threads-reference-example/token-vault';
import type { Fuse } from './fuse.js';
import { isRefusal, type Limits } from './limits.js';
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
  | 'unreadable'
  /** Threads refuses this app, and nothing is known against the token. */
  | 'refused'
  /** A rate limit of this person, who is left alone until it is over. */
  | 'limited'
  /** It looks dead, and so do too many others: nothing was marked. */
  | 'held'
  /** One endpoint calls it dead and another one does not. */
  | 'doubtful';

/** With what a token is kept. */
export interface Tools {
  rows: TokenRows;
  vault: TokenVault;
  threads: ThreadsClient;
  fuse: Fuse;
  limits: Limits;
  /** Told what a person should look into. */
  warn: (message: string, details: { id: string; reason?: string }) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds for which a refreshed token is tried to be stored while the database is away. */
  storeFor: number;
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
  const { rows, limits, now } = tools;
  const row = await rows.claim(id);
  if (!row) return 'not_due';
  try {
    const outcome = await keepClaimed(row, tools);
    limits.passed();
    return outcome;
  } catch (error) {
    if (limits.isOfPerson(id, error)) {
      await rows.lookAgain(row, new Date(now() + limits.waitFor(error)));
      return 'limited';
    }
    // Where the database is away, the claim runs out by itself.
    await (lastTry ? rows.lookAgain(row, new Date(now() + HOUR)) : rows.release(row)).catch(() => {});
    throw error;
  }
}

async function keepClaimed(claimed: TokenRow, tools: Tools): Promise<Outcome> {
  const { rows, vault, threads, fuse, limits, warn, now } = tools;
  const { id } = claimed;
  const token = await vault.open(id, claimed.sealed).catch((error: unknown) => {
    if (!(error instanceof TokenVaultError)) throw error;
    warn(error.message, { id, reason: error.code });
  });
  if (token === undefined) return inAnHour(claimed, 'unreadable');

  const need = tokenNeeds(claimed, { now });
  if (need.action === 'refresh') return refresh(claimed, token);
  // What the stored times say is not enough for a death: the clock may be wrong, or the times old.
  if (need.action === 'ask_person' && !need.lookAgainAt) return settle(claimed, token, need.reason);
  if (claimed.dataAccessExpiresAt !== undefined) return keep(claimed, need);

  const info = await inspect(token);
  if (info === undefined) return keep(claimed, need);
  if (!info.isValid) return bury(claimed, await whyDead(threads, token, info));
  return follow(await save(claimed, info), token);

  /** What `debug_token` says. `undefined`: it may not be asked, which says nothing about the token. */
  async function inspect(token: string): Promise<TokenInfo | undefined> {
    try {
      return await threads.verifyToken(token);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      warn(error.message, { id });
      return undefined;
    }
  }

  async function save(row: TokenRow, info: TokenInfo): Promise<TokenRow> {
    const { issuedAt = row.issuedAt, expiresAt, dataAccessExpiresAt, scopes } = info;
    const known = { ...row, issuedAt, expiresAt, dataAccessExpiresAt };
    await rows.saveInfo(known, scopes);
    return known;
  }

  /** Does what a token needs, of which `debug_token` has just said that it lives. */
  async function follow(row: TokenRow, token: string): Promise<Outcome> {
    const need = tokenNeeds(row, { now });
    if (need.action === 'refresh') return refresh(row, token);
    fuse.note(false);
    if (need.action === 'ask_person' && !need.lookAgainAt) return mark(row, need.reason);
    return keep(row, need);
  }

  async function keep(row: TokenRow, { lookAgainAt }: TokenNeed): Promise<Outcome> {
    const soon = new Date(now() + HOUR);
    // When the grant ends is asked about again before long.
    const isKnown = row.dataAccessExpiresAt !== undefined;
    await rows.lookAgain(row, isKnown || (lookAgainAt && lookAgainAt < soon) ? lookAgainAt : soon);
    return 'kept';
  }

  async function inAnHour(row: TokenRow, outcome: Outcome): Promise<Outcome> {
    await rows.lookAgain(row, new Date(now() + HOUR));
    return outcome;
  }

  /** Finds out whether a token is dead that seems to be. */
  async function settle(row: TokenRow, token: string, reason: string, refused = false): Promise<Outcome> {
    const info = await inspect(token);
    if (info?.isValid) {
      const known = await save(row, info);
      if (!refused) return follow(known, token);
      warn('The refresh calls the token dead, and debug_token does not', { id, reason });
      return inAnHour(known, 'doubtful');
    }
    if (info) return bury(row, refused ? reason : await whyDead(threads, token, info));
    // debug_token may not be asked; the token itself may.
    try {
      await threads.getProfile(token);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if ('requiresLogin' in error && error.requiresLogin) return bury(row, error.reason);
    }
    return inAnHour(row, 'doubtful');
  }

  async function bury(row: TokenRow, reason: string): Promise<Outcome> {
    fuse.note(true);
    return mark(row, reason);
  }

  async function mark(row: TokenRow, reason: string): Promise<Outcome> {
    if (fuse.isBlown()) return inAnHour(row, 'held');
    await rows.requireLogin(row, reason);
    return 'requires_login';
  }

  async function refresh(row: TokenRow, token: string): Promise<Outcome> {
    let refreshed: LongLivedTokenResult;
    try {
      refreshed = await threads.refreshToken(token);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if ('requiresLogin' in error && error.requiresLogin) return settle(row, token, error.reason, true);
      // The token may be dead or too young without the refresh saying so.
      const info = await inspect(token);
      if (info && !info.isValid) return bury(row, await whyDead(threads, token, info));
      const known = info ? await save(row, info) : row;
      const need = tokenNeeds(known, { now });
      if (need.action === 'none') return keep(known, need);
      warn(error.message, { id, reason: 'reason' in error ? error.reason : undefined });
      return inAnHour(known, 'refused');
    }

    const stored = await store(row, token, refreshed);
    if (!stored) return 'superseded';
    fuse.note(false);
    // The new token is safe; when its grant ends can be asked later.
    await learnGrant(stored, refreshed.accessToken).catch(async (error: Error) => {
      await limits.heed(id, error);
      warn(isThreadsError(error) ? error.message : error.name, { id });
      await rows.lookAgain(stored, new Date(now() + HOUR)).catch(() => {});
    });
    return 'refreshed';
  }

  async function learnGrant(row: TokenRow, token: string): Promise<void> {
    const info = await inspect(token);
    const known = info?.isValid ? await save(row, info) : row;
    await keep(known, tokenNeeds(known, { now }));
  }

  /**
   * Puts the new token in the place of the old one, be it that this was sealed anew meanwhile, and goes on trying while
   * the database is away: thrown away, the new token would cost a second refresh.
   */
  async function store(row: TokenRow, old: string, token: LongLivedTokenResult) {
    const sealed = await vault.seal(id, token.accessToken);
    const giveUpAt = performance.now() + tools.storeFor;
    for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
      try {
        return await replace(row, old, sealed, token);
      } catch (error) {
        if (performance.now() + pause > giveUpAt) throw error;
        await delay(pause);
      }
    }
  }

  async function replace(row: TokenRow, old: string, sealed: string, token: LongLivedTokenResult) {
    const stored = await rows.replace(row, sealed, token);
    if (stored) return stored;
    const current = await rows.find(id);
    // An earlier attempt has stored it, and the database was gone before it could say so.
    if (!current || current.sealed === sealed) return current;
    const isSame = (await vault.open(id, current.sealed).catch(() => undefined)) === old;
    return isSame ? rows.replace(current, sealed, token) : undefined;
  }
}
