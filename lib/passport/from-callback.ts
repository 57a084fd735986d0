import { types } from 'node:util';

/** That of the language itself: some apps put a promise library in the place of the global `Promise`. */
const { then } = Object.getPrototypeOf((async () => {})()) as Promise<unknown>;

/** Says what came of a call: an error, or a value. */
export type Done<Value> = (error: unknown, value?: Value) => void;

/**
 * Makes a promise of a call that ends in a callback, as of a method that a subclass or a state store has. Its first
 * outcome counts: what it calls back with, what it throws, or the rejection of an `async` function.
 *
 * @param name - what is called, for the errors
 * @param call - calls it with the callback, and returns what it returns
 * @returns what it called back with, behind the error
 */
export function fromCallback(
  name: string,
  call: (done: (error?: unknown, ...values: unknown[]) => void) => unknown,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const refuse = (reason: unknown) => reject(reasonOf(reason, name));
    try {
      const returned = call((error, ...values) => (error ? refuse(error) : resolve(values)));
      onPromise(returned, refuse, `${name} returned something, but takes \`done\`: call it`);
    } catch (error) {
      refuse(error);
    }
  });
}

/**
 * Waits for the promise of an `async` function that ends in a callback. Only a native promise counts, and none with a
 * `then` of its own: query builders send their query when `then` is called, and would send it twice.
 *
 * @param returned - what the function returned
 * @param refuse - called with what it rejected with, or with a TypeError where it fulfilled with anything but `undefined`
 * @param mistake - the message of that error
 */
export function onPromise(returned: unknown, refuse: (reason: unknown) => void, mistake: string): void {
  if (!types.isPromise(returned)) return;
  const mistaken = (value: unknown) => value === undefined || refuse(new TypeError(mistake));
  then.call(returned, mistaken, refuse);
}

/**
 * The reason of a rejection, or an error where it is falsy: to Passport, `error(undefined)` is no error.
 *
 * @param name - what rejected
 */
export function reasonOf(reason: unknown, name: string): unknown {
  return reason || new Error(`${name} rejected with no reason`);
}

/**
 * Throws outside of every promise. If the app's callback throws again while it is told about its own error, that is an
 * uncaught exception, and not a request that never ends.
 */
export function throwUncaught(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown;
  });
}
