import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { withoutFragment } from '../threads/protocol.js';
import { nonEmptyString } from '../transport/json.js';
import { appendCookies, findResponse, trackResponses } from './response.js';
import {
  type Attempt,
  cookieName,
  deriveKey,
  type Login,
  readAttempts,
  readCookie,
  signPayload,
  verifyPayload,
  writeCookie,
} from './state-cookie.js';
import type { StateStoredCallback, StateVerifiedCallback, ThreadsStateStore } from './state-store.js';

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

/** What {@link CookieStateStore.begin} returns. */
export interface BegunLogin {
  /** The `state` for the authorization window. */
  state: string;
  /** The `Set-Cookie` headers of the answer, one string each. */
  setCookie: string[];
}

/** What {@link CookieStateStore.finish} returns: `ok` says whether the login began in this browser. */
export type FinishedLogin =
  | {
      ok: true;
      /** The application state that was given to {@link CookieStateStore.begin}; `undefined` for none. */
      appState: unknown;
      /** The `Set-Cookie` headers of the answer, one string each. */
      setCookie: string[];
    }
  | {
      ok: false;
      type: 'invalid_state';
      /** Why, in words for the person. */
      message: string;
      /** The `Set-Cookie` headers of the answer, one string each; there may be none. */
      setCookie: string[];
    };

const FIFTEEN_MINUTES = 15 * 60 * 1000;
const NONCE = /^[\w-]{43}$/;
const NONCES_REMEMBERED = 10_000;
const ATTEMPTS_KEPT = 5;
// Proxies refuse a header line above 8 KiB (nginx by default), and the app has cookies too.
const BYTES_KEPT = 5 * 1024;
// Bounds the work, and the answer, where somebody planted many cookies: a browser that nobody meddled with has fewer.
const COOKIES_EXAMINED = 10;

const ALTERNATIVES =
  'Before Passport runs, write `req.res = res` (in Fastify an `onRequest` hook with `request.res = reply.raw`), or give the strategy `state: true` (session) or a `store` of your own.';

