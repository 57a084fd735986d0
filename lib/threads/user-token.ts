import type { TokenInfo } from './debug-token.js';
import { requiresLogin, type ThreadsErrorReason } from './error-codes.js';
import { ThreadsTokenError } from './errors.js';

/** What a token of a person must be. */
export interface ExpectedToken {
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
export function assertUserToken(token: TokenInfo, { clientID, now }: ExpectedToken): void {
  const { isValid, error, appId = clientID, userId, type, expiresAt } = token;
  if (!isValid || error) {
    const reason = error && requiresLogin(error.reason) ? error.reason : 'invalid_token';
    const given = error?.reason ?? 'no reason given';
    throw invalidToken(`Threads says that the access token is not valid (${given})`, reason);
  }
  if (appId !== clientID) throw invalidToken('The access token belongs to another app');
  if (!userId || (type || 'USER') !== 'USER') {
    throw invalidToken('The access token is not the token of a person');
  }
  if (expiresAt && expiresAt.getTime() <= now()) {
    const message = `The access token ended at ${expiresAt.toISOString()}. If it is new, check the clock of this machine`;
    throw invalidToken(message, 'expired');
  }
}

/** Tells whether the grant behind a token has ended, which the token itself can outlive. */
export function grantHasEnded({ dataAccessExpiresAt }: TokenInfo, now: () => number): boolean {
  return dataAccessExpiresAt !== null && dataAccessExpiresAt.getTime() <= now();
}

/** The error of a token that is not good for what it is to be used for. */
export function invalidToken(message: string, reason?: ThreadsErrorReason): ThreadsTokenError {
  return new ThreadsTokenError({ code: 'invalid_token', message, reason });
}
