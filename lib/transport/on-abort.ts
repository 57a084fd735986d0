const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls a listener when a signal aborts, which it has not done yet.
 *
 * Each signal is listened to once, however many requests share it: a listener of its own costs a request more time
 * than its timer and its URL do, and Node.js warns of a leak from the eleventh on.
 *
 * @returns what ends the listening
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const known = listeners.get(signal);
  const all = known ?? new Set();
  if (!known) {
    listeners.set(signal, all);
    signal.addEventListener('abort', tell);
  }
  all.add(listener);
  return () => {
    if (!all.delete(listener) || all.size > 0) return;
    listeners.delete(signal);
    signal.removeEventListener('abort', tell);
  };
}

function tell(event: Event): void {
  for (const listener of listeners.get(event.target as AbortSignal) ?? []) listener();
}