/**
 * Keeps the `state` of a login in a signed cookie of the browser: CSRF protection that needs no session, and no
 * memory that several instances of an app would have to share.
 *
 * Each login has a random `state` of 256 bits and a cookie of its own, so two tabs do not disturb each other. The
 * cookie also carries the app's own state (`passport.authenticate('threads', { state: { returnTo } })`, back as
 * `info.state`): signed, so the person cannot change it, but not encrypted, so the person could read it.
 *
 * With Passport, `ThreadsStrategy` has one by default and calls {@link CookieStateStore.store} and
 * {@link CookieStateStore.verify}. Without Passport, call {@link CookieStateStore.begin} and
 * {@link CookieStateStore.finish}: they take the `Cookie` header and return the `Set-Cookie` headers as strings, so
 * they work with `node:http`, with Web `Request` and `Response`, and with any framework.
 *
 * ```ts
 * const states = new CookieStateStore({ secret: clientSecret });
 * const login = { clientID, callbackURL };
 *
 * // GET /auth/threads
 * const { state, setCookie } = states.begin(req.headers.cookie, login, { returnTo: '/settings' });
 * const location = threads.authorizationURL({ redirectURI: callbackURL, state });
 * res.writeHead(302, { Location: location, 'Set-Cookie': setCookie, 'Cache-Control': 'no-store' }).end();
 *
 * // GET /auth/threads/callback: before anything else in the query is believed
 * const outcome = states.finish(req.headers.cookie, query.get('state'), login);
 * res.setHeader('Set-Cookie', outcome.setCookie);
 * if (!outcome.ok) return res.writeHead(403).end(outcome.message);
 * ```
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
  constructor(options: CookieStateStoreOptions = {}) {
    const { secret = [], maxAge = FIFTEEN_MINUTES, now = () => Date.now() } = options;
    const secrets: readonly string[] = typeof secret === 'string' ? [secret] : secret;
    if (
      !Array.isArray(secrets) ||
      !secrets.every(nonEmptyString) ||
      (options.secret !== undefined && secrets.length === 0)
    ) {
      throw new TypeError('`secret` must be a non-empty string, or an array of them');
    }
    if (!(Number.isFinite(maxAge) && maxAge > 0)) {
      throw new TypeError('`maxAge` must be a positive number of milliseconds');
    }
    if (typeof now !== 'function') {
      throw new TypeError('`now` must be a function that returns milliseconds since the epoch');
    }
    this.keys = secrets.map(deriveKey);
    this.maxAge = maxAge;
    this.now = now;
    trackResponses();
  }

  /**
   * Gives the store a secret where it was made without one.
   *
   * @param secret - the strategy's `clientSecret`
   * @returns this store, or one that inherits from it and has the secret
   */
  withDefaultSecret(secret: string): CookieStateStore {
    if (this.keys.length > 0) return this;
    return Object.create(this, { keys: { value: [deriveKey(secret)] } }) as CookieStateStore;
  }

  /**
   * Begins a login.
   *
   * @param cookie - the `Cookie` header of the request: `req.headers.cookie`, `request.headers.get('cookie')`
   * @param login - the app and the absolute redirect URI, which the attempt is bound to. An https one makes the
   *   cookie `Secure` and `__Host-`
   * @param appState - what the app wants back at the end: any JSON value, about 1 KiB at the most
   * @returns the `state` for the authorization window, and the `Set-Cookie` headers that must go with the redirect
   * @throws TypeError when there is no secret, the redirect URI is not absolute, or JSON has no form for `appState`;
   *   Error with `status` 403 when `appState` is too large for a cookie
   */
  begin(cookie: string | null | undefined, login: Login, appState?: unknown): BegunLogin {
    const [key] = this.keys;
    if (!key) throw new TypeError('CookieStateStore needs a `secret` where no ThreadsStrategy gives it one');
    if (typeof appState === 'function' || typeof appState === 'symbol') {
      throw new TypeError(`The application state must be a JSON value, not a ${typeof appState}`);
    }

    const state = randomBytes(32).toString('base64url');
    const name = cookieName(state, login);
    const value = signPayload({ n: state, e: this.now() + this.maxAge, s: appState }, login, key);
    if (value === undefined) {
      const error = new Error(
        'The application state does not fit into a cookie: keep it under 1 KiB, or keep it elsewhere',
      );
      throw Object.assign(error, { status: 403 });
    }
    const setCookie = this.staleCookies(cookie, login, name.length + value.length).map((staleCookies) =>
      writeCookie(staleCookies, '', 0, login),
    );
    setCookie.push(writeCookie(name, value, this.maxAge, login));
    return { state, setCookie };
  }

  /**
   * Ends a login. Call it before anything else in the answer is believed or shown, for errors too.
   *
   * @param cookie - the `Cookie` header of the request
   * @param state - the `state` that came back, whatever it is
   * @param login - what was given to {@link CookieStateStore.begin}
   * @returns whether the login began in this browser, and the `Set-Cookie` headers that use the attempt up. Send
   *   them either way
   * @throws TypeError when the redirect URI is not absolute
   */
  finish(cookie: string | null | undefined, state: unknown, login: Login): FinishedLogin {
    // The `#_` that a client copied with the whole URL is behind the state where that comes last.
    const nonce = typeof state === 'string' ? withoutFragment(state) : '';
    if (!NONCE.test(nonce)) return refused('This login did not start here');
    const name = cookieName(nonce, login);
    const value = readCookie(cookie, name);
    if (!value)
      return refused('This login started in another browser, was finished already, or took too long');

    const setCookie = [writeCookie(name, '', 0, login)];
    const attempt = verifyPayload(value, login, this.keys);
    if (attempt?.n !== nonce) return refused('The cookie of this login is not genuine', setCookie);
    if (attempt.e <= this.now()) return refused('This login took too long', setCookie);
    if (this.used.has(nonce)) return refused('This login was finished already', setCookie);
    this.remember(nonce);
    return { ok: true, appState: attempt.s, setCookie };
  }

  /**
   * Begins a login of Passport: {@link CookieStateStore.begin} on its request, and on the response of it.
   *
   * @param req - the request
   * @param state - the app's own state
   * @param login - what to bind the attempt to
   * @param done - called with the `state` for the authorization window, or with an error
   */
  store(req: IncomingMessage, state: unknown, login: Login, done: StateStoredCallback): void {
    let begun: BegunLogin;
    try {
      begun = this.begin(req.headers.cookie, login, state);
      answer(req, begun);
    } catch (error) {
      return void done(error as Error);
    }
    done(null, begun.state);
  }

  /**
   * Ends a login of Passport: {@link CookieStateStore.finish} on its request, and on the response of it.
   *
   * @param req - the request
   * @param state - the `state` that came back
   * @param login - what the attempt must be bound to
   * @param done - called with `true` and the app's own state, or with `false` and why, or with an error
   */
  verify(req: IncomingMessage, state: string, login: Login, done: StateVerifiedCallback): void {
    let finished: FinishedLogin;
    try {
      finished = this.finish(req.headers.cookie, state, login);
      answer(req, finished);
    } catch (error) {
      return void done(error as Error);
    }
    if (finished.ok) done(null, true, finished.appState);
    else done(null, false, { type: finished.type, message: finished.message });
  }

  /**
   * The attempts to give up for a new one: the oldest, where there are too many. Those alone that this store signed,
   * since a cookie that somebody planted, from a subdomain say, can be neither trusted nor taken off.
   */
  private staleCookies(header: string | null | undefined, login: Login, size: number): string[] {
    const genuine: { name: string; size: number; attempt: Attempt }[] = [];
    for (const [name, value = ''] of Object.entries(readAttempts(header, login, COOKIES_EXAMINED))) {
      const attempt = verifyPayload(value, login, this.keys);
      // The browser takes off by itself what has expired; what it still has then cannot be taken off.
      if (!attempt || cookieName(attempt.n, login) !== name || attempt.e <= this.now()) continue;
      genuine.push({ name, size: name.length + value.length, attempt });
    }
    genuine.sort((one, other) => other.attempt.e - one.attempt.e);
    let bytes = size;
    return genuine
      .filter((cookie, newer) => {
        bytes += cookie.size;
        return newer >= ATTEMPTS_KEPT - 1 || bytes > BYTES_KEPT;
      })
      .map(({ name }) => name);
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

function refused(reason: string, setCookie: string[] = []): FinishedLogin {
  return { ok: false, type: 'invalid_state', message: `${reason}. Please start again.`, setCookie };
}

function answer(req: IncomingMessage, { setCookie }: { setCookie: string[] }): void {
  if (setCookie.length === 0) return;
  const res = findResponse(req);
  if (!res) throw new Error(`CookieStateStore cannot reach the response of this request. ${ALTERNATIVES}`);
  appendCookies(res, setCookie);
}
