import type { Request } from 'express';
import { nonEmptyString } from '../transport/json.js';
import { parseURL } from '../transport/request.js';

const HOST = /^[\w.:[\]-]{1,255}$/;

/** The redirect URI of a login, parsed once. */
export interface RedirectURI {
  /** As the app wrote it: Threads compares it to the letter. */
  value: string;
  /** Where it is; `undefined` for a path, which passport-oauth2 resolves against the request. */
  url: URL | undefined;
  /** Its path, in the form in which {@link isCallbackRequest} compares. */
  path: string;
}

/**
 * Reads the option `callbackURL`.
 *
 * @param value - an absolute http(s) URL without a fragment, or a path that begins with `/`
 * @throws TypeError for anything else
 *
 * Source: RFC 6749 section 3.1.2.
 */
export function readRedirectURI(value: unknown): RedirectURI {
  const text = nonEmptyString(value) ?? '';
  // A browser takes `//host` and `/\host` for another host.
  if (/^\/(?![/\\])[^#\s]*$/.test(text)) return { value: text, url: undefined, path: normalizedPath(text) };

  // Of what else a parser would mend, nothing is the registered URI to the letter.
  const url = /^https?:\/\/[^/\\#\s][^\\#\s]*$/i.test(text) ? parseURL(text) : undefined;
  if (!url) {
    throw new TypeError(
      `\`callbackURL\` must be an absolute http(s) URL without a fragment, or a path that begins with "/", not ${JSON.stringify(value)}. It must be one of the App Dashboard → Use cases → Access the Threads API → Settings → Redirect Callback URLs`,
    );
  }
  return { value: text, url, path: normalizedPath(url.pathname) };
}

/**
 * Tells whether a request is for the path of the redirect URI, however a router may have matched it. Where the one path
 * ends as the other does, it is: a proxy may have taken a prefix off, or put one on.
 */
export function isCallbackRequest({ path }: RedirectURI, req: Request): boolean {
  const asked = requestedPath(req);
  return asked.endsWith(path) || path.endsWith(asked);
}

/** The path that was asked for, in the form of {@link RedirectURI.path}. */
export function requestedPath(req: Request): string {
  return normalizedPath(req.originalUrl ?? req.url ?? '');
}

/**
 * Tells whether a login starts at another host than it will end at: the browser would then not send its cookies along.
 *
 * @returns the host that the request names, or `undefined` where it is the right one or not to be told
 */
export function mismatchedHost({ url }: RedirectURI, req: Request): string | undefined {
  const { host, ':authority': authority, 'x-forwarded-host': forwarded } = req.headers ?? {};
  const direct = host ?? authority;
  if (!url || direct === url.host) return undefined;
  const named = `${forwarded ?? ''},${direct ?? ''}`
    .split(',')
    .map((name) => name.trim())
    .filter((name) => HOST.test(name));
  const isRight = (name: string) => parseURL(`http://${name}`)?.hostname === url.hostname;
  return named.some(isRight) ? undefined : named[0];
}

/**
 * Resolves a redirect URI that is a path against the request, as passport-oauth2 does.
 *
 * @param proxy - whether to trust `X-Forwarded-*`; so does the Express setting `trust proxy`
 */
export function absoluteURL(redirectURI: string, req: Request, proxy: boolean | undefined): string {
  if (!redirectURI.startsWith('/')) return redirectURI;
  const { headers, socket } = req;
  const trusted = proxy || Boolean(req.app?.get?.('trust proxy'));
  const forwarded = (name: string) => (trusted ? String(headers[`x-forwarded-${name}`] ?? '') : '');
  const isTLS =
    (socket as { encrypted?: boolean } | undefined)?.encrypted || /^https\b/i.test(forwarded('proto'));
  const host = forwarded('host') || headers.host || headers[':authority'];
  return new URL(redirectURI, `${isTLS ? 'https' : 'http'}://${host}`).href;
}

// Routers ignore case and a slash at the end, some decode, and to Fastify `;` may begin the query: what a router takes
// for the path must be found to be it.
function normalizedPath(target: string): string {
  const path = /^(?:https?:\/\/[^/?#]*)?([^?#;]*)/i.exec(target)?.[1] ?? '';
  return `/${decodedOf(path)}`
    .toLowerCase()
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '');
}

function decodedOf(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
