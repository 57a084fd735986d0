import { hkdfSync } from 'node:crypto';
import { parseURL } from '../transport/request.js';
import type { StateMetadata } from './state-store.js';

/** What the cookie of a login is bound to. */
export type Login = Pick<StateMetadata, 'clientID' | 'callbackURL'>;

/** What the cookie of a login says, in letters since a cookie has little room. */
export interface Attempt {
  /** The nonce that is the `state` of the login. */
  n: string;
  /** When the attempt expires: milliseconds since the epoch. */
  e: number;
  /** The app's own state. */
  s?: unknown;
}

// The whole cookie must stay below the 4096 bytes that browsers take, and leave room for what else an answer says.
const LONGEST_PAYLOAD = 2048;
const LONGEST_VALUE = LONGEST_PAYLOAD + 64;

// Loaded with the first login: neither is needed to start an app.
const cookies = () => require('cookie') as typeof import('cookie');
const signatures = () => require('cookie-signature') as typeof import('cookie-signature');

/** Makes the key that cookies are signed with, from a secret of any length (RFC 5869). */
export function deriveKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'passport-threads-oauth2 state cookie', 32));
}

/** The name of the cookie of one attempt. Only the server of this host can set one of that name on https. */
export function cookieName(nonce: string, login: Login): string {
  return `${prefix(login)}threads-login-${nonce.slice(0, 16)}`;
}

/**
 * Reads the value of one cookie.
 *
 * @param header - the `Cookie` header, where the request has one
 * @param name - a name that {@link cookieName} made
 */
export function readCookie(header: string | null | undefined, name: string): string | undefined {
  return readCookies(header, name, 1)[name];
}

/**
 * Reads the cookies that have a name as {@link cookieName} makes it for attempts at a login.
 *
 * @param header - the `Cookie` header, where the request has one
 * @param count - how many at the most, from the front
 * @returns the value of each name
 */
export function readAttempts(
  header: string | null | undefined,
  login: Login,
  count: number,
): Record<string, string | undefined> {
  return readCookies(header, `${prefix(login)}threads-login-[\\w-]{16}`, count);
}

// There may be hundreds of other cookies, so these are looked for before they are parsed.
function readCookies(header: string | null | undefined, name: string, count: number) {
  const pairs = (header ?? '').matchAll(new RegExp(`(?:^|;)[ \\t]*${name}[ \\t]*=[^;]*`, 'g'));
  const found: string[] = [];
  for (const [pair] of pairs) {
    found.push(pair);
    if (found.length === count) break;
  }
  return cookies().parse(found.join(';')) as Record<string, string | undefined>;
}

/**
 * Signs an attempt.
 *
 * @returns the value of its cookie, or `undefined` where that would be larger than a cookie may be
 */
export function signPayload(attempt: Attempt, login: Login, key: Buffer): string | undefined {
  const payload = Buffer.from(JSON.stringify(attempt)).toString('base64url');
  if (payload.length > LONGEST_PAYLOAD) return undefined;
  const context = contextOf(login);
  return signatures()
    .sign(context + payload, key)
    .slice(context.length);
}

/**
 * Reads an attempt back, if its signature is good for this login.
 *
 * @param keys - the keys that may have signed it
 * @returns the attempt, or `undefined` where the cookie is not genuine
 */
export function verifyPayload(value: string, login: Login, keys: readonly Buffer[]): Attempt | undefined {
  if (value.length > LONGEST_VALUE) return undefined;
  const context = contextOf(login);
  for (const key of keys) {
    const signed = signatures().unsign(context + value, key);
    if (signed) return JSON.parse(Buffer.from(signed.slice(context.length), 'base64url').toString());
  }
  return undefined;
}

/**
 * Writes the `Set-Cookie` header for the cookie of an attempt.
 *
 * @param maxAge - milliseconds; 0 takes the cookie off
 */
export function writeCookie(name: string, value: string, maxAge: number, login: Login): string {
  return cookies().serialize(name, value, {
    httpOnly: true,
    sameSite: 'lax',
    secure: prefix(login) !== '',
    path: '/',
    maxAge: Math.ceil(maxAge / 1000),
  });
}

/** Signed along with an attempt: a cookie of another app or another redirect URI does not verify. */
function contextOf({ clientID, callbackURL }: Login): string {
  return JSON.stringify([clientID, callbackURL]);
}

/** `__Host-` makes browsers refuse the cookie from anyone but this host, over https (RFC 6265bis). */
function prefix({ callbackURL = '' }: Login): '__Host-' | '' {
  const protocol = parseURL(callbackURL)?.protocol;
  if (protocol === 'https:') return '__Host-';
  if (protocol === 'http:') return '';
  throw new TypeError('A login needs its `callbackURL`: the redirect URI, as an absolute http(s) URL');
}
