import type { StateStore, StrategyOptions } from 'passport-oauth2';
import type { ThreadsClientOptions } from '../threads/client.js';
import type { InspectorOptions, TesterAccessToken, TokenVerification } from '../threads/inspector.js';
import { PROFILE_FIELDS } from '../threads/profile.js';
import {
  AUTHORIZATION_URL,
  GRAPH_URL,
  isThreadsURL,
  permissionsIn,
  type Scope,
  scopeParameter,
  TOKEN_URL,
} from '../threads/protocol.js';
import { nonEmptyString } from '../transport/json.js';
import { httpURL } from '../transport/request.js';
import { CookieStateStore } from './cookie-state-store.js';
import { fromCallback, reasonOf } from './from-callback.js';
import { assertApp, assertOptions, type OptionCheck, warn } from './option-checks.js';
import { type RedirectURI, readRedirectURI } from './redirect-uri.js';
import type { ThreadsStateStore } from './state-store.js';

/** Options of {@link ThreadsStrategy}. */
export interface ThreadsStrategyOptions
  extends Pick<
    ThreadsClientOptions,
    'clientID' | 'clientSecret' | 'timeout' | 'dispatcher' | 'enableProof' | 'customHeaders' | 'now'
  > {
  /**
   * The redirect URI, registered to the letter: https, and not on `localhost`. A path that begins with `/` is resolved
   * against the request.
   */
  callbackURL: string;
  /** The permissions to ask for; `threads_basic` and `requiredScopes` are always among them. Default: those. */
  scope?: Scope | undefined;
  /** The authorization window. Default: `https://www.threads.com/oauth/authorize`. */
  authorizationURL?: string | undefined;
  /** The token endpoint. Default: `https://graph.threads.net/oauth/access_token`. */
  tokenURL?: string | undefined;
  /** The Graph API, with its version. Default: `https://graph.threads.net/v1.0`. */
  graphURL?: string | undefined;
  /**
   * CSRF protection. `true`: the state is kept in the session. `false`: none. An object: a state store, as `store`.
   * Default: a {@link CookieStateStore} with a key derived from `clientSecret`.
   */
  state?: boolean | ThreadsStateStore | undefined;
  /** A state store of your own, as in passport-oauth2. */
  store?: ThreadsStateStore | undefined;
  /** Whether to trade the token for one of 60 days before the verify function runs. Default: `false`. */
  longLived?: boolean | undefined;
  /** The `/me` fields, or `false` for no `/me` call. Default: id, username, name, picture, biography, is_verified. */
  profileFields?: readonly string[] | false | undefined;
  /** How to ask `debug_token`. Default: `'auto'`; `'required'` when `testerAccessToken` is set. */
  tokenVerification?: TokenVerification | undefined;
  /** The inspector in place of the app token: a Threads tester's token, or a function that gets one. Default: none. */
  testerAccessToken?: TesterAccessToken | undefined;
  /** Permissions without which a login fails (403), also where Threads did not report them. Default: none. */
  requiredScopes?: Scope | undefined;
  /** Leaves out both `/me` and `debug_token`, as in passport-oauth2. Default: `false`. */
  skipUserProfile?:
    | boolean
    | ((accessToken: string, done: (error: unknown, skip?: boolean) => void) => void)
    | (() => boolean | Promise<boolean>)
    | undefined;
  /** Whether to trust `X-Forwarded-*` when a relative `callbackURL` is resolved, as in passport-oauth2. */
  proxy?: boolean | undefined;
  /** The session key of `state: true`, as in passport-oauth2. */
  sessionKey?: string | undefined;
}

/** Options, checked and with their defaults. */
export interface Settings {
  oauth2: StrategyOptions;
  client: ThreadsClientOptions;
  redirectURI: RedirectURI;
  requiredScopes: string[];
  longLived: boolean;
  profileFields: readonly string[] | false;
  skipUserProfile: boolean | ((accessToken: string) => Promise<boolean | undefined>);
  inspector: InspectorOptions;
}

const isBoolean = (value: unknown) => typeof value === 'boolean';
const isText = (value: unknown) => nonEmptyString(value) !== undefined;

/** Every option, with what it must be where that is said in a word; the others are checked below. */
export const OPTIONS: Record<keyof ThreadsStrategyOptions | 'passReqToCallback', OptionCheck> = {
  clientID: [],
  clientSecret: [],
  callbackURL: [],
  scope: [],
  authorizationURL: [],
  tokenURL: [],
  graphURL: [],
  state: [],
  store: [],
  longLived: [isBoolean, 'true or false'],
  profileFields: [
    (value) => value === false || (Array.isArray(value) && value.every(isText)),
    'an array of field names, or false',
  ],
  tokenVerification: [
    (value) => ['auto', 'required', 'off'].includes(value as string),
    "'auto', 'required' or 'off'",
  ],
  testerAccessToken: [
    (value) => typeof value === 'function' || isText(value),
    'an access token, or a function that returns one',
  ],
  requiredScopes: [],
  enableProof: [isBoolean, 'true or false'],
  timeout: [],
  dispatcher: [],
  customHeaders: [],
  skipUserProfile: [(value) => isBoolean(value) || typeof value === 'function', 'true, false or a function'],
  passReqToCallback: [isBoolean, 'true or false'],
  proxy: [isBoolean, 'true or false'],
  sessionKey: [isText, 'a string'],
  now: [(value) => typeof value === 'function', 'a function that returns milliseconds since the epoch'],
};

