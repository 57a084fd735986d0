import { type StoredToken, type TokenInfo, tokenNeeds } from 'passport-threads-oauth2';

/** What can be said of a stored token, from the best to the worst, and what is to be done about it. */
export const STATES = {
  valid: '',
  expiring: 'will be refreshed by the keeper; look why it has not been',
  'grant ending': 'ask the person to sign in again before the grant ends',
  'missing permissions': 'ask the person to sign in again and to allow them',
  expired: 'ask the person to sign in again',
  'logged out': 'ask the person to sign in again',
  'not authorized': 'the person removed the app: ask, or let them go',
  dead: 'ask the person to sign in again',
  unreadable: 'find the key that it was sealed with',
  unknown: 'run the audit again: Threads could not be asked',
} as const;

export type State = keyof typeof STATES;

/** What the audit found out about one token. */
export interface Finding {
  /** The Threads id of the person. */
  id: string;
  state: State;
  /** Why, or what is missing; empty where there is nothing to add. */
  details: string;
}

/** The state of a token that lives. */
export function stateOfLiving(
  info: TokenInfo,
  stored: StoredToken,
  requiredScopes: readonly string[],
): Omit<Finding, 'id'> {
  const missing = requiredScopes.filter((scope) => !info.scopes.includes(scope));
  if (missing.length > 0) return { state: 'missing permissions', details: missing.join(' ') };
  const { issuedAt = stored.issuedAt, expiresAt, dataAccessExpiresAt } = info;
  const need = tokenNeeds({ issuedAt, expiresAt, dataAccessExpiresAt });
  if (need.action === 'ask_person') {
    return { state: 'grant ending', details: `${need.daysLeft} days left` };
  }
  if (need.action === 'refresh') {
    return need.reason === 'due'
      ? { state: 'expiring', details: expiresAt?.toISOString() ?? '' }
      : { state: 'grant ending', details: dataAccessExpiresAt?.toISOString() ?? '' };
  }
  return { state: 'valid', details: '' };
}

/** The state of a token that is dead, from a `reason` of the library. */
export function stateOfDead(reason: string): Omit<Finding, 'id'> {
  switch (reason) {
    case 'expired':
    case 'grant_ended':
      return { state: 'expired', details: reason === 'expired' ? '' : 'the grant has ended' };
    case 'logged_out':
      return { state: 'logged out', details: '' };
    case 'not_authorized':
      return { state: 'not authorized', details: '' };
    default:
      return { state: 'dead', details: reason };
  }
}
