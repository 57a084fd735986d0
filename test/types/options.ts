import type { Request } from 'express';
import type {
  Metadata,
  StateStore,
  StateStoreStoreCallback,
  StateStoreVerifyCallback,
} from 'passport-oauth2';
import {
  CookieStateStore,
  type CookieStateStoreOptions,
  type StateMetadata,
  type StateStoredCallback,
  type StateVerifiedCallback,
  type Strategy,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
} from '../../lib/index.js';
import type { Equal, Expect } from './expect.js';

const required = { clientID: '1', clientSecret: 's', callbackURL: 'https://app.example/callback' };

/** A state store for passport-oauth2, as its types want it. */
class SessionStore implements StateStore {
  store(_req: Request, ...rest: [StateStoreStoreCallback] | [Metadata, StateStoreStoreCallback]) {
    rest.at(-1);
  }
  verify(
    _req: Request,
    _state: string,
    ...rest: [StateStoreVerifyCallback] | [Metadata, StateStoreVerifyCallback]
  ) {
    rest.at(-1);
  }
}

/** A dispatcher as undici 6 declares it: with fewer methods of HTTP, and with handlers of one shape. */
class DispatcherOfUndici6 {
  dispatch(
    options: { path: string; method: 'GET' | 'POST' },
    handler: { onConnect?(abort: () => void): void },
  ) {
    return options.path !== '' && handler.onConnect !== undefined;
  }
}

export const accepted: ThreadsStrategyOptions[] = [
  required,
  { ...required, dispatcher: new DispatcherOfUndici6() },
  { ...required, scope: 'threads_basic, threads_delete', requiredScopes: ['threads_basic'] as const },
  { ...required, scope: ['threads_basic', 'a_permission_of_tomorrow'] },
  { ...required, state: true, sessionKey: 'oauth2:threads' },
  { ...required, state: false },
  { ...required, state: new CookieStateStore() },
  { ...required, store: new CookieStateStore({ secret: ['new', 'old'], maxAge: 60_000 }) },
  { ...required, store: new SessionStore() },
  { ...required, profileFields: false },
  { ...required, profileFields: ['id', 'username'] as const },
  { ...required, tokenVerification: 'required', testerAccessToken: 'token' },
  { ...required, testerAccessToken: () => 'token' },
  { ...required, testerAccessToken: async () => 'token' },
  { ...required, skipUserProfile: true },
  { ...required, skipUserProfile: () => false },
  { ...required, skipUserProfile: (_token, done) => done(null, true) },
  {
    ...required,
    longLived: true,
    enableProof: true,
    proxy: true,
    timeout: 5000,
    customHeaders: { via: 'x' },
  },
  { ...required, authorizationURL: 'https://a', tokenURL: 'https://b', graphURL: 'https://c' },
];

export const refused: ThreadsStrategyOptions[] = [
  // @ts-expect-error clientID is required
  { clientSecret: 's', callbackURL: 'https://app.example/callback' },
  // @ts-expect-error clientSecret is required
  { clientID: '1', callbackURL: 'https://app.example/callback' },
  // @ts-expect-error callbackURL is required
  { clientID: '1', clientSecret: 's' },
  // @ts-expect-error the Threads App ID is a string, since it does not fit into a number
  { ...required, clientID: 1234567890123456 },
  // @ts-expect-error an option that does not exist, such as a misspelt one
  { ...required, longlived: true },
  // @ts-expect-error Threads has no PKCE
  { ...required, pkce: true },
  // @ts-expect-error the separator is Threads' own
  { ...required, scopeSeparator: ' ' },
  // @ts-expect-error a state is a boolean or a store
  { ...required, state: 'a fixed state' },
  // @ts-expect-error a store has both methods
  { ...required, store: { store() {} } },
  // @ts-expect-error one of three words
  { ...required, tokenVerification: 'always' },
  // @ts-expect-error fields are an array, or false
  { ...required, profileFields: true },
  // @ts-expect-error milliseconds are a number
  { ...required, timeout: '10s' },
];

export function refusedByTheStrategy() {
  // @ts-expect-error an option that does not exist
  new ThreadsStrategy({ ...required, longlived: true }, async (_a, _r, _profile) => false);
  // @ts-expect-error an option that does not exist, with the request
  new ThreadsStrategy({ ...required, passReqToCallback: true, longlived: true }, async (_req) => false);
}

export const cookieStateStores: CookieStateStoreOptions[] = [
  {},
  { secret: 's' },
  { secret: ['new', 'old'] as const },
  { maxAge: 1, now: () => 0 },
  // @ts-expect-error milliseconds are a number
  { maxAge: '15m' },
  // @ts-expect-error an option that does not exist
  { ttl: 1 },
];

export type AliasIs = Expect<Equal<typeof Strategy, typeof ThreadsStrategy>>;
export const aliasIsAType: Strategy = new ThreadsStrategy(required, async (_a, _r, _profile) => false);

// Stores of one's own, with and without application state.
export const ownStores: ThreadsStrategyOptions[] = [
  {
    ...required,
    store: {
      store: (_req: Request, done: StateStoredCallback) => done(null, 'state'),
      verify: (_req: Request, _state: string, done: StateVerifiedCallback) => done(null, true),
    },
  },
  {
    ...required,
    state: {
      store: (_req: Request, state: unknown, _meta: StateMetadata, done: StateStoredCallback) =>
        done(null, String(state)),
      verify: (_req: Request, _state: string, meta: StateMetadata, done: StateVerifiedCallback) =>
        done(null, false, { message: meta.clientID }),
    },
  },
  // @ts-expect-error: a store needs both methods
  { ...required, store: { store: (_req: Request, done: StateStoredCallback) => done(null, 'state') } },
];
