import { nonEmptyString } from '../../transport/json.js';
import { ThreadsNetworkError } from '../../transport/network-error.js';
import { refusesInputToken, type TokenInfo } from '../debug-token.js';
import { isThreadsError, type ThreadsGraphAPIError, ThreadsTokenError } from '../errors.js';
import type { LongLivedTokenResult } from '../token-response.js';
import { BackOff } from './back-off.js';
import { concurrentMap } from './pool.js';
import { type TokenNeedsOptions, tokenNeeds } from './token-needs.js';

/** How many tokens are worked on. */
export interface ManyTokensOptions {
  /** The most tokens that are worked on, and kept in memory, at a time: 1 to 1000. Default: 10. */
  concurrency?: number | undefined;
  /** Ends the run early: no further input is taken, and what was not asked is reported as such. */
  signal?: AbortSignal | undefined;
  /** Called before each outcome, and when Threads wants a pause. */
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
export interface RefreshInput {
  /** A long-lived token. */
  readonly accessToken: string;
  /** When it was issued. */
  readonly issuedAt?: Date | undefined;
  /** When it expires; `null` for never. */
  readonly expiresAt?: Date | null | undefined;
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
    }
  | {
      input: Input;
      outcome: 'failed';
      /** Why the token was not refreshed. With `isTransient` it may be later. */
      error: Error;
      /** Whether Threads was asked; false where the run ended before, or the input is wrong. */
      asked: boolean;
    };

/** Threads is asked at most this often about one token. */
const MOST_TRIES = 5;

type Attempt<Answer> = { answer: Answer } | { error: Error; asked: boolean };
type Requester = <Answer>(request: (signal: AbortSignal) => Promise<Answer>) => Promise<Attempt<Answer>>;

/**
 * Asks about many tokens; see `ThreadsClient.verifyTokens`.
 *
 * @param verify - asks about one
 */
export function verifyMany<Input extends TokenInput>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  verify: (token: string, signal: AbortSignal) => Promise<TokenInfo>,
  options: ManyTokensOptions,
): AsyncGenerator<VerifyOutcome<Input>, void, undefined> {
  return run(inputs, options, async (input, request): Promise<VerifyOutcome<Input>> => {
    const token = nonEmptyString(typeof input === 'string' ? input : input?.accessToken);
    if (!token) return { input, error: notAToken(), asked: false };
    const attempt = await request((signal) => verify(token, signal));
    if ('answer' in attempt) return { input, info: attempt.answer };
    if (speaksOfInspector(attempt.error)) throw attempt.error;
    return { input, ...attempt };
  });
}

/**
 * Refreshes many tokens; see `ThreadsClient.refreshTokens`.
 *
 * @param refresh - refreshes one
 */
export function refreshMany<Input extends RefreshInput>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  refresh: (token: string, signal: AbortSignal) => Promise<LongLivedTokenResult>,
  options: ManyTokensOptions & TokenNeedsOptions,
): AsyncGenerator<RefreshOutcome<Input>, void, undefined> {
  // A wrong option is told now, and not with every token.
  tokenNeeds({}, options);
  return run(inputs, options, async (input, request): Promise<RefreshOutcome<Input>> => {
    const token = nonEmptyString(input?.accessToken);
    if (!token) return { input, outcome: 'failed', error: notAToken(), asked: false };
    try {
      const { issuedAt, expiresAt } = input;
      const { action, reason } = tokenNeeds({ issuedAt, expiresAt }, options);
      if (action === 'none' && reason !== 'failed_lately') return { input, outcome: 'skipped', reason };
    } catch (error) {
      return { input, outcome: 'failed', error: error as TypeError, asked: false };
    }
    const attempt = await request((signal) => refresh(token, signal));
    if ('answer' in attempt) return { input, outcome: 'refreshed', token: attempt.answer };
    const { error, asked } = attempt;
    return error instanceof ThreadsTokenError && error.requiresLogin
      ? { input, outcome: 'requires_login', error }
      : { input, outcome: 'failed', error, asked };
  });
}

/**
 * Runs a pool whose requests pause together.
 *
 * @param work - makes an outcome of an input; what it asks Threads goes through the function that it is given
 */
function run<Input, Outcome>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  { concurrency = 10, signal, onProgress }: ManyTokensOptions,
  work: (input: Input, request: Requester) => Promise<Outcome>,
): AsyncGenerator<Outcome, void, undefined> {
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 1000)) {
    throw new TypeError(`\`concurrency\` must be an integer from 1 to 1000, not ${String(concurrency)}`);
  }
  if (typeof inputs !== 'object' || inputs === null || !isIterable(inputs)) {
    throw new TypeError('The tokens must come in an array, or in another iterable or async iterable');
  }
  let done = 0;
  const backOff = new BackOff({ onPause: (pause) => onProgress?.({ done, pause }) });
  const outcomes = concurrentMap(
    inputs,
    (input, stopped) => work(input, (request) => attempt(request, backOff, stopped)),
    { concurrency, signal },
  );
  return onProgress ? counted(outcomes, () => onProgress({ done: ++done })) : outcomes;
}

async function* counted<Outcome>(outcomes: AsyncGenerator<Outcome, void, undefined>, count: () => void) {
  for await (const outcome of outcomes) {
    count();
    yield outcome;
  }
}

/** Asks Threads, and asks again after a pause while the answer is that it may succeed later. */
async function attempt<Answer>(
  request: (signal: AbortSignal) => Promise<Answer>,
  backOff: BackOff,
  signal: AbortSignal,
): Promise<Attempt<Answer>> {
  let error: Error | undefined;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const mark = await backOff.ready();
    if (signal.aborted) break;
    try {
      const answer = await request(signal);
      backOff.succeeded();
      return { answer };
    } catch (refusal) {
      error = refusal as Error;
      if (!isTransient(refusal) || signal.aborted) break;
      backOff.refused(mark, refusal.retryAfter, signal);
    }
  }
  return error
    ? { error, asked: true }
    : { error: new ThreadsNetworkError('NETWORK', 'Not asked: the run was ended before'), asked: false };
}

function isTransient(
  error: unknown,
): error is ThreadsTokenError | ThreadsGraphAPIError | ThreadsNetworkError {
  return isThreadsError(error) && 'isTransient' in error && error.isTransient;
}

/**
 * Tells whether a question about a token could not be asked because of who asks. With a transient error that is not
 * known, nor without an answer; and "(#100) The App_id in the input_token did not match" is about the token.
 */
function speaksOfInspector(error: Error): boolean {
  if (error instanceof ThreadsNetworkError || isTransient(error)) return false;
  return !refusesInputToken(error);
}

function notAToken(): TypeError {
  return new TypeError('An input must be an access token, or an object with one as `accessToken`');
}

function isIterable(value: object): boolean {
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}