/**
 * Checks the options of the strategy and fills in the defaults.
 *
 * @throws TypeError that names the option and says what to do
 */
export function readOptions(options: ThreadsStrategyOptions): Settings {
  assertApp('ThreadsStrategy', ['clientID', 'clientSecret', 'callbackURL'], options);
  assertOptions('ThreadsStrategy', OPTIONS, options);
  const {
    clientID,
    clientSecret,
    authorizationURL = AUTHORIZATION_URL,
    tokenURL = TOKEN_URL,
    graphURL = GRAPH_URL,
    testerAccessToken,
    tokenVerification = testerAccessToken === undefined ? 'auto' : 'required',
    profileFields = PROFILE_FIELDS,
    skipUserProfile = false,
    // Read when it is needed, so that a clock that is replaced later is heard.
    now = () => Date.now(),
  } = options;
  const redirectURI = readRedirectURI(options.callbackURL);
  const requiredScopes = permissionsIn(options.requiredScopes ?? [], 'requiredScopes');
  if (requiredScopes.length > 0 && (tokenVerification === 'off' || skipUserProfile === true)) {
    throw new TypeError(
      '`requiredScopes` needs `debug_token`: leave out `skipUserProfile` and `tokenVerification: "off"`',
    );
  }
  warnOfRefusedRedirect(redirectURI, httpURL('authorizationURL', authorizationURL));

  const { timeout, dispatcher, enableProof, customHeaders } = options;
  return {
    oauth2: {
      authorizationURL,
      tokenURL: httpURL('tokenURL', tokenURL),
      clientID,
      clientSecret,
      callbackURL: options.callbackURL,
      scope: scopeParameter(options.scope ?? [], requiredScopes),
      ...stateOptions(options),
      proxy: options.proxy,
      sessionKey: options.sessionKey,
    },
    client: {
      clientID,
      clientSecret,
      authorizationURL,
      tokenURL,
      graphURL,
      timeout,
      dispatcher,
      enableProof,
      customHeaders,
      now: options.now,
      profileFields: profileFields || undefined,
    },
    redirectURI,
    requiredScopes,
    longLived: options.longLived === true,
    profileFields,
    skipUserProfile: skipper(skipUserProfile),
    inspector: {
      tokenVerification,
      testerAccessToken,
      canSkip: profileFields !== false,
      required: profileFields === false || requiredScopes.length > 0,
      now,
    },
  };
}

/** Threads itself refuses plain http and `localhost`; a simulator, or a proxy, need not. */
function warnOfRefusedRedirect({ value, url }: RedirectURI, authorizationURL: string): void {
  if (!isThreadsURL(authorizationURL) || !url || (url.protocol === 'https:' && url.hostname !== 'localhost'))
    return;
  warn(
    `Threads refuses the redirect URI ${value}: it must be https, and not on localhost. For development, point the strategy at the simulator, or use a host name of your own with a local certificate`,
  );
}

function stateOptions({
  state,
  store,
  clientSecret,
  now,
}: ThreadsStrategyOptions): Pick<StrategyOptions, 'store'> {
  if (store && (state ?? true) !== true && state !== store) {
    throw new TypeError('`state` and `store` contradict each other: leave one of them out');
  }
  const chosen = store ?? state ?? new CookieStateStore({ now });
  if ((store as unknown) === false || (typeof chosen !== 'boolean' && !isStateStore(chosen))) {
    throw new TypeError(
      '`store` must be a state store, with the methods `store` and `verify`; `state` must be one, true, or false for none',
    );
  }
  const keyed = chosen instanceof CookieStateStore ? chosen.withDefaultSecret(clientSecret) : chosen;
  // For `true`, passport-oauth2 has two session stores: the one under `store` also keeps application state. The
  // declared type knows neither that one nor stores that do so.
  return { store: keyed as StateStore };
}
function isStateStore({ store, verify }: Partial<ThreadsStateStore>): boolean {
  return typeof store === 'function' && typeof verify === 'function';
}

/** One form of the forms. To passport-oauth2, the promise of an async function is a yes, and nobody hears it reject. */
function skipper(skip: NonNullable<ThreadsStrategyOptions['skipUserProfile']>): Settings['skipUserProfile'] {
  if (typeof skip !== 'function') return skip;
  return async (accessToken) => {
    const [skips] = await fromCallback('`skipUserProfile`', (done) =>
      skip.length < 2
        ? void Promise.resolve((skip as (accessToken: string) => unknown)(accessToken)).then(
            (value) => done(null, value),
            (reason) => done(reasonOf(reason, '`skipUserProfile`')),
          )
        : skip(accessToken, done),
    );
    return Boolean(skips);
  };
}
