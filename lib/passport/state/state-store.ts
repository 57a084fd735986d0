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
 * A store for the start of one login, which hands the strategy's store the request as it is, and the app's own state
 * whatever it is: passport-oauth2 would send a string past the store.
 *
 * @param req - the request of the framework
 * @param store - the strategy's store
 * @param appState - the app's own state; `undefined` for none
 * @throws TypeError where there is some and the store keeps none
 */
export function storingFor(
  req: Request,
  store: ThreadsStateStore,
  appState: unknown,
): Pick<ThreadsStateStore, 'store'> {
  const begin = store.store as AnyMethod;
  if (appState !== undefined && begin.length < 4) {
    throw new TypeError(
      '`state` was given to passport.authenticate, but the state store of the strategy keeps no application state: use the default store or `state: true`, or let the `store` method of your own take (req, state, meta, done)',
    );
  }
  return {
    store(_req: Request, _state: unknown, meta: StateMetadata, done: StateStoredCallback) {
      // Those that passport-oauth2 gives by number; the first of five is the code verifier of PKCE, of which there is none.
      const given = { 5: [undefined, appState, meta], 4: [appState, meta], 3: [meta] }[begin.length] ?? [];
      firstWord((heard) => begin.call(store, req, ...given, heard), done, done);
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
  const verify = store.verify as AnyMethod;
  return {
    verify(_req: Request, state: string, meta: StateMetadata, goOn: StateVerifiedCallback) {
      const given = verify.length === 4 ? [state, meta] : [state];
      const heard: StateVerifiedCallback = (error, ok, info) => {
        if (verified(error, ok, info)) goOn(null, ok);
      };
      firstWord((heard) => verify.call(store, req, ...given, heard), heard, goOn);
    },
  };
}

type AnyMethod = (...args: unknown[]) => unknown;

/**
 * Asks a store, whose first word counts: after a no, a yes signs nobody in. Its exception, and the rejection of an
 * `async` method, are its word too.
 *
 * @param ask - calls the method of the store
 * @param heard - hears its word
 * @param failed - hears what `heard` throws, which nobody else would catch where the store is asynchronous
 */
function firstWord(
  ask: (heard: AnyMethod) => unknown,
  heard: (error: Error | null, ...said: never[]) => void,
  failed: (error: Error) => void,
): void {
  let isSaid = false;
  const once = (...said: unknown[]) => {
    if (isSaid) return;
    isSaid = true;
    try {
      heard(...(said as [null, ...never[]]));
    } catch (thrown) {
      failed(thrown as Error);
    }
  };
  const broken = (reason: unknown) => once(reason || new Error('The state store failed without saying why'));
  try {
    const returned = ask(once);
    if (returned instanceof Promise) returned.catch(broken);
  } catch (thrown) {
    if (isSaid) throw thrown;
    broken(thrown);
  }
}
