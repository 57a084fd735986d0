import { types } from 'node:util';
import type { Request } from 'express';
import { reasonOf } from './from-callback.js';
import { warnIfSlow } from './warnings.js';

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
  /** At the end of a login: whether the response brought a code. */
  hasCode?: boolean;
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

/** How the strategy's store is called. */
export interface StateCall {
  store: ThreadsStateStore;
  req: Request;
  meta: StateMetadata;
  /** Milliseconds after which a store that has not answered is reported. */
  timeout: number;
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
  { store, req, meta, timeout }: StateCall,
  appState: unknown,
  done: (error: unknown, state?: string) => void,
): void {
  const method = store.store as AnyMethod;
  if (appState !== undefined && method.length < 4) {
    throw new TypeError(
      '`state` was given to passport.authenticate, but the state store of the strategy keeps no application state: use the default store or `state: true`, or let the `store` method of your own take (req, state, meta, done)',
    );
  }
  // passport-oauth2 chooses the arguments by the number of parameters: (req, verifier, state, meta, done), (req, state,
  // meta, done), (req, meta, done) or (req, done). The verifier is that of PKCE, which Threads does not have.
  const args = { 5: [undefined, appState, meta], 4: [appState, meta], 3: [meta] }[method.length] ?? [];
  firstResult((settle) => method.call(store, req, ...args, settle), done, timeout);
}

/**
 * Ends a login with a store.
 *
 * @param state - what came back
 * @param done - called once: `ok` with the app's own state as `info`; or not ok, and why
 */
export function verifyState(
  { store, req, meta, timeout }: StateCall,
  state: string | undefined,
  done: (error: unknown, ok?: boolean, info?: unknown) => void,
): void {
  const method = store.verify as AnyMethod;
  const args = method.length === 4 ? [state, meta] : [state];
  firstResult((settle) => method.call(store, req, ...args, settle), done, timeout);
}

/**
 * Tells whether a request has a session in which a login could have been started: one that is not new. A new session of
 * express-session holds its cookie alone; cookie-session says `isNew`.
 */
export function hasStartedSession(req: Request): boolean {
  const { session } = req as unknown as { session?: Record<string, unknown> | null };
  if (!session || session.isNew === true) return false;
  return Object.keys(session).some((key) => key !== 'cookie');
}

/**
 * Only the first result of a store counts, whether it calls back, throws or rejects: a store that calls
 * back `false` and then `true` must not sign a person in. A result that is there in the same tick is handed over in it.
 */
function firstResult(
  call: (settle: AnyMethod) => unknown,
  done: (error: unknown, ...values: never[]) => void,
  timeout: number,
): void {
  let settled = false;
  let stop = () => {};
  const settle = (error: unknown, ...values: unknown[]) => {
    if (settled) return;
    settled = true;
    stop();
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
  if (!settled) stop = warnIfSlow('The state store', 'Call its `done`.', timeout);
}
