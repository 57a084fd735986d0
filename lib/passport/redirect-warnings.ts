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
