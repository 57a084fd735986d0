import { nonEmptyString } from '../../transport/json.js';
import { ThreadsNetworkError } from '../../transport/network-error.js';
import type { TokenInfo } from '../debug-token.js';
import { requiresLogin } from '../error-codes.js';
import { ThreadsGraphAPIError, ThreadsTokenError } from '../errors.js';
import type { LongLivedTokenResult } from '../token-response.js';
import { type Clock, systemClock } from './back-off.js';
import { concurrentMap, type Window } from './pool.js';
import { isTransient, Requests } from './requests.js';
import { type StoredToken, type TokenNeed, tokenNeeds } from './token-needs.js';

/** How a run over many tokens works. */
export interface ManyTokensOptions {
  /**
   * The most tokens that are asked about at a time: 1 to 1000. As many more are kept in memory while they have to be
   * asked about later. Default: 10.
   */
  concurrency?: number | undefined;
  /** The most tokens that are asked about in a second. Default: no limit. */
  rate?: number | undefined;
  /** Ends the run early: no further input is taken, and what was not asked is reported as such. */
  signal?: AbortSignal | undefined;
  /** Called before each outcome, and when Threads wants all requests to pause. */
  onProgress?: ((progress: ManyTokensProgress) => void) | undefined;
}

/** How far a run over many tokens is. */
export interface ManyTokensProgress {
  /** Outcomes so far. */
  done: number;
  /** Milliseconds for which all requests pause now, because of a rate limit or a temporary problem. */
  pause?: number;
}

/** An input to `verifyTokens`: a token, or an object that has one. */
export type TokenInput = string | { readonly accessToken: string };

/** What became of one input of `verifyTokens`. */
export type VerifyOutcome<Input> =
  | { input: Input; info: TokenInfo; error?: undefined }
  | {
      input: Input;
      info?: undefined;
      /** Why nothing is known of the token. It never speaks of the token's own death, which is in an `info`. */
      error: Error;
      /** Whether Threads was asked; false where the run ended before, or the input holds no token. */
      asked: boolean;
    };

/** An input to `refreshTokens`. What is not known of a token is left out, and the token is then taken for due. */
export interface RefreshInput extends StoredToken {
  /** A long-lived token. */
  readonly accessToken: string;
}

/** What became of one input of `refreshTokens`. */
export type RefreshOutcome<Input> =
  | { input: Input; outcome: 'refreshed'; token: LongLivedTokenResult }
  | { input: Input; outcome: 'skipped'; reason: 'young' | 'not_due' }
  | {
      input: Input;
      outcome: 'requires_login';
      /** Its `reason` says why the person must sign in again. */
      error: ThreadsTokenError;
      /** Whether Threads was asked; false where the dates of the input say it. */
      asked: boolean;
    }
  | {
      input: Input;
      outcome: 'failed';
      /** Why the token was not refreshed. With `isTransient` it may be later. */
      error: Error;
      /** Whether Threads was asked; false where the run ended before, or the input is wrong. */
      asked: boolean;
    };

/** How {@link verifyMany} asks Threads. */
export interface Verifier {
  /** Asks about a token. */
  verify(token: string, signal: AbortSignal): Promise<TokenInfo>;
  /** Finds out which token an error of `verify` refuses: `undefined` where that is not known. */
  refusedToken(error: ThreadsGraphAPIError, signal: AbortSignal): Promise<'input' | 'inspector' | undefined>;
}

/** How {@link refreshMany} asks Threads. Without a signal: Threads may have renewed a token before its answer is here. */
export interface Refresher {
  /** Refreshes a token. */
  refresh(token: string): Promise<LongLivedTokenResult>;
  /** Asks about a token. */
  verify(token: string): Promise<TokenInfo>;
}

/**
 * Asks about many tokens; see `ThreadsClient.verifyTokens`.
 *
 * @param verifier - asks about one
 * @param clock - what to wait by
 */
export function verifyMany<Input extends TokenInput>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  verifier: Verifier,
  options: ManyTokensOptions,
  clock?: Clock,
): AsyncGenerator<VerifyOutcome<Input>, void, undefined> {
  const work = async (input: Input, requests: Requests, window: Window): Promise<VerifyOutcome<Input>> => {
    const token = nonEmptyString(typeof input === 'string' ? input : input?.accessToken);
    if (!token) return { input, error: notAToken(), asked: false };
    const attempt = await requests.ask(input, window, () => verifier.verify(token, window.signal));
    if ('answer' in attempt) return { input, info: attempt.answer };

    const { error } = attempt;
    if (error instanceof ThreadsNetworkError || isTransient(error)) return { input, ...attempt };
    // Without an app token to ask with, no other input can be asked about either.
    if (!(error instanceof ThreadsGraphAPIError)) throw error;
    if ((await verifier.refusedToken(error, window.signal)) === 'inspector') throw error;
    return { input, ...attempt };
  };
  return run(inputs, options, work, clock);
}

