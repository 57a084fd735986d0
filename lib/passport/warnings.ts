import { debuglog } from 'node:util';

/** Writes a line where the environment has `NODE_DEBUG=passport-threads-oauth2`. Never given anything secret. */
export const debug = debuglog('passport-threads-oauth2');

/** On the global object: a process may have two copies of this package, and is told once all the same. */
const TOLD = Symbol.for('passport-threads-oauth2.told');
const global = globalThis as { [TOLD]?: Set<string> };
global[TOLD] ??= new Set();
const toldInProcess = global[TOLD];

/** Tells the developer of what may be a mistake. */
export function warn(message: string): void {
  process.emitWarning(message, 'ThreadsStrategyWarning');
}

/**
 * Tells the developer once, since the next request may have the same cause.
 *
 * @param about - what the warning is about: two about the same are one
 * @param told - what was told before; by default, in this process
 */
export function warnOnce(about: string, message: string, told: Set<string> = toldInProcess): void {
  if (told.has(about)) return;
  told.add(about);
  warn(message);
}

/** Lets every warning be given once more, for tests. */
export function forgetWarnings(): void {
  toldInProcess.clear();
}

/**
 * Warns, once per process, where a function of the app has not ended after `timeout` milliseconds: the browser waits,
 * and no error says why.
 *
 * @param name - the function
 * @param remedy - what to do
 * @returns what ends the wait
 */
export function warnIfSlow(name: string, remedy: string, timeout: number): () => void {
  const timer = setTimeout(() => {
    warnOnce(
      `slow ${name}`,
      `${name} has not ended after ${timeout} ms, and the login waits for it. ${remedy}`,
    );
  }, timeout);
  timer.unref?.();
  return () => clearTimeout(timer);
}
