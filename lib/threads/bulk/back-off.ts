import { setTimeout as delay } from 'node:timers/promises';

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/** Milliseconds after which a limit that lasts longer is asked about again. */
export const LONGEST_WAIT = 60 * 60 * 1000;

/** Time and chance, which a test can replace. */
export interface Clock {
  /** Milliseconds since some moment in the past. It never goes back. */
  elapsed(): number;
  /** Resolves after so many milliseconds; rejects when the signal aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<unknown>;
  /** A number from 0 to 1. */
  random(): number;
}

export const systemClock: Clock = {
  elapsed: () => performance.now(),
  wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
  random: Math.random,
};

/**
 * Reckons a pause: as long as `Retry-After` asks for, and without one from a second on, doubled from time to time, up
 * to a minute. Up to a tenth longer by chance, so that several processes do not come back at the same moment.
 *
 * @param times - how often in a row there was a reason to pause, from 1 on
 * @param retryAfter - seconds
 * @param random - a number from 0 to 1
 * @returns milliseconds
 */
export function pauseFor(times: number, retryAfter: number | undefined, random: number): number {
  const milliseconds =
    retryAfter === undefined ? Math.min(FIRST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE) : retryAfter * 1000;
  return longerByChance(Math.min(milliseconds, LONGEST_WAIT), random);
}

/** Up to a tenth longer. */
export function longerByChance(milliseconds: number, random: number): number {
  return Math.ceil(milliseconds * (1 + random / 10));
}

/** A pause that many requests share. */
export class BackOff {
  readonly #clock: Clock;
  readonly #onPause: (milliseconds: number) => void;
  #pause: Promise<void> | undefined;
  #pauses = 0;
  #inARow = 0;

  /**
   * @param clock - what to wait by
   * @param onPause - told how many milliseconds a pause takes
   */
  constructor(clock: Clock, onPause: (milliseconds: number) => void = () => {}) {
    this.#clock = clock;
    this.#onPause = onPause;
  }

  /**
   * Waits until no pause is on.
   *
   * @returns how many pauses there have been, for {@link backOff}
   */
  ready(): number | Promise<number> {
    return this.#pause ? this.#pause.then(() => this.ready()) : this.#pauses;
  }

  /** A request succeeded: the next pause is a short one again. */
  succeeded(): void {
    this.#inARow = 0;
  }

  /**
   * A request was refused and may succeed later: all requests pause.
   *
   * @param epoch - what {@link ready} returned before the request: requests that were under way together double the
   *   pause once
   * @param retryAfter - seconds, where the answer had a `Retry-After`
   * @param signal - ends the pause early
   */
  backOff(epoch: number, retryAfter: number | undefined, signal: AbortSignal): void {
    const isNew = epoch === this.#pauses;
    if (!isNew && retryAfter === undefined) return;
    if (isNew) {
      this.#pauses += 1;
      this.#inARow += 1;
    }
    const milliseconds = pauseFor(this.#inARow, retryAfter, this.#clock.random());
    this.#onPause(milliseconds);

    const wait = this.#clock.wait(milliseconds, signal).catch(() => {});
    const pause = Promise.all([this.#pause, wait]).then(() => {
      if (this.#pause === pause) this.#pause = undefined;
    });
    this.#pause = pause;
  }
}
