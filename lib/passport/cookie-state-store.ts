import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { withoutFragment } from '../threads/protocol.js';
import { nonEmptyString } from '../transport/json.js';
import { INVALID_STATE_MESSAGES, type InvalidStateReason } from './failure.js';
import { appendCookies, findResponse, trackResponses } from './response.js';
import {
  cookieNames,
  deriveKey,
  readCookie,
  readLoginCookies,
  type StateBinding,
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
  /** The `Set-Cookie` headers of the response, one string each. */
  setCookie: string[];
}

/** What {@link CookieStateStore.finish} returns: `ok` says whether the login began in this browser. */
export type FinishedLogin =
  | {
      ok: true;
      /** The application state that was given to {@link CookieStateStore.begin}; `undefined` for none. */
      appState: unknown;
      /** The `Set-Cookie` headers of the response, one string each. */
      setCookie: string[];
    }
  | {
      ok: false;
      type: 'invalid_state';
      /** Why, in one word. */
      reason: InvalidStateReason;
      /** Why, in words for the person. */
      message: string;
      /** The `Set-Cookie` headers of the response, one string each; there may be none. */
      setCookie: string[];
    };

const FIFTEEN_MINUTES = 15 * 60 * 1000;
const NONCE = /^[\w-]{43}$/;
const COOKIES_KEPT = 5;
const STATES_KEPT = 100_000;
// Proxies refuse a header line above 8 KiB (nginx by default), and the app has cookies too.
const BYTES_KEPT = 5 * 1024;
// Bounds the work, and the response, where another host of the domain planted many cookies.
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
  private readonly finished = new FinishedStates();

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
   * Gives a store that was made without a secret the strategy's `clientSecret`.
   *
   * @returns this store, or one that inherits from it, so that the store of a subclass stays one and serves other apps too
   * @internal
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
  begin(cookie: string | null | undefined, login: StateBinding, appState?: unknown): BegunLogin {
    const [key] = this.keys;
    if (!key) throw new TypeError('CookieStateStore needs a `secret` where no ThreadsStrategy gives it one');
    if (typeof appState === 'function' || typeof appState === 'symbol') {
      throw new TypeError(`The application state must be a JSON value, not a ${typeof appState}`);
    }

    const state = randomBytes(32).toString('base64url');
    const { name } = cookieNames(state, login);
    const value = signPayload({ nonce: state, expiresAt: this.now() + this.maxAge, appState }, login, key);
    if (value === undefined) {
      const error = new Error(
        'The application state does not fit into a cookie: keep it under 1 KiB, or keep it elsewhere',
      );
      throw Object.assign(error, { status: 403 });
    }
    const setCookie = this.staleCookies(cookie, login, name.length + value.length).map((stale) =>
      writeCookie(stale, '', 0),
    );
    setCookie.push(writeCookie(name, value, this.maxAge));
    return { state, setCookie };
  }

  /**
   * Ends a login. Call it before any other parameter of the callback is believed or shown, for errors too.
   *
   * @param cookie - the `Cookie` header of the request
   * @param state - the `state` that came back, whatever it is
   * @param login - what was given to {@link CookieStateStore.begin}, and `hasCode: false` where the callback brought an
   *   error: its state is forgotten earlier
   * @returns whether the login began in this browser, and the `Set-Cookie` headers that use its state up. Send them
   *   either way
   * @throws TypeError when the redirect URI is not absolute
   */
  finish(
    cookie: string | null | undefined,
    state: unknown,
    login: StateBinding & { hasCode?: boolean | undefined },
  ): FinishedLogin {
    if (state === undefined || state === null || state === '') return refused('no_state');
    // A client that copied the whole URL sends its `#_` behind the state, where that comes last.
    const nonce = typeof state === 'string' ? withoutFragment(state) : '';
    if (!NONCE.test(nonce)) return refused('forged');
    const { name, otherName } = cookieNames(nonce, login);
    // A login with another redirect URI may have begun on http and end on https: that cookie tells why, and no more.
    const found = [name, otherName].find((one) => readCookie(cookie, one));
    if (!found) return refused(this.finished.has(nonce) ? 'used' : 'no_cookie');

    const setCookie = [writeCookie(found, '', 0)];
    const payload = verifyPayload(readCookie(cookie, found) ?? '', login, this.keys);
    if (payload?.nonce !== nonce) return refused('forged', setCookie);
    if (!payload.isBound || found !== name) return refused('other_redirect_uri', setCookie);
    if (payload.expiresAt <= this.now()) return refused('expired', setCookie);
    if (this.finished.has(nonce)) return refused('used', setCookie);
    this.finished.add(nonce, payload.expiresAt, login.hasCode !== false, this.now());
    return { ok: true, appState: payload.appState, setCookie };
  }

  /**
   * Begins a login of Passport: {@link CookieStateStore.begin} on its request, and on the response of it.
   *
   * @param req - the request
   * @param state - the app's own state
   * @param login - what to bind the attempt to
   * @param done - called with the `state` for the authorization window, or with an error
   */
  store(req: IncomingMessage, state: unknown, login: StateBinding, done: StateStoredCallback): void {
    let begun: BegunLogin;
    try {
      begun = this.begin(req.headers.cookie, login, state);
      sendCookies(req, begun);
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
  verify(
    req: IncomingMessage,
    state: string,
    login: StateBinding & { hasCode?: boolean },
    done: StateVerifiedCallback,
  ): void {
    let finished: FinishedLogin;
    try {
      finished = this.finish(req.headers.cookie, state, login);
      sendCookies(req, finished);
    } catch (error) {
      return void done(error as Error);
    }
    if (finished.ok) done(null, true, finished.appState);
    else {
      const { type, reason, message } = finished;
      done(null, false, { type, reason, message });
    }
  }

  /**
   * The cookies to take off for a new login: the oldest, where there are too many. Those alone that this store signed, since
   * a cookie that was planted, from a subdomain say, can neither be trusted nor be taken off.
   */
  private staleCookies(header: string | null | undefined, login: StateBinding, size: number): string[] {
    const genuine: { name: string; size: number; expiresAt: number }[] = [];
    for (const [name, value = ''] of Object.entries(readLoginCookies(header, login, COOKIES_EXAMINED))) {
      const payload = verifyPayload(value, login, this.keys);
      // The browser takes an expired cookie off by itself. One of another app, redirect URI or scheme counts there.
      if (!payload?.isBound || cookieNames(payload.nonce, login).name !== name) continue;
      if (payload.expiresAt <= this.now()) continue;
      genuine.push({ name, size: name.length + value.length, expiresAt: payload.expiresAt });
    }
    genuine.sort((one, other) => other.expiresAt - one.expiresAt);
    let bytes = size;
    return genuine
      .filter((cookie, newer) => {
        bytes += cookie.size;
        return newer >= COOKIES_KEPT - 1 || bytes > BYTES_KEPT;
      })
      .map(({ name }) => name);
  }
}

/**
 * The states that this process has finished. The cleared cookie is what ends a login; this refuses a copy of the cookie,
 * too, until it expires.
 */
class FinishedStates {
  #states = new Map<string, { expiresAt: number; hasCode: boolean }>();

  has(nonce: string): boolean {
    return this.#states.has(nonce);
  }

  add(nonce: string, expiresAt: number, hasCode: boolean, now: number): void {
    this.#states.set(nonce, { expiresAt, hasCode });
    if (this.#states.size >= 2 * STATES_KEPT) this.#forget(now);
  }

  /**
   * Keeps as many as it must. States whose response brought no code go first, since an attacker makes them without a
   * request to Threads; then those that expire first.
   */
  #forget(now: number): void {
    const living = [...this.#states].filter(([, { expiresAt }]) => expiresAt > now);
    living.sort(
      ([, one], [, other]) => Number(one.hasCode) - Number(other.hasCode) || one.expiresAt - other.expiresAt,
    );
    this.#states = new Map(living.slice(-STATES_KEPT));
  }
}

function refused(reason: InvalidStateReason, setCookie: string[] = []): FinishedLogin {
  return { ok: false, type: 'invalid_state', reason, message: INVALID_STATE_MESSAGES[reason], setCookie };
}

function sendCookies(req: IncomingMessage, { setCookie }: { setCookie: string[] }): void {
  if (setCookie.length === 0) return;
  const res = findResponse(req);
  if (!res) throw new Error(`CookieStateStore cannot reach the response of this request. ${ALTERNATIVES}`);
  appendCookies(res, setCookie);
}