/**
 * Refreshes many tokens; see `ThreadsClient.refreshTokens`.
 *
 * @param refresher - refreshes one, and asks about one
 * @param clock - what to wait by
 */
export function refreshMany<Input extends RefreshInput>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  refresher: Refresher,
  options: ManyTokensOptions & { within?: number | undefined; now?: (() => number) | undefined },
  clock?: Clock,
): AsyncGenerator<RefreshOutcome<Input>, void, undefined> {
  const { within, now } = options;
  // Tells of a wrong option at once, and not with every token.
  tokenNeeds({}, { within, now });

  const work = async (input: Input, requests: Requests, window: Window): Promise<RefreshOutcome<Input>> => {
    const token = nonEmptyString(input?.accessToken);
    if (!token) return { input, outcome: 'failed', error: notAToken(), asked: false };
    let need: TokenNeed;
    try {
      need = tokenNeeds(input, { within, now });
    } catch (error) {
      return { input, outcome: 'failed', error: error as TypeError, asked: false };
    }
    if (need.action !== 'refresh') return { input, ...withoutRefresh(need, input) };

    const attempt = await requests.ask(input, window, () => refresher.refresh(token));
    if ('answer' in attempt) return { input, outcome: 'refreshed', token: attempt.answer };

    const { error, asked } = attempt;
    if (!(error instanceof ThreadsTokenError)) return { input, outcome: 'failed', error, asked };
    if (error.requiresLogin) return { input, outcome: 'requires_login', error, asked };
    if (error.reason === 'unknown') {
      const verified = await requests.ask(input, window, () => refresher.verify(token));
      if ('answer' in verified && !verified.answer.isValid) {
        return { input, outcome: 'requires_login', error: deadToken(verified.answer), asked };
      }
    }
    return { input, outcome: 'failed', error, asked };
  };
  return run(inputs, options, work, clock);
}

/**
 * Works on many inputs, with requests that share their limits.
 *
 * @param work - makes an outcome of an input; what it asks Threads goes through the requests that it is given
 */
function run<Input, Outcome>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  { concurrency = 10, rate = Number.POSITIVE_INFINITY, signal, onProgress }: ManyTokensOptions,
  work: (input: Input, requests: Requests, window: Window) => Promise<Outcome>,
  clock: Clock = systemClock,
): AsyncGenerator<Outcome, void, undefined> {
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 1000)) {
    throw new TypeError(`\`concurrency\` must be an integer from 1 to 1000, not ${String(concurrency)}`);
  }
  if (!(typeof rate === 'number' && rate > 0)) {
    throw new TypeError(`\`rate\` must be a positive number of tokens in a second, not ${String(rate)}`);
  }
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new TypeError('`signal` must be an AbortSignal');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError('`onProgress` must be a function');
  }
  if (typeof inputs !== 'object' || inputs === null || !isIterable(inputs)) {
    throw new TypeError('The tokens must come in an array, or in another iterable or async iterable');
  }
  let done = 0;
  const requests = new Requests(rate, clock, onProgress && ((pause) => onProgress({ done, pause })));
  const outcomes = concurrentMap(inputs, (input, window) => work(input, requests, window), {
    concurrency,
    signal,
  });
  return onProgress ? counted(outcomes, () => onProgress({ done: ++done })) : outcomes;
}

async function* counted<Outcome>(outcomes: AsyncGenerator<Outcome, void, undefined>, count: () => void) {
  for await (const outcome of outcomes) {
    count();
    yield outcome;
  }
}

/** The outcome of a token that is not to be refreshed. */
function withoutRefresh({ action, reason }: TokenNeed, { expiresAt, dataAccessExpiresAt }: StoredToken) {
  // A grant that a refresh does not extend still holds.
  if (action !== 'ask_person' || reason === 'grant_ending') {
    return { outcome: 'skipped', reason: reason === 'young' ? 'young' : 'not_due' } as const;
  }
  const message =
    reason === 'expired'
      ? `The access token expired on ${expiresAt?.toISOString()}, as its \`expiresAt\` says`
      : reason === 'grant_ended'
        ? `The grant of the access token ended on ${dataAccessExpiresAt?.toISOString()}, as its \`dataAccessExpiresAt\` says`
        : 'Threads wanted a new login when the access token was refreshed before, as its `lastOutcome` says';
  const error = new ThreadsTokenError({
    message,
    code: 'invalid_token',
    reason: reason === 'requires_login' ? 'invalid_token' : 'expired',
  });
  return { outcome: 'requires_login', error, asked: false } as const;
}

/** The error of a token that `debug_token` calls dead. */
function deadToken({ error }: TokenInfo): ThreadsTokenError {
  const { message = 'the token is not valid', code = 'invalid_token', subcode, reason } = error ?? {};
  return new ThreadsTokenError({
    message: `debug_token: ${message}`,
    code,
    subcode,
    reason: reason && requiresLogin(reason) ? reason : 'invalid_token',
  });
}

function notAToken(): TypeError {
  return new TypeError('An input must be an access token, or an object with one as `accessToken`');
}

function isIterable(value: object): boolean {
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}
