import type { StateStore, StrategyOptions } from 'passport-oauth2';
import { type ThreadsClientOptions, TOKEN_URL } from '../threads/client.js';
import { GRAPH_URL } from '../threads/graph.js';
import { PROFILE_FIELDS } from '../threads/profile.js';
import { textOf } from '../transport/json.js';
import { httpURL } from '../transport/json-request.js';
import { normalizeScope, permissionsIn, type Scope } from './scope.js';
import { CookieStateStore } from './state/cookie-state-store.js';
import type { ThreadsStateStore } from './state/state-store.js';

const AUTHORIZATION_URL = 'https://threads.net/oauth/authorize';

/**
 * How `debug_token` is asked about the new token.
 *
 * - `'auto'`: ask; where Threads refuses the inspector, go on with `/me` alone and leave `profile.scopes` undefined
 * - `'required'`: ask; a refusal is an error
 * - `'off'`: do not ask
 */
export type TokenVerification = 'auto' | 'required' | 'off';

/** Options of {@link ThreadsStrategy}. */
export interface ThreadsStrategyOptions
  extends Pick<
    ThreadsClientOptions,
    'clientID' | 'clientSecret' | 'timeout' | 'dispatcher' | 'enableProof' | 'customHeaders'
  > {
  /** The redirect URI, registered to the letter: https, and not on `localhost`. */
  callbackURL: string;
  /** The permissions to ask for; `threads_basic` is always among them. Default: `['threads_basic']`. */
  scope?: Scope | undefined;
  /** The authorization window. Default: `https://threads.net/oauth/authorize`. */
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
  /** The inspector: the token of a Threads tester of the app, or a function that gets it. Default: the new token. */
  testerAccessToken?: string | (() => string | Promise<string>) | undefined;
  /**
   * Permissions without which a login fails (403), also where Threads did not report them: for people who are no
   * testers, set `testerAccessToken`. Default: none.
   */
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
  requiredScopes: string[];
  longLived: boolean;
  profileFields: readonly string[] | false;
  tokenVerification: TokenVerification;
  testerAccessToken: ThreadsStrategyOptions['testerAccessToken'];
}

const WHERE: Record<'clientID' | 'clientSecret' | 'callbackURL', string> = {
  clientID:
    'the Threads App ID: App Dashboard → App settings → Basic → Threads App ID. It is not the App ID at the top, which belongs to Facebook',
  clientSecret: 'the Threads app secret: App Dashboard → App settings → Basic → Threads App secret',
  callbackURL:
    'a redirect URI that is registered to the letter: App Dashboard → Use cases → Access the Threads API → Settings → Redirect Callback URLs',
};

/**
 * Checks the options of the strategy and fills in the defaults.
 *
 * @throws TypeError that names the option and says what to do
 */
export function readOptions(options: ThreadsStrategyOptions): Settings {
  for (const name of ['clientID', 'clientSecret', 'callbackURL'] as const) {
    if (!textOf(options?.[name])) throw new TypeError(`ThreadsStrategy needs \`${name}\`, ${WHERE[name]}`);
  }
  const {
    authorizationURL = AUTHORIZATION_URL,
    tokenURL = TOKEN_URL,
    graphURL = GRAPH_URL,
    testerAccessToken,
    tokenVerification = testerAccessToken === undefined ? 'auto' : 'required',
    profileFields = PROFILE_FIELDS,
    skipUserProfile = false,
  } = options;
  const scope = normalizeScope(options.scope ?? []);
  const requiredScopes = permissionsIn(options.requiredScopes ?? [], 'requiredScopes');

  if (!['auto', 'required', 'off'].includes(tokenVerification)) {
    throw new TypeError("`tokenVerification` must be 'auto', 'required' or 'off'");
  }
  if (requiredScopes.length > 0 && (tokenVerification === 'off' || skipUserProfile === true)) {
    throw new TypeError(
      '`requiredScopes` needs `debug_token`: leave out `skipUserProfile` and `tokenVerification: "off"`',
    );
  }
  if (
    testerAccessToken !== undefined &&
    typeof testerAccessToken !== 'function' &&
    !textOf(testerAccessToken)
  ) {
    throw new TypeError('`testerAccessToken` must be an access token, or a function that returns one');
  }
  if (profileFields !== false && !(Array.isArray(profileFields) && profileFields.every(textOf))) {
    throw new TypeError('`profileFields` must be an array of field names, or false');
  }

  const { clientID, clientSecret, timeout, dispatcher, enableProof, customHeaders } = options;
  return {
    oauth2: {
      authorizationURL: httpURL('authorizationURL', authorizationURL),
      tokenURL: httpURL('tokenURL', tokenURL),
      clientID,
      clientSecret,
      callbackURL: options.callbackURL,
      scope: scope.join(','),
      scopeSeparator: ',',
      ...stateOptions(options),
      skipUserProfile: callbackForm(skipUserProfile),
      proxy: options.proxy,
      sessionKey: options.sessionKey,
    },
    client: {
      clientID,
      clientSecret,
      tokenURL,
      graphURL,
      timeout,
      dispatcher,
      enableProof,
      customHeaders,
      profileFields: profileFields || undefined,
    },
    requiredScopes,
    longLived: options.longLived === true,
    profileFields,
    tokenVerification,
    testerAccessToken,
  };
}

function stateOptions({
  state,
  store,
  clientSecret,
}: ThreadsStrategyOptions): Pick<StrategyOptions, 'store'> {
  const chosen = store ?? state ?? new CookieStateStore();
  if (typeof chosen !== 'boolean' && !isStateStore(chosen)) {
    throw new TypeError(
      '`state` must be true, false or a state store, with the methods `store` and `verify`',
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

/** To passport-oauth2, the promise of an async function is a yes, and nobody hears it reject. */
function callbackForm(skip: NonNullable<ThreadsStrategyOptions['skipUserProfile']>) {
  if (typeof skip !== 'function') return skip;
  const ask = (accessToken: string) =>
    new Promise<boolean | undefined>((resolve, reject) => {
      const answer = skip(accessToken, (error, yes) => (error ? reject(error) : resolve(yes)));
      Promise.resolve(answer).then((yes) => skip.length < 2 && resolve(Boolean(yes)), reject);
    });
  return (accessToken: string, done: (error: unknown, skip?: boolean) => void) => {
    const refuse = (error: unknown) =>
      done(error || new Error('`skipUserProfile` failed without saying why'));
    ask(accessToken).then((yes) => done(null, yes), refuse);
  };
}
