import type { Request } from 'express';

const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/**
 * Tells a request that a browser makes without a person who opens a page: it would start a login that is not shown, and
 * evict the one under way. Node's own `fetch` sends none of these headers.
 *
 * @returns what the request is; `undefined` for a navigation, and for a client that is no browser
 *
 * Sources: Fetch Metadata (`Sec-Fetch-Dest`); HTML, "speculative loading" (`Sec-Purpose`); Next.js
 * (`Next-Router-Prefetch`).
 */
export function notANavigation({ headers }: Request): 'a prefetch' | 'fetch' | undefined {
  if (!headers) return undefined;
  const isPrefetch = PREFETCH_HEADERS.some((name) => /prefetch|preview/i.test(String(headers[name] ?? '')));
  if (isPrefetch || headers['next-router-prefetch'] !== undefined) return 'a prefetch';
  return headers['sec-fetch-dest'] === 'empty' ? 'fetch' : undefined;
}
