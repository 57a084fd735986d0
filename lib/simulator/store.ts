import { randomBytes } from 'node:crypto';
import { ExpiringMap } from './expiring-map.js';
import type { SimulatedApp, SimulatedRequest, SimulatedUser } from './types.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CODE_LIFETIME = HOUR;
const SHORT_LIFETIME = HOUR;
const LONG_LIFETIME = 60 * DAY;
const GRANT_LIFETIME = 90 * DAY;
/** A long-lived token must be this old before it can be refreshed. */
export const REFRESH_AGE = DAY;

const MOST_REQUESTS = 1000;
const MAX_ID = 2n ** 63n - 1n;

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
  endedBy?: 458 | 460;
}

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
  readonly requests: SimulatedRequest[] = [];
  readonly #grants = new Map<string, Grant>();
  readonly #codes = new ExpiringMap<Code>();
  readonly #tokens = new ExpiringMap<Token>();
  readonly #appTokens = new Map<string, string>();

  constructor(readonly now: () => number) {}

  addApp(app: SimulatedApp): void {
    if (typeof app.clientID !== 'string' || !/^\d{1,20}$/.test(app.clientID)) {
      throw new TypeError('clientID must be a string of digits');
    }
    if (typeof app.clientSecret !== 'string' || app.clientSecret === '') {
      throw new TypeError(`App ${app.clientID}: clientSecret must be a string that is not empty`);
    }
    if (!Array.isArray(app.redirectURIs)) {
      throw new TypeError(`App ${app.clientID}: redirectURIs must be an array`);
    }
    const urls = [...app.redirectURIs, app.deauthorizeURL, app.dataDeletionURL];
    for (const url of urls) if (url !== undefined) requireWebURL(app, url);
    this.apps.set(app.clientID, { ...app, redirectURIs: [...app.redirectURIs] });
  }

  addUser(user: SimulatedUser): void {
    if (typeof user.id !== 'string' || !/^[1-9]\d{0,18}$/.test(user.id) || BigInt(user.id) > MAX_ID) {
      throw new TypeError('A user id must be a string of decimal digits, at most 2^63-1');
    }
    if (typeof user.username !== 'string' || user.username === '') {
      throw new TypeError(`User ${user.id}: username must be a string that is not empty`);
    }
    this.users.set(user.id, { ...user });
  }

  record(method: string, path: string): void {
    this.requests.push({ method, path, time: this.now() });
    if (this.requests.length > MOST_REQUESTS) this.requests.shift();
  }

  isTester(userId: string, clientID: string): boolean {
    return this.users.get(userId)?.testerOf?.includes(clientID) ?? true;
  }

  mayLogIn(user: SimulatedUser, app: SimulatedApp): boolean {
    return app.live !== false || this.isTester(user.id, app.clientID);
  }

  /** Whether the app may act for the person: with App Review for everybody, without it for testers. */
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

  revoke(clientID: string, userId: string): void {
    const key = `${clientID} ${userId}`;
    const grant = this.#grants.get(key);
    if (!grant) return;
    grant.session.endedBy = 458;
    this.#grants.delete(key);
  }

  logOut(userId: string): void {
    for (const grant of this.grantsOf(userId)) {
      grant.session.endedBy = 460;
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

function requireWebURL(app: SimulatedApp, value: unknown): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hash !== '') {
    throw new TypeError(
      `App ${app.clientID}: every URL must be absolute, http or https, and without a fragment`,
    );
  }
}
