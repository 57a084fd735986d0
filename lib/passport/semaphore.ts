import { ThreadsNetworkError } from '../transport/network-error.js';

/** Lets so many pieces of work run side by side; the others wait for their turn, first come, first served. */
export class Semaphore {
  readonly #waiting = new Set<() => void>();
  #free: number;

  /** @param permits - how many run side by side */
  constructor(permits: number) {
    this.#free = permits;
  }

  /**
   * Waits for a turn.
   *
   * @param timeout - the most milliseconds to wait
   * @returns what ends the turn, to be called once
   * @throws {@link ThreadsNetworkError} where no turn came in time
   */
  acquire(timeout: number): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.#free -= 1;
        resolve(() => this.#release());
      };
      if (this.#free > 0) return enter();

      const next = () => {
        clearTimeout(timer);
        this.#waiting.delete(next);
        enter();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(next);
        reject(
          new ThreadsNetworkError(
            'TIMEOUT',
            `Threads was not asked about the access token: too many others were asked about for ${timeout} ms. Limit how many requests with a token a client may send.`,
          ),
        );
      }, timeout);
      this.#waiting.add(next);
    });
  }

  #release(): void {
    this.#free += 1;
    const [next] = this.#waiting;
    next?.();
  }
}
