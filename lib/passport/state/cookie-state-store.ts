import { hkdfSync, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { withoutFragment } from '../../threads/fragment.js';
import { isObject, textOf } from '../../transport/json.js';
import { keepCookie, responseOf, watchResponses } from './response.js';
import type {
  StateMetadata,
  StateStoredCallback,
  StateVerifiedCallback,
  ThreadsStateStore,
} from './state-store.js';

/** Options of {@link CookieStateStore}. */
export interface CookieStateStoreOptions {
  /**
   * The secret, or several for rotation: the first signs, all verify. Any length; a key is derived from it.
   * Default: the strategy's `clientSecret`.
   */
  secret?: string | readonly string[] | undefined;
  /** Milliseconds that a person has for the authorization window. Default: 900000 (15 minutes). */
  maxAge?: number | undefined;
  /** The clock: milliseconds since the epoch. Default: `Date.now`. */
  now?: (() => number) | undefined;
}

type Login = Pick<StateMetadata, 'clientID' | 'callbackURL'>;

/** What the cookie of a login says, in letters since a cookie has little room. */
interface Attempt {
  /** The nonce that is the `state` of the login. */
  n: string;
  /** When the attempt expires: milliseconds since the epoch. */
  e: number;
  /** The app's own state. */
  s?: unknown;
}

const FIFTEEN_MINUTES = 15 * 60 * 1000;
const ATTEMPTS_KEPT = 5;
const LONGEST_VALUE = 2048;
const NONCES_REMEMBERED = 10_000;
const NONCE = /^[\w-]{43}$/;
const COOKIE = /^(?:__Host-)?threads-login-[\w-]{16}$/;

const ALTERNATIVES =
  'Put the response on the request (`req.res = res`) before Passport runs, or give the strategy `state: true` (session) or a `store` of your own.';

// Loaded with the first login: neither is needed to start an app.
const cookies = () => require('cookie') as typeof import('cookie');
const signatures = () => require('cookie-signature') as typeof import('cookie-signature');

/**
 * Keeps the `state` of a login in a signed cookie of the browser: CSRF protection that needs no session, and no
 * memory that several instances of an app would have to share.
 *
 * Each login has a random `state` of 256 bits and a cookie of its own, so two tabs do not disturb each other. The
 * cookie also carries the app's own state (`passport.authenticate('threads', { state: { returnTo } })`, back as
 * `info.state`): signed, so the person cannot change it, but not encrypted, so the person could read it.
 *
 * Sources: RFC 6749 section 10.12; RFC 6265bis (`__Host-`, `SameSite`); RFC 5869 (HKDF).
 */
export class CookieStateStore implements ThreadsStateStore {
  private readonly keys: readonly Buffer[];
  private readonly maxAge: number;
  private readonly now: () => number;
  private readonly used = new Set<string>();

  /**
   * @param options - see {@link CookieStateStoreOptions}
   * @throws TypeError when an option is wrong
   */
  constructor(private readonly options: CookieStateStoreOptions = {}) {
    const { secret = [], maxAge = FIFTEEN_MINUTES, now = Date.now } = options;
    const secrets: readonly string[] = typeof secret === 'string' ? [secret] : secret;
    if (
      !Array.isArray(secrets) ||
      !secrets.every(textOf) ||
      (options.secret !== undefined && secrets.length === 0)
    ) {
      throw new TypeError('`secret` must be a non-empty string, or an array of them');
    }
    if (!(Number.isFinite(maxAge) && maxAge > 0)) {
      throw new TypeError('`maxAge` must be a positive number of milliseconds');
    }
    this.keys = secrets.map(deriveKey);
    this.maxAge = maxAge;
    this.now = now;
    watchResponses();
  }

  /**
   * Gives the store a secret where it was made without one.
   *
   * @param secret - the strategy's `clientSecret`
   * @returns this store, or a new one with the secret
   */
  withDefaultSecret(secret: string): CookieStateStore {
    return this.keys.length > 0 ? this : new CookieStateStore({ ...this.options, secret });
  }

  /**
   * Begins a login: passport-oauth2 calls this.
   *
   * @param req - the request
   * @param state - the app's own state, anything that JSON can hold; about 1 KiB at the most
   * @param login - what to bind the attempt to
   * @param done - called with the `state` for the authorization window
   */
  store(req: IncomingMessage, state: unknown, login: Login, done: StateStoredCallback): void {
    const key = this.signingKey();
    const res = responseWithCookies(req);
    const nonce = randomBytes(32).toString('base64url');
    const attempt: Attempt = { n: nonce, e: this.now() + this.maxAge, s: state };
    const payload = Buffer.from(JSON.stringify(attempt)).toString('base64url');
    if (payload.length > LONGEST_VALUE) {
      const error = new Error(
        'The application state does not fit into a cookie: keep it under 1 KiB, or keep it elsewhere',
      );
      return void done(Object.assign(error, { status: 403 }));
    }

    for (const name of surplus(cookiesOf(req))) clearCookie(res, name, login);
    const value = signatures().sign(bound(payload, login), key).slice(bound('', login).length);
    setCookie(res, cookieName(nonce, login), value, this.maxAge, login);
    done(null, nonce);
  }

  /**
   * Ends a login: passport-oauth2 calls this.
   *
   * @param req - the request
   * @param state - the `state` that came back
   * @param login - what the attempt must be bound to
   * @param done - called with `true` and the app's own state, or with `false` and why
   */
  verify(req: IncomingMessage, state: string, login: Login, done: StateVerifiedCallback): void {
    const outcome = this.finish(req, state, login);
    if (typeof outcome === 'object') return void done(null, true, outcome.s);
    done(null, false, { type: 'invalid_state', message: `${outcome}. Please start again.` });
  }

  private finish(req: IncomingMessage, received: unknown, login: Login): Attempt | string {
    // The `#_` that a client copied with the whole URL is behind the state where that comes last.
    const state = typeof received === 'string' ? withoutFragment(received) : '';
    if (!NONCE.test(state)) return 'This login did not start here';
    const name = cookieName(state, login);
    const value = cookiesOf(req)[name];
    if (!value) return 'This login started in another browser, was finished already, or took too long';
    clearCookie(responseWithCookies(req), name, login);

    const attempt = this.open(value, login);
    if (attempt?.n !== state) return 'The cookie of this login is not genuine';
    if (attempt.e <= this.now()) return 'This login took too long';
    if (this.used.has(state)) return 'This login was finished already';
    this.remember(state);
    return attempt;
  }

  private signingKey(): Buffer {
    const [key] = this.keys;
    if (!key) throw new TypeError('CookieStateStore needs a `secret` where no ThreadsStrategy gives it one');
    return key;
  }

  private open(value: string, login: Login): Attempt | undefined {
    for (const key of this.keys) {
      const payload = signatures().unsign(bound(value, login), key);
      if (payload !== false)
        return JSON.parse(Buffer.from(payload.slice(bound('', login).length), 'base64url').toString());
    }
    return undefined;
  }

  // The cleared cookie is what ends a login; this stops a copy of the cookie too, in this process.
  private remember(nonce: string): void {
    this.used.add(nonce);
    for (const oldest of this.used) {
      if (this.used.size <= NONCES_REMEMBERED) break;
      this.used.delete(oldest);
    }
  }
}

function deriveKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'passport-threads-oauth2 state cookie', 32));
}

