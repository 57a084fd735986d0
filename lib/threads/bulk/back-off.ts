import { setTimeout as delay } from 'node:timers/promises';

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
/** A limit that lasts longer is asked about again in between. */
const LONGEST_RETRY_AFTER = 60 * 60 * 1000;

/** What a {@link BackOff} needs of its surroundings. */
export interface BackOffOptions {
  /** Told how many milliseconds a pause takes. */
  onPause?: ((milliseconds: number) => void) | undefined;
  /** Waits. Default: `setTimeout`. */
  wait?: ((milliseconds: number, signal: AbortSignal) => Promise<unknown>) | undefined;
  /** A number from 0 to 1. Default: `Math.random`. */
  random?: (() => number) | undefined;
}

/**
 * A pause that many requests share: what one of them is told, to wait, holds for all.
 *
 * Without a `Retry-After` the pause doubles from one second up to a minute, as long as no request succeeds. All of them
 * are up to a tenth longer by chance, so that several processes do not come back at the same moment.
 */
export class BackOff {
  readonly #options: BackOffOptions;
  #pause: Promise<void> | undefined;
  #pauses = 0;
  #inARow = 0;

  constructor(options: BackOffOptions = {}) {
    this.#options = options;
  }

  /**
   * Waits until no pause is on.
   *
   * @returns a mark of this moment, for {@link refused}
   */
  ready(): number | Promise<number> {
    return this.#pause ? this.#pause.then(() => this.ready()) : this.#pauses;
  }

  /** A request succeeded: the next pause is a short one again. */
  succeeded(): void {
    this.#inARow = 0;
  }

  /**
   * A request was refused and may succeed later: everybody pauses.
   *
   * @param mark - what {@link ready} returned before the request: requests that were under way together double the
   *   pause once
   * @param retryAfter - seconds, where the answer said so
   * @param signal - ends the pause early
   */
  refused(mark: number, retryAfter: number | undefined, signal: AbortSignal): void {
    const { onPause, random = Math.random, wait = waitFor } = this.#options;
    const isNew = mark === this.#pauses;
    if (!isNew && retryAfter === undefined) return;
    if (isNew) {
      this.#pauses += 1;
      this.#inARow += 1;
    }
    const atLeast =
      retryAfter === undefined
        ? Math.min(FIRST_PAUSE * 2 ** (this.#inARow - 1), LONGEST_PAUSE)
        : Math.min(retryAfter * 1000, LONGEST_RETRY_AFTER);
    const milliseconds = Math.ceil(atLeast * (1 + random() / 10));
    onPause?.(milliseconds);

    const pause = Promise.all([this.#pause, wait(milliseconds, signal).catch(() => {})]).then(() => {
      if (this.#pause === pause) this.#pause = undefined;
    });
    this.#pause = pause;
  }
}

function waitFor(milliseconds: number, signal: AbortSignal): Promise<unknown> {
  return delay(milliseconds, undefined, { signal });
}
