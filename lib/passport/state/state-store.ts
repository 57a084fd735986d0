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
