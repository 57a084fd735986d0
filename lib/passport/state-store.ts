import { types } from 'node:util';
import type { Request } from 'express';
import { reasonOf } from './from-callback.js';

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

type AnyMethod = (...args: unknown[]) => unknown;

/**
 * Begins a login with a store.
 *
 * @param appState - the app's own state; `undefined` for none
 * @param done - called once, with the `state` for the authorization window
 * @throws TypeError where there is application state and the store keeps none
 */
export function storeState(
  store: ThreadsStateStore,
  req: Request,
  appState: unknown,
  meta: StateMetadata,
  done: (error: unknown, state?: string) => void,
): void {
  const method = store.store as AnyMethod;
  if (appState !== undefined && method.length < 4) {
    throw new TypeError(
      '`state` was given to passport.authenticate, but the state store of the strategy keeps no application state: use the default store or `state: true`, or let the `store` method of your own take (req, state, meta, done)',
    );
  }
  // The first of five is the code verifier of PKCE, of which there is none.
  const args = { 5: [undefined, appState, meta], 4: [appState, meta], 3: [meta] }[method.length] ?? [];
  once((settle) => method.call(store, req, ...args, settle), done);
}

/**
 * Ends a login with a store.
 *
 * @param state - what came back
 * @param done - called once: `ok`, and the app's own state; or not, and why
 */
export function verifyState(
  store: ThreadsStateStore,
  req: Request,
  state: string | undefined,
  meta: StateMetadata,
  done: (error: unknown, ok?: boolean, info?: unknown) => void,
): void {
  const method = store.verify as AnyMethod;
  const args = method.length === 4 ? [state, meta] : [state];
  once((settle) => method.call(store, req, ...args, settle), done);
}

/** Hears the first outcome of a call: of its callback, its exception, or its promise. In the same tick, where it comes so. */
function once(
  call: (settle: AnyMethod) => unknown,
  done: (error: unknown, ...values: never[]) => void,
): void {
  let settled = false;
  const settle = (error: unknown, ...values: unknown[]) => {
    if (settled) return;
    settled = true;
    done(error, ...(values as never[]));
  };
  const refuse = (reason: unknown) => settle(reasonOf(reason, 'The state store'));
  try {
    const returned = call(settle);
    if (types.isPromise(returned)) returned.catch(refuse);
  } catch (thrown) {
    if (settled) throw thrown;
    refuse(thrown);
  }
}
