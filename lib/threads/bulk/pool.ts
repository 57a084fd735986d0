import { setMaxListeners } from 'node:events';

/** The places of the inputs that are worked on at a time. */
export interface Window {
  /** Aborts when nothing new is to be begun. */
  readonly signal: AbortSignal;
  /**
   * Gives the place of an input that has to wait to another one.
   *
   * @returns `false` where as many inputs wait already as the window has places: then the input keeps its place
   */
  leave(): boolean;
  /** Takes a place again after {@link leave}, before any input that is new. */
  enter(): Promise<void>;
}

/** How {@link concurrentMap} works. */
export interface PoolOptions {
  /** How many places the window has. An input leaves its place for good when its result is handed over. */
  concurrency: number;
  /** Ends the work early. */
  signal: AbortSignal | undefined;
}

/**
 * Works on inputs side by side and hands each result over as soon as it is there, in no particular order.
 *
 * Once the signal aborts, no further input is taken, and `work` decides what becomes of those that were. An error of the
 * source is then ignored, since the same signal may have ended the source. Where the caller leaves the loop, the signal
 * of the window aborts and the source is closed.
 *
 * @param inputs - asked for the next one only when the window has room for it
 * @param work - makes a result of an input; where it rejects, everything stops with that error
 */
export async function* concurrentMap<Input, Result>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  work: (input: Input, window: Window) => Promise<Result>,
  { concurrency, signal }: PoolOptions,
): AsyncGenerator<Result, void, undefined> {
  const isAsync = Symbol.asyncIterator in inputs;
  const source = isAsync ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  const stop = new AbortController();
  // Each request under way listens to it, and so does each wait.
  setMaxListeners(0, stop.signal);
  const results: Result[] = [];
  const returning: (() => void)[] = [];
  let inWindow = 0;
  let beside = 0;
  let pulling = false;
  let ended = false;
  let sourceError: { error: unknown } | undefined;
  let workError: { error: unknown } | undefined;
  let wake = () => {};

  const hasRoom = () => inWindow < concurrency;
  const freePlace = () => {
    inWindow -= 1;
    if (returning.length > 0) takePlace();
  };
  const takePlace = () => {
    beside -= 1;
    inWindow += 1;
    returning.shift()?.();
  };
  const window: Window = {
    signal: stop.signal,
    leave() {
      if (beside >= concurrency) return false;
      beside += 1;
      freePlace();
      wake();
      return true;
    },
    enter() {
      return new Promise<void>((resolve) => {
        returning.push(resolve);
        if (hasRoom()) takePlace();
      });
    },
  };
  const start = async (input: Input) => {
    inWindow += 1;
    try {
      results.push(await work(input, window));
    } catch (error) {
      workError ??= { error };
      abort();
    }
    wake();
  };
  const pull = async () => {
    pulling = true;
    try {
      while (hasRoom() && !stop.signal.aborted) {
        const next = isAsync ? await source.next() : (source.next() as IteratorResult<Input>);
        ended = next.done === true;
        if (ended) break;
        const input: Input | Promise<Input> = next.value;
        void start(input instanceof Promise ? await input : input);
      }
    } catch (error) {
      ended = true;
      if (!stop.signal.aborted) sourceError = { error };
    }
    pulling = false;
    wake();
  };
  const close = async () => {
    if (ended) return;
    ended = true;
    const closing = source.return?.();
    // A generator that is waiting for its own next input closes only after that, which may be never.
    if (pulling) Promise.resolve(closing).catch(() => {});
    else await closing;
  };
  const abort = () => {
    stop.abort();
    wake();
  };

  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    while (true) {
      if (!pulling && !ended && hasRoom() && !stop.signal.aborted) void pull();
      if (results.length > 0) {
        yield results.shift() as Result;
        freePlace();
      } else if (workError) {
        throw workError.error;
      } else if (inWindow + beside === 0 && (ended || stop.signal.aborted)) {
        if (sourceError) throw sourceError.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } catch (error) {
    await close().catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    abort();
    await close();
  }
}