/** The signed text: a cookie of another app or another redirect URI does not verify. */
function bound(payload: string, { clientID, callbackURL = '' }: Login): string {
  return `${clientID}\n${callbackURL}\n${payload}`;
}

function isSecure({ callbackURL }: Login): boolean {
  return callbackURL?.startsWith('https:') === true;
}

function cookieName(nonce: string, login: Login): string {
  return `${isSecure(login) ? '__Host-' : ''}threads-login-${nonce.slice(0, 16)}`;
}

function cookiesOf(req: IncomingMessage): Record<string, string | undefined> {
  return cookies().parse(req.headers.cookie ?? '');
}

function surplus(all: Record<string, string | undefined>): string[] {
  const expiry = (name: string) => {
    try {
      const attempt: unknown = JSON.parse(
        Buffer.from(all[name]?.split('.')[0] ?? '', 'base64url').toString(),
      );
      return isObject(attempt) && typeof attempt.e === 'number' ? attempt.e : 0;
    } catch {
      return 0;
    }
  };
  const names = Object.keys(all).filter((name) => COOKIE.test(name));
  if (names.length < ATTEMPTS_KEPT) return [];
  return names.sort((a, b) => expiry(b) - expiry(a)).slice(ATTEMPTS_KEPT - 1);
}

function responseWithCookies(req: IncomingMessage): ServerResponse {
  const res = responseOf(req);
  if (!res) throw new Error(`CookieStateStore cannot reach the response of this request. ${ALTERNATIVES}`);
  return res;
}

function setCookie(res: ServerResponse, name: string, value: string, maxAge: number, login: Login): void {
  const options = {
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(login),
    path: '/',
    maxAge: Math.ceil(maxAge / 1000),
  } as const;
  keepCookie(res, cookies().serialize(name, value, options));
}

function clearCookie(res: ServerResponse, name: string, login: Login): void {
  setCookie(res, name, '', 0, login);
}
