import { ThreadsNetworkError } from '../../transport/network-error.js';
import { isThreadsError, type ThreadsGraphAPIError, type ThreadsTokenError } from '../errors.js';
import { BackOff, type Clock, LONGEST_WAIT, longerByChance, pauseFor } from './back-off.js';
import type { Window } from './pool.js';

/** Threads is asked at most this often about one token. */
const MOST_TRIES = 5;

/** So many tokens in a row that are to be asked about later are no trouble of one token any more. */
const SEVERAL = 3;

/** What came of asking about a token: an answer, or an error, and whether Threads was asked at all. */
export type Attempt<Answer> = { answer: Answer } | { error: Error; asked: boolean };

type TransientError = ThreadsTokenError | ThreadsGraphAPIError | ThreadsNetworkError;

/**
 * Asks Threads about one token after the other, as fast as it may, and asks again where the answer is to do so later.
 *
 * The limit of the app holds all requests back. Any other reason to wait holds back the token alone, which gives its
 * place in the window to another one meanwhile: the limit of one person keeps no other person waiting. Where several
 * tokens in a row meet a reason that names neither the app nor the person, such as HTTP 429 or no connection at all, all
 * requests wait.
 */
export class Requests {
  readonly #clock: Clock;
  readonly #backOff: BackOff;
  readonly #interval: number;
  #nextAt = Number.NEGATIVE_INFINITY;
  #successes = 0;
  /** The inputs that met a reason to wait which names neither the app nor the person, since the last success. */
  readonly #inARow = new Set<unknown>();

  /**
   * @param rate - the most requests in a second
   * @param clock - what to wait by
   * @param onPause - told how many milliseconds all requests pause
   */
  constructor(rate: number, clock: Clock, onPause?: (milliseconds: number) => void) {
    this.#clock = clock;
    this.#backOff = new BackOff(clock, onPause);
    this.#interval = 1000 / rate;
  }

  /**
   * Asks about a token.
   *
   * @param input - what stands for the token
   * @param window - where the input has its place
   * @param request - asks Threads
   */
  async ask<Answer>(
    input: unknown,
    window: Window,
    request: () => Promise<Answer>,
  ): Promise<Attempt<Answer>> {
    const { signal } = window;
    let error: Error | undefined;
    let successesBefore: number | undefined;
    for (let tries = 1; ; tries += 1) {
      const epoch = await this.#turn(signal);
      if (signal.aborted) break;
      try {
        const answer = await request();
        this.#succeeded();
        return { answer };
      } catch (refusal) {
        error = refusal as Error;
        if (!isTransient(refusal) || signal.aborted) break;
        const holdsBackAll = this.#holdsBackAll(input, refusal);
        if (holdsBackAll) this.#backOff.backOff(epoch, refusal.retryAfter, signal);
        if (tries === MOST_TRIES) break;
        if (holdsBackAll) continue;

        if (window.leave()) {
          const othersSucceed = successesBefore !== undefined && this.#successes > successesBefore;
          successesBefore = this.#successes;
          await this.#clock.wait(this.#pauseOf(refusal, tries, othersSucceed), signal).catch(() => {});
          await window.enter();
        } else if (limitOf(refusal) === 'person') {
          break;
        } else {
          this.#backOff.backOff(epoch, refusal.retryAfter, signal);
        }
      }
    }
    return error
      ? { error, asked: true }
      : { error: new ThreadsNetworkError('NETWORK', 'Not asked: the run was ended before'), asked: false };
  }

  /** Waits until a request may be sent. Returns the number of pauses so far. */
  async #turn(signal: AbortSignal): Promise<number> {
    let epoch = await this.#backOff.ready();
    while (this.#interval > 0 && !signal.aborted) {
      const now = this.#clock.elapsed();
      const at = Math.max(now, this.#nextAt);
      this.#nextAt = at + this.#interval;
      if (at > now) await this.#clock.wait(at - now, signal).catch(() => {});
      // A pause may have begun meanwhile.
      const ready = this.#backOff.ready();
      if (ready === epoch) break;
      epoch = await ready;
    }
    return epoch;
  }

  #succeeded(): void {
    this.#successes += 1;
    this.#inARow.clear();
    this.#backOff.succeeded();
  }

  #holdsBackAll(input: unknown, refusal: TransientError): boolean {
    const limit = limitOf(refusal);
    if (limit === undefined && this.#inARow.size < SEVERAL) this.#inARow.add(input);
    return limit === 'app' || (limit === undefined && this.#inARow.size >= SEVERAL);
  }

  /** Milliseconds until a token that is held back alone is asked about again. */
  #pauseOf(refusal: TransientError, tries: number, othersSucceed: boolean): number {
    const { retryAfter } = refusal;
    const random = this.#clock.random();
    // Threads counts the calls of a person by the hour.
    const isLimitedForLong = isRateLimited(refusal) && othersSucceed && retryAfter === undefined;
    return isLimitedForLong ? longerByChance(LONGEST_WAIT, random) : pauseFor(tries, retryAfter, random);
  }
}

/** Tells whether the same request may succeed later. */
export function isTransient(error: unknown): error is TransientError {
  return isThreadsError(error) && 'isTransient' in error && error.isTransient;
}

function isRateLimited(error: TransientError): boolean {
  return error instanceof ThreadsNetworkError ? error.httpStatus === 429 : error.reason === 'rate_limited';
}

function limitOf(error: TransientError): 'app' | 'person' | undefined {
  return error instanceof ThreadsNetworkError ? undefined : error.rateLimitOf;
}
