import {
  type ErrorCodes,
  isForPerson,
  isLongLivedAlready,
  isTransient,
  type Operation,
  type ThreadsErrorReason,
} from './error-codes.js';

const BASIC = 'App Dashboard → App settings → Basic';

/** Where the dashboard, and Threads itself, have what an app needs. */
export const WHERE = {
  clientID: `${BASIC} → Threads App ID`,
  clientSecret: `${BASIC} → Threads App secret`,
  callbackURL: 'App Dashboard → Use cases → Access the Threads API → Settings → Redirect Callback URLs',
  testers: 'App Dashboard → App roles → Roles',
  invites: 'Threads → Settings → Website permissions → Invites',
};

const WRONG_APP_ID = `The Facebook App ID was used. Take the Threads App ID: ${WHERE.clientID}.`;

const WINDOW_HINT: Partial<Record<number, string>> = {
  1: 'A parameter is usually missing or empty: check client_id, redirect_uri and scope.',
  4476002: WRONG_APP_ID,
  1349026: WRONG_APP_ID,
  1349187: 'Threads wants https: give the app a redirect URI, and the page that links to Threads, on https.',
  1349168:
    'The redirect URI is not registered to the letter. Compare it with the dashboard, which may have added a trailing slash.',
  1349245: `Add the account as a Threads tester of the app, then accept the invite in ${WHERE.invites}.`,
};

/**
 * Says what to do about an error of the authorization window.
 *
 * @param errorCode - `error_code`
 * @returns `undefined` for a code that is not known
 */
export function windowHint(errorCode: number | undefined): string | undefined {
  return WINDOW_HINT[errorCode ?? Number.NaN];
}

const WRONG_APP =
  'Check `clientSecret` first: it must be the Threads app secret, and `clientID` the Threads App ID, not those of the Facebook app.';

/** What is likely wrong where the code does not say. */
const BY_OPERATION: Record<Operation, string> = {
  exchangeCode: `${WRONG_APP} A code works once and for 1 hour, and the redirect URI must be the one that the authorization window was given, to the letter.`,
  exchangeToken: `${WRONG_APP} Only a short-lived token that has not expired can be exchanged.`,
  refreshToken: 'A token can be refreshed when it is long-lived, at least 24 hours old and not expired.',
  getAppAccessToken: `${WRONG_APP} Where both are right and Threads hands out no app access token, inspect with the token of a Threads tester: \`testerAccessToken\` of a strategy.`,
  verifyToken:
    'The inspector must be a living app access token, or the token of a Threads tester, of the app that the inspected token belongs to. Meta documents the token of a tester alone: give one where Threads refuses the app access token, as `testerAccessToken` of a strategy, or as `accessToken`.',
  getProfile: '',
};

const BY_SUBCODE: Partial<Record<string, string>> = {
  '10/4279067': 'The app lacks the access tier for this: pass App Review for the permission.',
  '100/33': 'The object does not exist, as when an id went through a number: keep ids as strings.',
};

const BY_REASON: Record<ThreadsErrorReason, string> = {
  expired: 'The access token has expired: the person must sign in again.',
  logged_out: 'The person logged out or changed the password: they must sign in again.',
  not_authorized: 'The person has not allowed this app, or has removed it: they must sign in again.',
  checkpoint: 'The person must open Threads and clear a security check, then sign in again.',
  unconfirmed_user: 'The person must confirm the Threads account, then sign in again.',
  invalid_session: 'The session behind the access token is gone: the person must sign in again.',
  invalid_token: 'The access token is not valid: the person must sign in again.',
  invalid_code:
    'The code was used before, is older than 1 hour, or the redirect URI is not the one that the authorization window was given: let the person start again.',
  not_tester: `Add the account as a Threads tester of the app, and accept the invite in ${WHERE.invites}, or pass App Review.`,
  permission: 'A permission or app capability is missing: ask for it in `scope`, and check App Review.',
  rate_limited: 'The rate limit is reached: back off and try again later.',
  temporary: 'Threads has a temporary problem: try again later.',
  unknown: '',
};

/**
 * Writes the message of an error: what Threads answered, and what to do.
 *
 * @param refusal - what Threads answered
 * @param reason - why, in one word
 * @param operation - what Threads was asked for
 */
export function errorMessage(
  refusal: ErrorCodes & { message: string },
  reason: ThreadsErrorReason,
  operation?: Operation,
): string {
  const { code, message } = refusal;
  if (isLongLivedAlready(code, operation)) {
    return `this token is long-lived already: use it as it is. Threads answered: ${message}`;
  }
  const subject =
    operation === 'verifyToken'
      ? 'debug_token rejected the inspecting access token (the inspector), so nothing is known about the inspected one: '
      : '';
  return sentences(`${subject}${message}`, adviceFor(refusal, reason, operation));
}

function adviceFor(
  { code, subcode }: ErrorCodes,
  reason: ThreadsErrorReason,
  operation: Operation | undefined,
): string {
  const likely = operation ? BY_OPERATION[operation] : '';
  const exact = BY_SUBCODE[`${code}/${subcode}`];
  if (exact) return isForPerson(operation) ? exact : `${exact} ${likely}`;
  // A rate limit of the inspector is not one of `testerAccessToken`.
  if (likely && (reason === 'temporary' || (reason === 'rate_limited' && !isForPerson(operation)))) {
    // Meta's code 1 also is what a wrong app secret gets.
    return code === 1 && likely.startsWith(WRONG_APP)
      ? `${likely} If they are right: ${BY_REASON.temporary}`
      : `${BY_REASON[reason]} If it stays: ${likely}`;
  }
  if (isTransient(reason)) return BY_REASON[reason];
  if (!isForPerson(operation)) return likely;
  // A living token of the wrong kind also gets 190 without a subcode ("Session key invalid").
  if (code === 190 && reason === 'invalid_token' && subcode === undefined && likely) {
    return `${likely} Otherwise the person must sign in again.`;
  }
  return BY_REASON[reason] || likely;
}

/** Joins what was answered and what to do about it. */
export function sentences(answered: string, advice: string | undefined): string {
  return advice ? `${answered.replace(/[.\s]+$/, '')}. ${advice}` : answered;
}
