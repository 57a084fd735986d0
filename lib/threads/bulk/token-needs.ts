const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** Milliseconds that a long-lived token must be old before it can be refreshed. */
const REFRESH_AGE = DAY;

/** What an app keeps of a token. Left out: not known. */
export interface StoredToken {
  /** When the token was issued. */
  issuedAt?: Date | undefined;
  /** When the token expires; `null` for never. */
  expiresAt?: Date | null | undefined;
  /** When the grant behind the token ends: `dataAccessExpiresAt` of `debug_token`; `null` for never. */
  dataAccessExpiresAt?: Date | null | undefined;
  /** What came of the last attempt to refresh the token. */
  lastOutcome?: { outcome: 'refreshed' | 'requires_login' | 'failed'; at: Date } | undefined;
}

/** Options of {@link tokenNeeds}. */
export interface TokenNeedsOptions {
  /** Milliseconds before its end in which a token is to be refreshed. Default: 7 days. */
  within?: number | undefined;
  /** Milliseconds before the end of the grant in which the person is to be asked. Default: 14 days. */
  askWithin?: number | undefined;
  /** The clock: milliseconds since the epoch. Default: `Date.now`. */
  now?: (() => number) | undefined;
}

/** What is to be done about a token, why, and when to look again (`null`: not before the person has signed in). */
export type TokenNeed =
  | { action: 'refresh'; reason: 'due' | 'grant_ending'; lookAgainAt: Date }
  | {
      action: 'ask_person';
      reason: 'requires_login' | 'expired' | 'grant_ended' | 'grant_ending';
      /** Whole days until the app loses its access; 0 where it has. */
      daysLeft: number;
      lookAgainAt: Date | null;
    }
  | { action: 'none'; reason: 'young' | 'not_due' | 'failed_lately'; lookAgainAt: Date | null };

/**
 * Says what a token needs now, from what is stored of it. The first rule that fits decides:
 *
 * 1. Threads wants a new login, the token has expired, or the grant has ended: ask the person.
 * 2. The last refresh failed less than an hour ago: nothing.
 * 3. The grant ends within `askWithin`, and the token was issued in that time, so that a refresh has not extended the
 *    grant: ask the person, unless rule 5 has the token refreshed for its own end.
 * 4. The token is not 24 hours old: nothing, since Threads would refuse to refresh it.
 * 5. The token ends within `within` or at an unknown time, or the grant ends within `askWithin`: refresh, and ask
 *    `debug_token` afterwards when the grant ends now.
 * 6. Else nothing, until one of these times comes.
 *
 * @param stored - what is known of the token. A last outcome from before the token was issued is that of another one
 * @param options - how early to act, in milliseconds
 * @throws TypeError when a time is no valid `Date`, or an option is wrong
 *
 * Sources: Threads, "Long-Lived Tokens" (24 hours, 60 days; permissions last 90 days, and a refresh extends those of
 * public profiles) and "Debug Access Token" (`data_access_expires_at`).
 */
export function tokenNeeds(
  { issuedAt, expiresAt, dataAccessExpiresAt, lastOutcome }: StoredToken,
  { within = 7 * DAY, askWithin = 14 * DAY, now = Date.now }: TokenNeedsOptions = {},
): TokenNeed {
  assertDuration('within', within);
  assertDuration('askWithin', askWithin);
  const time = now();
  const issued = pastTimeOf('issuedAt', issuedAt);
  const end = timeOf('expiresAt', expiresAt);
  const grantEnd = timeOf('dataAccessExpiresAt', dataAccessExpiresAt) ?? Number.POSITIVE_INFINITY;
  const lastAt = pastTimeOf('lastOutcome.at', lastOutcome?.at);
  const last = lastAt >= issued ? lastOutcome?.outcome : undefined;

  if (last === 'requires_login') return signInAgain('requires_login');
  if (end !== undefined && end <= time) return signInAgain('expired');
  if (grantEnd <= time) return signInAgain('grant_ended');

  if (last === 'failed' && time - lastAt < HOUR) {
    return { action: 'none', reason: 'failed_lately', lookAgainAt: dateOf(lastAt + HOUR) };
  }

  const dueAt = end === undefined ? time : end - within;
  const askFrom = grantEnd - askWithin;
  if (askFrom <= time && issued >= askFrom && dueAt > time) {
    const daysLeft = Math.floor((grantEnd - time) / DAY);
    return {
      action: 'ask_person',
      reason: 'grant_ending',
      daysLeft,
      lookAgainAt: dateOf(Math.min(grantEnd, dueAt)),
    };
  }

  const refreshFrom = Math.min(dueAt, askFrom);
  const oldEnoughAt = issued + REFRESH_AGE;
  if (oldEnoughAt > time) {
    const lookAgainAt = Math.min(Math.max(oldEnoughAt, refreshFrom), end ?? Number.POSITIVE_INFINITY);
    return { action: 'none', reason: 'young', lookAgainAt: dateOf(lookAgainAt) };
  }
  if (refreshFrom <= time) {
    const reason = dueAt <= time ? 'due' : 'grant_ending';
    return { action: 'refresh', reason, lookAgainAt: new Date(time + HOUR) };
  }
  return { action: 'none', reason: 'not_due', lookAgainAt: dateOf(refreshFrom) };
}

function signInAgain(reason: 'requires_login' | 'expired' | 'grant_ended'): TokenNeed {
  return { action: 'ask_person', reason, daysLeft: 0, lookAgainAt: null };
}

/** Milliseconds since the epoch: `Infinity` for never, `undefined` where it is not known. */
function timeOf(name: string, date: Date | null | undefined): number | undefined {
  if (date === undefined) return undefined;
  if (date === null) return Number.POSITIVE_INFINITY;
  return assertDate(name, date).getTime();
}

/** Milliseconds since the epoch, `-Infinity` where it is not known. */
function pastTimeOf(name: string, date: Date | undefined): number {
  return date === undefined ? Number.NEGATIVE_INFINITY : assertDate(name, date).getTime();
}

function assertDate(name: string, value: unknown): Date {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  const type = value === null ? 'null' : value instanceof Date ? 'an invalid Date' : `a ${typeof value}`;
  throw new TypeError(
    `\`${name}\` must be a valid Date, not ${type}: make one of text or milliseconds with \`new Date(value)\`, of seconds with \`new Date(value * 1000)\`, and leave out what is not known`,
  );
}

function dateOf(time: number): Date | null {
  return Number.isFinite(time) ? new Date(time) : null;
}

function assertDuration(name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new TypeError(`\`${name}\` must be a number of milliseconds, not ${String(value)}`);
  }
}
