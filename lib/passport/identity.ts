import type { TokenInfo } from '../threads/debug-token.js';
import { ThreadsTokenError } from '../threads/errors.js';
import type { ThreadsProfile } from '../threads/profile.js';
import type { ThreadsFailure } from './failure.js';

/** What a token must be to sign a person in. */
export interface Expected {
  /** The Threads App ID. */
  clientID: string;
  /** The clock: milliseconds since the epoch. */
  now: () => number;
}

/**
 * Refuses a token that is not a living token of a person, for this app.
 *
 * @param token - what `debug_token` answered about it
 * @throws {@link ThreadsTokenError} with code `invalid_token`
 */
export function assertUserToken(token: TokenInfo, { clientID, now }: Expected): void {
  if (!token.isValid || token.error) {
    throw invalidToken(
      `Threads says that the access token is not valid (${token.error?.reason ?? 'no reason given'})`,
    );
  }
  if ((token.appId ?? clientID) !== clientID) throw invalidToken('The access token belongs to another app');
  if (!token.userId || (token.type || 'USER') !== 'USER') {
    throw invalidToken('The access token is not the token of a person');
  }
  if (token.expiresAt && token.expiresAt.getTime() <= now()) {
    throw invalidToken('The access token has expired. If it is new, check the clock of this machine');
  }
}

/**
 * Refuses a login for which Threads names more than one person.
 *
 * @param ids - the ids that the token answer, `/me` and `debug_token` gave; `undefined` for what was not asked
 * @throws {@link ThreadsTokenError} with code `invalid_token`
 */
export function assertSameUser(...ids: (string | undefined)[]): void {
  const named = new Set(ids.filter(Boolean));
  if (named.size > 1) {
    throw invalidToken(
      'Threads names two different people for one access token: the token answer, /me and debug_token disagree',
    );
  }
}

/** Tells whether the grant behind a token has ended, which the token itself can outlive. */
export function grantHasEnded({ dataAccessExpiresAt }: TokenInfo, now: () => number): boolean {
  return dataAccessExpiresAt !== null && dataAccessExpiresAt.getTime() <= now();
}

/** The failure of a login whose person did not grant all of these permissions, if it is one. */
export function missingScopes(
  required: readonly string[],
  profile: Pick<ThreadsProfile, 'scopes'> | undefined,
): Extract<ThreadsFailure, { type: 'missing_scopes' }> | undefined {
  const missing = required.filter((scope) => !profile?.scopes?.includes(scope));
  if (missing.length === 0) return undefined;
  const message = `Threads did not confirm these permissions, which are needed to sign in: ${missing.join(', ')}`;
  return { type: 'missing_scopes', message, missing };
}

function invalidToken(message: string): ThreadsTokenError {
  return new ThreadsTokenError({ code: 'invalid_token', message });
}
