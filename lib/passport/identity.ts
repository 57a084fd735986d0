import type { ThreadsProfile } from '../threads/profile.js';
import { invalidToken } from '../threads/user-token.js';
import type { ThreadsFailure } from './failure.js';

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
