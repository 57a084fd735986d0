/** How {@link concurrentMap} works. */
export interface PoolOptions {
  /** The most inputs that are taken and not handed over yet. */
  concurrency: number;
  /** Ends the work early. */
  signal: AbortSignal | undefined;
  /** Milliseconds for which an input that is on its way is waited for once the signal has aborted. Default: 1000. */
  patience?: number | undefined;
}

/**
 * Works on inputs side by side and hands each result over as soon as it is there, in no particular order.
 *
 * Once the signal aborts, no further input is taken, and `work`, whose own signal aborts too, decides what becomes of
 * those that were; an error of the source is then nobody's concern, since the same signal may have ended it. Where the
 * caller breaks off, the work under way is aborted and the source is closed.
 *
 * @param inputs - where the inputs come from: asked for the next one only when there is room for it
 * @param work - makes a result of an input; where it rejects, everything stops with that error
 */
export async function* concurrentMap<Input, Result>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  work: (input: Input, signal: AbortSignal) => Promise<Result>,
  { concurrency, signal, patience = 1000 }: PoolOptions,
): AsyncGenerator<Result, void, undefined> {
  const source = iteratorOf(inputs);
  const stop = new AbortController();
  const results: Result[] = [];
  let held = 0;
  let pulling = false;
  let ended = false;
  let sourceError: { error: unknown } | undefined;
  let workError: { error: unknown } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isPatient = true;
  let wake = () => {};

  const start = async (input: Input) => {
    held += 1;
    try {
      results.push(await work(input, stop.signal));
    } catch (error) {
      workError ??= { error };
      stop.abort();
    }
    wake();
  };
  const pull = async () => {
    pulling = true;
    try {
      while (held < concurrency && !stop.signal.aborted) {
        const next = await source.next();
        ended = next.done === true;
        if (ended) break;
        void start(await next.value);
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
    // A source that is asked for its next input closes after that only, which may be never.
    if (pulling) Promise.resolve(closing).catch(() => {});
    else await closing;
  };
  const abort = () => {
    stop.abort();
    timer = setTimeout(() => {
      isPatient = false;
      wake();
    }, patience);
    wake();
  };

  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    while (true) {
      if (!pulling && !ended && held < concurrency && !stop.signal.aborted) void pull();
      if (results.length > 0) {
        yield results.shift() as Result;
        held -= 1;
      } else if (workError) {
        throw workError.error;
      } else if (held === 0 && ended) {
        if (sourceError) throw sourceError.error;
        return;
      } else if (held === 0 && stop.signal.aborted && !(pulling && isPatient)) {
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
    clearTimeout(timer);
    stop.abort();
    await close();
  }
}

function iteratorOf<Input>(inputs: Iterable<Input> | AsyncIterable<Input>) {
  return Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
}
