import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** The time, corrected by the `Date` header of Threads where this machine's clock is wrong. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds by which this machine's clock is behind; 0 where it is right. */
  offset(): number;
  close(): void;
}

/** Milliseconds of difference that a slow answer may explain. */
const TOLERANCE = 2 * 60 * 1000;

interface Headers {
  request: { origin?: unknown };
  response: { statusCode: number; headers: readonly unknown[] };
}

/**
 * Reads the header of every answer on its way to the Threads client.
 *
 * @param origin - that of the Graph API
 * @param onChange - called when the clock turns out to be wrong, or right again
 */
export function createClock(origin: string, onChange: (offset: number) => void = () => {}): Clock {
  let offset = 0;
  const read = (message: unknown) => {
    const { request, response } = message as Headers;
    if (String(request.origin) !== origin || response.statusCode >= 500) return;
    const { headers } = response;
    const at = headers.findIndex((name, i) => i % 2 === 0 && String(name).toLowerCase() === 'date');
    const date = Date.parse(String(headers[at + 1]));
    if (at < 0 || Number.isNaN(date)) return;
    const difference = date - Date.now();
    const wasRight = offset === 0;
    offset = Math.abs(difference) > TOLERANCE ? difference : 0;
    if (wasRight !== (offset === 0)) onChange(offset);
  };
  subscribe('undici:request:headers', read);
  return {
    now: () => Date.now() + offset,
    offset: () => offset,
    close: () => void unsubscribe('undici:request:headers', read),
  };
}
