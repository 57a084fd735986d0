import type { Request } from 'express';

/** What a login is bound to, as passport-oauth2 tells a state store. */
export interface StateMetadata {
  /** The authorization window. */
  authorizationURL: string;
  /** The token endpoint. */
  tokenURL: string;
  /** The Threads App ID. */
  clientID: string;
  /** The redirect URI of this login, as an absolute URL. */
  callbackURL?: string;
}

/** Called with an error, or with the `state` for the authorization window. */
export type StateStoredCallback = (error: Error | null, state?: string) => void;

/** Called with an error; with `true` and the app's own state; or with `false` and why. */
export type StateVerifiedCallback = (error: Error | null, ok?: boolean, infoOrState?: unknown) => void;

/**
 * A state store, as passport-oauth2 calls it: the number of parameters of a method says which of them it takes.
 *
 * Source: passport-oauth2, `OAuth2Strategy.prototype.authenticate`.
 */
export interface ThreadsStateStore {
  /** Begins a login. `state` is the app's own state. */
  store:
    | ((req: Request, done: StateStoredCallback) => void)
    | ((req: Request, meta: StateMetadata, done: StateStoredCallback) => void)
    | ((req: Request, state: unknown, meta: StateMetadata, done: StateStoredCallback) => void);
  /** Ends a login. `state` is what came back. */
  verify:
    | ((req: Request, state: string, done: StateVerifiedCallback) => void)
    | ((req: Request, state: string, meta: StateMetadata, done: StateVerifiedCallback) => void);
}

/**
 * A store for the start of one login, which keeps the app's own state whatever it is: passport-oauth2 would send a string
 * past the store.
 *
 * @param store - the strategy's store
 * @param state - the app's own state
 * @throws TypeError where the store keeps none
 */
export function withAppState(store: ThreadsStateStore, state: unknown): Pick<ThreadsStateStore, 'store'> {
  const begin = store.store as (...args: unknown[]) => void;
  if (begin.length < 4) {
    throw new TypeError(
      '`state` was given to passport.authenticate, but the state store of the strategy keeps no application state: use the default store or `state: true`, or let the `store` method of your own take (req, state, meta, done)',
    );
  }
  return {
    store(req: Request, _state: unknown, meta: StateMetadata, done: StateStoredCallback) {
      // As passport-oauth2 calls a store of five parameters: with the code verifier of PKCE, of which there is none.
      const verifier = begin.length === 5 ? [undefined] : [];
      begin.call(store, req, ...verifier, state, meta, done);
    },
  };
}

/**
 * A store for the end of one login, which hands the strategy's store the request as it is, and goes on only when
 * `verified` agrees.
 *
 * @param req - the request of the framework
 * @param store - the strategy's store
 * @param verified - hears what the store said; `true` to go on
 */
export function verifyingFor(
  req: Request,
  store: ThreadsStateStore,
  verified: (error: unknown, ok?: boolean, info?: unknown) => boolean,
): Pick<ThreadsStateStore, 'verify'> {
  return {
    verify(_req: Request, state: string, meta: StateMetadata, goOn: StateVerifiedCallback) {
      const verify = store.verify as (...args: unknown[]) => void;
      const heard: StateVerifiedCallback = (error, ok, info) => {
        if (!verified(error, ok, info)) return;
        try {
          goOn(null, ok);
        } catch (thrown) {
          // Nobody else would catch it where the store is asynchronous.
          verified(thrown);
        }
      };
      verify.call(store, req, state, ...(verify.length === 4 ? [meta] : []), heard);
    },
  };
}
