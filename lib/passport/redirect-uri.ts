import type { Request } from 'express';
import { WHERE } from '../threads/error-messages.js';
import { nonEmptyString } from '../transport/json.js';
import { parseURL } from '../transport/request.js';

/** The redirect URI of a login, parsed once. */
export interface RedirectURI {
  /** As the app wrote it: Threads compares it to the letter. */
  value: string;
  /** `undefined` for a path, which is resolved against each request. */
  url: URL | undefined;
  /** Its path, as {@link normalizedPath} makes it. */
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

  // A URL parser would mend the rest, and what it mends is not the registered URI to the letter.
  const url = /^https?:\/\/[^/\\#\s][^\\#\s]*$/i.test(text) ? parseURL(text) : undefined;
  if (!url) {
    throw new TypeError(
      `\`callbackURL\` must be an absolute http(s) URL without a fragment, or a path that begins with "/", not ${JSON.stringify(value)}. It must be registered: ${WHERE.callbackURL}`,
    );
  }
  return { value: text, url, path: normalizedPath(url.pathname) };
}

/**
 * Resolves a redirect URI that is a path against the request, as passport-oauth2 does.
 *
 * @param proxy - whether to trust `X-Forwarded-*`; so does the Express setting `trust proxy`
 * @returns the absolute redirect URI
 * @throws Error with `status` 400 where the request names no host
 */
export function resolveRedirectURI({ value, url }: RedirectURI, req: Request, proxy: boolean): string {
  if (url) return value;
  const trusted = proxy || Boolean(req.app?.get?.('trust proxy'));
  const host = (trusted && forwarded(req, 'host')) || hostOf(req) || '';
  const isTLS = isEncrypted(req) || (trusted && /^https$/i.test(forwarded(req, 'proto')));
  const resolved = HOST.test(host) ? parseURL(`${isTLS ? 'https' : 'http'}://${host}${value}`) : undefined;
  if (resolved) return resolved.href;
  const error = new Error('`callbackURL` is a path, and the request names no host to resolve it against');
  throw Object.assign(error, { status: 400 });
}

/**
 * Tells whether a request is for the path of the redirect URI or for one below it, where `app.use` mounts it. A proxy may
 * strip or add a path prefix, so either path may be a suffix of the other.
 */
export function isCallbackRequest({ path }: RedirectURI, req: Request): boolean {
  const requested = requestedPath(req);
  if (requested.endsWith(path) || path.endsWith(requested)) return true;
  // Inside another path only where it has two segments: `/threads` could be the parent of the page that starts logins.
  const below = `${path}/`;
  return requested.startsWith(below) ? path !== '/' : path.lastIndexOf('/') > 0 && requested.includes(below);
}

/** The path of a request, as {@link normalizedPath} makes it. */
export function requestedPath(req: Request): string {
  return normalizedPath(req.originalUrl ?? req.url ?? '');
}

/**
 * Tells whether a login starts at another host than it will end at: the browser would not send its cookies along. Not
 * told where a proxy alone may have changed `Host`.
 *
 * @returns the host that the request names, or `undefined` where it is the right one or cannot be told
 */
export function mismatchedHost({ url }: RedirectURI, req: Request): string | undefined {
  const host = hostOf(req);
  if (!url || !host || host === url.host) return undefined;
  const forwardedHosts = headerOf(req, 'x-forwarded-host');
  const named = `${forwardedHosts},${host}`
    .split(',')
    .map((name) => name.trim())
    .filter((name) => HOST.test(name));
  if (named.some((name) => parseURL(`http://${name}`)?.hostname === url.hostname)) return undefined;
  if ((forwardedHosts === '' && isProxied(req)) || comesFrom(url, req)) return undefined;
  return named[0];
}

/**
 * Tells whether a login that ends on https starts over http: the browser would not keep its cookie. Told only where
 * `X-Forwarded-Proto` says so, or where no proxy that ends TLS can be on the way.
 */
export function startsOverHTTP({ url }: RedirectURI, req: Request): boolean {
  if (url?.protocol !== 'https:' || isEncrypted(req)) return false;
  const protocol = forwarded(req, 'proto').toLowerCase() || (req.socket && !isProxied(req) ? 'http' : '');
  return protocol === 'http' && !comesFrom(url, req);
}

/** Tells whether a redirect URI that was resolved against the request is http though the browser asked with https. */
export function missesTrustProxy(resolved: string, req: Request): boolean {
  return resolved.startsWith('http:') && forwarded(req, 'proto').toLowerCase() === 'https';
}

const HOST = /^[\w.:[\]-]{1,255}$/;

/** What proxies add to a request. nginx adds none of them by default, but speaks HTTP/1.0. */
const PROXY_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-real-ip',
];

function isProxied(req: Request): boolean {
  return req.httpVersion === '1.0' || PROXY_HEADERS.some((name) => req.headers?.[name] !== undefined);
}

/** Whether a page of the redirect URI's own origin linked to the request: then the browser is at the right one. */
function comesFrom(url: URL, req: Request): boolean {
  const referer = headerOf(req, 'referer');
  // `new URL('')` throws, which would cost twice as much as all the rest of a redirect.
  return referer !== '' && parseURL(referer)?.origin === url.origin;
}

function hostOf({ headers }: Request): string | undefined {
  return headers?.host ?? (headers?.[':authority'] as string | undefined);
}

/** The first value of `X-Forwarded-Host` or `X-Forwarded-Proto`: that of the proxy that the browser talks to. */
function forwarded(req: Request, name: 'host' | 'proto'): string {
  const value = headerOf(req, `x-forwarded-${name}`);
  return value === '' ? '' : value.split(',', 1)[0]!.trim();
}

/** A header, bounded: one may be 16 KiB long. */
function headerOf({ headers }: Request, name: string): string {
  const value = headers?.[name];
  return value === undefined ? '' : String(value).slice(0, 1000);
}

function isEncrypted({ socket }: Request): boolean {
  return Boolean((socket as { encrypted?: boolean } | undefined)?.encrypted);
}

/** Compared as lenient routers do: decoded, case-insensitively, without duplicate or trailing slashes, up to `;`. */
function normalizedPath(target: string): string {
  const path = /^(?:https?:\/\/[^/?#]*)?([^?#;]*)/i.exec(target)?.[1] ?? '';
  return `/${percentDecoded(path)}`
    .toLowerCase()
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '');
}

function percentDecoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
