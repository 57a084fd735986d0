import { createHash, hkdfSync } from 'node:crypto';
import { parse, serialize } from 'cookie';
import { sign, unsign } from 'cookie-signature';
import { parseURL } from '../transport/request.js';
import type { StateMetadata } from './state-store.js';

/** What the state of a login is bound to. */
export type StateBinding = Pick<StateMetadata, 'clientID' | 'callbackURL'>;

/** What the cookie of a login holds. */
export interface StatePayload {
  /** The `state` parameter. */
  nonce: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** The app's own state. */
  appState: unknown;
  /** Whether the login was started with the binding that it was read with. */
  isBound: boolean;
}

/** The payload in the cookie, which has little room: nonce, expiry, binding, application state. */
interface WirePayload {
  n: string;
  e: number;
  b: string;
  s?: unknown;
}

// The whole cookie must stay below the 4096 bytes that browsers take, and leave room for other headers.
const LONGEST_PAYLOAD = 2048;
const LONGEST_VALUE = LONGEST_PAYLOAD + 64;

/** Derives the key that cookies are signed with from a secret of any length. Source: RFC 5869. */
export function deriveKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'passport-threads-oauth2 state cookie', 32));
}

/** The names that the cookie of a login has: with `__Host-` on https, and without on http. */
export function cookieNames(nonce: string, binding: StateBinding): { name: string; otherName: string } {
  const plain = `threads-login-${nonce.slice(0, 16)}`;
  const [name = '', otherName = ''] = isSecure(binding)
    ? [`__Host-${plain}`, plain]
    : [plain, `__Host-${plain}`];
  return { name, otherName };
}

/**
 * Reads the value of one cookie.
 *
 * @param header - the `Cookie` header, where the request has one
 * @param name - one of {@link cookieNames}
 */
export function readCookie(header: string | null | undefined, name: string): string | undefined {
  return readCookies(header, name, 1)[name];
}

/**
 * Reads the cookies of logins.
 *
 * @param header - the `Cookie` header, where the request has one
 * @param count - how many at the most, from the front
 * @returns the value of each name
 */
export function readLoginCookies(
  header: string | null | undefined,
  binding: StateBinding,
  count: number,
): Record<string, string | undefined> {
  return readCookies(header, `${isSecure(binding) ? '__Host-' : ''}threads-login-[\\w-]{16}`, count);
}

/** There may be hundreds of other cookies, so these are picked out before the header is parsed. */
function readCookies(header: string | null | undefined, name: string, count: number) {
  const pairs = (header ?? '').matchAll(new RegExp(`(?:^|;)[ \\t]*${name}[ \\t]*=[^;]*`, 'g'));
  const found: string[] = [];
  for (const [pair] of pairs) {
    found.push(pair);
    if (found.length === count) break;
  }
  return parse(found.join(';')) as Record<string, string | undefined>;
}

/**
 * Signs the payload of a login.
 *
 * @returns the value of its cookie, or `undefined` where that would be larger than a cookie may be
 */
export function signPayload(
  { nonce, expiresAt, appState }: Omit<StatePayload, 'isBound'>,
  binding: StateBinding,
  key: Buffer,
): string | undefined {
  const wire: WirePayload = { n: nonce, e: expiresAt, b: digest(binding), s: appState };
  const payload = Buffer.from(JSON.stringify(wire)).toString('base64url');
  return payload.length > LONGEST_PAYLOAD ? undefined : sign(payload, key);
}

/**
 * Reads a payload back.
 *
 * @param keys - the keys that may have signed it
 * @returns the payload, or `undefined` where the signature is wrong
 */
export function verifyPayload(
  value: string,
  binding: StateBinding,
  keys: readonly Buffer[],
): StatePayload | undefined {
  if (value.length > LONGEST_VALUE) return undefined;
  for (const key of keys) {
    const payload = unsign(value, key);
    if (payload === false) continue;
    const { n, e, b, s }: WirePayload = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return { nonce: n, expiresAt: e, appState: s, isBound: b === digest(binding) };
  }
  return undefined;
}

/**
 * Writes the `Set-Cookie` header for the cookie of a login.
 *
 * @param maxAge - milliseconds; 0 takes the cookie off
 */
export function writeCookie(name: string, value: string, maxAge: number): string {
  return serialize(name, value, {
    httpOnly: true,
    sameSite: 'lax',
    secure: name.startsWith('__Host-'),
    path: '/',
    maxAge: Math.ceil(maxAge / 1000),
  });
}

/** Stands in the signed payload, so that a cookie of another app or another redirect URI is told from a forged one. */
function digest({ clientID, callbackURL }: StateBinding): string {
  return createHash('sha256')
    .update(JSON.stringify([clientID, callbackURL]))
    .digest('base64url')
    .slice(0, 22);
}

/** Browsers take a `__Host-` cookie only from this very host, over https. Source: RFC 6265bis. */
function isSecure({ callbackURL = '' }: StateBinding): boolean {
  const protocol = parseURL(callbackURL)?.protocol;
  if (protocol === 'https:' || protocol === 'http:') return protocol === 'https:';
  throw new TypeError('A login needs its `callbackURL`: the redirect URI, as an absolute http(s) URL');
}
