import type { IncomingMessage } from 'node:http';

const notes = new WeakMap<IncomingMessage, Set<string>>();

/**
 * Notes what the developer should know about a request: that Threads is only reported to let it pass, or how to mend
 * what was refused. Notes stand in the log and in no answer.
 */
export function note(req: IncomingMessage, text: string): void {
  const found = notes.get(req) ?? new Set();
  notes.set(req, found.add(text));
}

/** The notes of a request, in the order in which they were made. */
export function notesOf(req: IncomingMessage): string[] {
  return [...(notes.get(req) ?? [])];
}
