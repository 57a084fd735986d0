import { randomBytes } from 'node:crypto';
import { requireApp, requireUser } from './settings.js';
import type { RevokedTokenCode, SimulatedApp, SimulatedUser } from './types.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CODE_LIFETIME = HOUR;
const SHORT_LIFETIME = HOUR;
const LONG_LIFETIME = 60 * DAY;
const GRANT_LIFETIME = 90 * DAY;
/** A long-lived token must be this old before it can be refreshed. */
export const REFRESH_AGE = DAY;

/** What a person allowed an app. */
export interface Grant {
  readonly app: string;
  readonly user: string;
  scopes: string[];
  expiresAt: number;
  session: Session;
}

/** Shared by all tokens of one grant, so that ending it ends them all at once. */
interface Session {
  loggedOut?: boolean;
  /** The code that Threads answers the tokens with once the person has removed the app. */
  revokedAs?: RevokedTokenCode;
}

/** An authorization code. */
export interface Code {
  readonly grant: Grant;
  readonly session: Session;
  readonly scopes: string[];
  readonly redirectURI: string;
  readonly expiresAt: number;
  /** A code that was traded is remembered, because Threads answers it in another way than an unknown one. */
  spent: boolean;
}

export interface Token {
  readonly grant: Grant;
  readonly session: Session;
  readonly scopes: string[];
  readonly longLived: boolean;
  readonly issuedAt: number;
  expiresAt: number;
}

/** Everything the simulator knows. Times are milliseconds since the epoch. */
export class Store {
  readonly apps = new Map<string, SimulatedApp>();
  readonly users = new Map<string, SimulatedUser>();
  /** The origin of the redirect URI with which an app last opened the authorization window: the way back to it. */
  readonly lastOpened = new Map<string, string>();
  readonly #grants = new Map<string, Grant>();
  readonly #codes = new ExpiringMap<Code>();
  readonly #tokens = new ExpiringMap<Token>();
  readonly #appTokens = new Map<string, string>();

  constructor(readonly now: () => number) {}

  addApp(app: SimulatedApp): void {
    requireApp(app);
    this.apps.set(app.clientID, { ...app, redirectURIs: [...app.redirectURIs] });
  }

  addUser(user: SimulatedUser): void {
    requireUser(user);
    this.users.set(user.id, { ...user });
  }

  isTester(userId: string, clientID: string): boolean {
    return this.users.get(userId)?.testerOf?.includes(clientID) ?? true;
  }

  /** Whether the redirect URI is registered to the letter, or at another port of this machine where the app allows it. */
  isRegistered(redirectURI: string, app: SimulatedApp): boolean {
    if (app.redirectURIs.includes(redirectURI)) return true;
    if (app.anyLoopbackPort !== true) return false;
    const portless = withoutLoopbackPort(redirectURI);
    return portless !== undefined && app.redirectURIs.some((uri) => withoutLoopbackPort(uri) === portless);
  }

  mayLogIn(user: SimulatedUser, app: SimulatedApp): boolean {
    return app.live !== false || this.isTester(user.id, app.clientID);
  }

  /** Whether the app may act for the person: with App Review for all people, without it for testers. */
  isServed(userId: string, clientID: string): boolean {
    const app = this.apps.get(clientID);
    const open = app !== undefined && app.live !== false && app.reviewed !== false;
    return open || this.isTester(userId, clientID);
  }

  grantsOf(userId: string): Grant[] {
    return [...this.#grants.values()].filter((grant) => grant.user === userId);
  }

  /** Records that the person allowed these permissions; they replace those allowed before. */
  grant(app: SimulatedApp, user: SimulatedUser, scopes: string[]): Grant {
    const key = `${app.clientID} ${user.id}`;
    const grant = this.#grants.get(key) ?? {
      app: app.clientID,
      user: user.id,
      scopes,
      expiresAt: 0,
      session: {},
    };
    grant.scopes = scopes;
    this.#grants.set(key, grant);
    this.extend(grant);
    return grant;
  }

  extend(grant: Grant): void {
    grant.expiresAt = this.now() + GRANT_LIFETIME;
  }

  revoke(clientID: string, userId: string, code: RevokedTokenCode = 190): void {
    const key = `${clientID} ${userId}`;
    const grant = this.#grants.get(key);
    if (!grant) return;
    grant.session.revokedAs = code;
    this.#grants.delete(key);
  }

  logOut(userId: string): void {
    for (const grant of this.grantsOf(userId)) {
      grant.session.loggedOut = true;
      grant.session = {};
    }
  }

  issueCode(grant: Grant, redirectURI: string): string {
    const now = this.now();
    const value = `AQ${randomBytes(48).toString('base64url')}`;
    const { session, scopes } = grant;
    const expiresAt = now + CODE_LIFETIME;
    this.#codes.add(value, { grant, session, scopes, redirectURI, expiresAt, spent: false }, now);
    return value;
  }

  code(value: string): Code | undefined {
    return this.#codes.get(value);
  }

  issueToken(
    { grant, session, scopes }: Pick<Token, 'grant' | 'session' | 'scopes'>,
    longLived: boolean,
  ): string {
    const issuedAt = this.now();
    const expiresAt = issuedAt + (longLived ? LONG_LIFETIME : SHORT_LIFETIME);
    const value = `THQV${randomBytes(72).toString('base64url')}`;
    this.#tokens.add(value, { grant, session, scopes, longLived, issuedAt, expiresAt }, issuedAt);
    return value;
  }

  token(value: string): Token | undefined {
    return this.#tokens.get(value);
  }

  appToken(app: SimulatedApp): string {
    let value = this.#appTokens.get(app.clientID);
    if (value === undefined) {
      value = `TH|${app.clientID}|${randomBytes(20).toString('base64url')}`;
      this.#appTokens.set(app.clientID, value);
    }
    return value;
  }

  /** The app that an app token stands for, whether issued or put together from id and secret. */
  appOfToken(value: string): SimulatedApp | undefined {
    const app = this.apps.get(value.split('|')[1] ?? '');
    if (!app) return undefined;
    const accepted = [`TH|${app.clientID}|${app.clientSecret}`, this.#appTokens.get(app.clientID)];
    return accepted.includes(value) ? app : undefined;
  }
}

/** RFC 8252, section 7.3, and `localhost`. */
function withoutLoopbackPort(uri: string): string | undefined {
  const [, host, rest] =
    /^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d{1,5})?((?:[/?].*)?)$/s.exec(uri) ?? [];
  return host === undefined ? undefined : `${host}${rest}`;
}

const SWEEP_FROM = 10_000;
const MOST = 100_000;

/**
 * A map that stays bounded under load. Expired entries stay readable until a sweep, so that a token can still
 * answer that it expired; sweeps come at doubling sizes, so that their cost per entry is constant.
 */
export class ExpiringMap<Entry extends { expiresAt: number }> extends Map<string, Entry> {
  #sweepAt = SWEEP_FROM;

  add(key: string, entry: Entry, now: number): void {
    if (this.size >= this.#sweepAt) this.#sweep(now);
    this.set(key, entry);
  }

  #sweep(now: number): void {
    for (const [key, entry] of this) if (entry.expiresAt <= now) this.delete(key);
    for (const key of this.keys()) {
      if (this.size < MOST * 0.9) break;
      this.delete(key);
    }
    this.#sweepAt = Math.min(MOST, Math.max(SWEEP_FROM, this.size * 2));
  }
}
