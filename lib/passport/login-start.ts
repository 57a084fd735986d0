import type { Request } from 'express';
import { type StrategyConfig, warnOfRedirectURI } from './options.js';
import {
  mismatchedHost,
  missesTrustProxy,
  type RedirectURI,
  requestedPath,
  startsOverHTTP,
} from './redirect-uri.js';
import { warnOnce } from './warnings.js';

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

/** Tells the developer of a start whose cookies the browser will not send to the callback. */
export function warnOfStart(req: Request, redirectURI: RedirectURI, told: Set<string>): void {
  const { url } = redirectURI;
  const host = mismatchedHost(redirectURI, req);
  if (host !== undefined) {
    warnOnce(
      'host',
      `A login started at ${host}, but its callbackURL is at ${url?.host}: the browser will not send the cookies of the one to the other, and the login will fail. Open the app at ${url?.origin}, or mend \`callbackURL\``,
      told,
    );
  } else if (startsOverHTTP(redirectURI, req)) {
    warnOnce(
      'protocol',
      `A login started over http, but its callbackURL is https: the browser will not keep its cookie, and the login will fail. Open the app at ${url?.origin}. If a proxy ends TLS, let it send \`X-Forwarded-Proto: https\``,
      told,
    );
  }
}

/** Tells the developer of a relative `callbackURL` that was resolved to an address that Threads refuses. */
export function warnOfResolved(req: Request, resolved: string, { endpoints, told }: StrategyConfig): void {
  if (missesTrustProxy(resolved, req)) {
    warnOnce(
      'trust proxy',
      `\`callbackURL\` was resolved to ${resolved.slice(0, 200)}, though the proxy says that the browser uses https: trust the proxy, with \`app.set('trust proxy', 1)\` in Express or the option \`proxy: true\``,
      told,
    );
  } else {
    warnOfRedirectURI(resolved, endpoints, told);
  }
}

/** Tells the developer of a request to the callback that has no authorization response. */
export function warnOfCallback(req: Request, { path }: RedirectURI, told: Set<string>): void {
  const requested = requestedPath(req);
  // A path that is no end of `path` may be any text of the sender, so it is not quoted.
  const what =
    requested !== path && path.endsWith(requested)
      ? `A request for ${requested} was taken for one for the callback, ${path}, as behind a proxy that changes the prefix of a path`
      : `The callback, ${path}, was asked for without a "code" or an "error"`;
  warnOnce(
    what,
    `${what}, and no login was started. Logins start at a route of their own, which is not the callback and not below it: app.get('/auth/threads', …) beside app.get('/auth/threads/callback', …). If Threads did send the person back, something on the way took the query off`,
    told,
  );
}
