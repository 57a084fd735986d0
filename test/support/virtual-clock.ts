import type { Clock } from '../../lib/threads/bulk/back-off.js';

/** A clock that a test moves: nobody waits for it, and an hour takes no time. */
export class VirtualClock implements Clock {
  #now = 0;
  #timers: { at: number; ring: () => void }[] = [];

  elapsed(): number {
    return this.#now;
  }

  random(): number {
    return 0;
  }

  wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = { at: this.#now + milliseconds, ring: resolve };
      this.#timers.push(timer);
      signal?.addEventListener('abort', () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(signal.reason);
      });
    });
  }

  /** Moves on from one timer to the next, each when everything that was ready has run, until the promise is settled. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    while (true) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isSettled) return promise;
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers.shift();
      if (!next) throw new Error('Everything waits for something, and nothing of it for the clock');
      this.#now = next.at;
      next.ring();
    }
  }
}
