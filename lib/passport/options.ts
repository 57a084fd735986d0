import type { StateStore } from 'passport-oauth2';
import type { ThreadsClientOptions } from '../threads/client.js';
import { WHERE } from '../threads/error-messages.js';
import type { InspectorOptions, TesterAccessToken, TokenVerification } from '../threads/inspector.js';
import { PROFILE_FIELDS } from '../threads/profile.js';
import {
  type Endpoints,
  isFormerWindow,
  isThreadsURL,
  misspelt,
  permissionsIn,
  resolveEndpoints,
  type Scope,
  scopeParameter,
} from '../threads/protocol.js';
import { nonEmptyString } from '../transport/json.js';
import { DEFAULT_TIMEOUT } from '../transport/request.js';
import type { TokenFromRequest } from './bearer-token.js';
import { CookieStateStore } from './cookie-state-store.js';
import { fromCallback, reasonOf } from './from-callback.js';
import { checkOptions, elsewhere, type OptionCheck, optional, required } from './option-checks.js';
import { type RedirectURI, readRedirectURI } from './redirect-uri.js';
import type { ThreadsStateStore } from './state-store.js';
import { warn, warnIfSlow, warnOnce } from './warnings.js';

/** Options of {@link ThreadsStrategy}. */
export interface ThreadsStrategyOptions
  extends Pick<
    ThreadsClientOptions,
    'clientID' | 'clientSecret' | 'timeout' | 'dispatcher' | 'enableProof' | 'customHeaders' | 'now'
  > {
  /** The redirect URI, https and registered to the letter. A path that begins with `/` is resolved against the request. */
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
   * The origin of a simulator, such as `http://127.0.0.1:4000`, in place of the three addresses above. Empty: Threads.
   * Refused under `NODE_ENV=production`.
   */
  simulator?: string | undefined;
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

/** Options of {@link ThreadsTokenStrategy}. */
export interface ThreadsTokenStrategyOptions
  extends Pick<ThreadsStrategyOptions, Exclude<(typeof SHARED)[number], 'passReqToCallback'>> {
  /**
   * Finds the access token in a request. Default: the `Authorization` header with the scheme Bearer, else the field
   * `access_token` of the body; never the query. One that stands in the body, or comes with a body that no parser has
   * read, is refused where a page of another website sent it (`Sec-Fetch-Site`, else `Origin`).
   */
  tokenFromRequest?: TokenFromRequest | undefined;
}

/** What both strategies make of their options. */
interface SharedConfig {
  client: ThreadsClientOptions & { now: () => number };
  inspector: InspectorOptions;
  profileFields: readonly string[] | false;
  requiredScopes: string[];
  timeout: number;
  /** What the developer was warned of. */
  told: Set<string>;
}

/** What {@link ThreadsStrategy} makes of its options. */
export interface StrategyConfig extends SharedConfig {
  endpoints: Endpoints;
  redirectURI: RedirectURI;
  proxy: boolean;
  sessionKey: string;
  scope: string;
  store: StateStore | boolean;
  longLived: boolean;
  skipUserProfile: (accessToken: string) => Promise<boolean>;
  asksThreads: boolean;
}

/** What {@link ThreadsTokenStrategy} makes of its options. */
export interface TokenStrategyConfig extends SharedConfig {
  tokenFromRequest: TokenFromRequest | undefined;
}

const isBoolean = (value: unknown) => typeof value === 'boolean';
const isText = (value: unknown) => nonEmptyString(value) !== undefined;
const boolean = optional(isBoolean, 'true or false');
const IS_FUNCTION = (value: unknown) => typeof value === 'function';

/** Every option and its check. Those that are checked elsewhere are checked by `ThreadsClient` or by what reads them. */
const OPTIONS: Record<keyof ThreadsStrategyOptions | 'passReqToCallback', OptionCheck> = {
  clientID: required(
    `the Threads App ID: ${WHERE.clientID}. It is not the App ID at the top, which belongs to Facebook`,
    (text) => {
      if (/\s/.test(text)) {
        throw new TypeError(`\`clientID\` has white space in it. Copy the Threads App ID: ${WHERE.clientID}`);
      }
    },
  ),
  clientSecret: required(`the Threads app secret: ${WHERE.clientSecret}`, (text) => {
    if (text.trim() !== text) {
      throw new TypeError('`clientSecret` has white space before or after it. Copy it without');
    }
  }),
  callbackURL: required(`a redirect URI that is registered to the letter: ${WHERE.callbackURL}`),
  scope: elsewhere,
  authorizationURL: elsewhere,
  tokenURL: elsewhere,
  graphURL: elsewhere,
  simulator: elsewhere,
  state: elsewhere,
  store: elsewhere,
  longLived: boolean,
  profileFields: optional(
    (value) => value === false || (Array.isArray(value) && value.every(isText)),
    'an array of field names, or false',
  ),
  tokenVerification: optional(
    (value) => ['auto', 'required', 'off'].includes(value as string),
    "'auto', 'required' or 'off'",
  ),
  testerAccessToken: optional(
    (value) => IS_FUNCTION(value) || isText(value),
    'an access token, or a function that returns one',
  ),
  requiredScopes: elsewhere,
  enableProof: boolean,
  timeout: elsewhere,
  dispatcher: elsewhere,
  customHeaders: elsewhere,
  skipUserProfile: optional((value) => isBoolean(value) || IS_FUNCTION(value), 'true, false or a function'),
  passReqToCallback: boolean,
  proxy: boolean,
  sessionKey: optional(isText, 'a string'),
  now: optional(IS_FUNCTION, 'a function that returns milliseconds since the epoch'),
};

/** The options that mean the same in both strategies. */
const SHARED = [
  'clientID',
  'clientSecret',
  'tokenURL',
  'graphURL',
  'simulator',
  'profileFields',
  'testerAccessToken',
  'requiredScopes',
  'enableProof',
  'timeout',
  'dispatcher',
  'customHeaders',
  'passReqToCallback',
  'now',
] as const;

const TOKEN_OPTIONS: Record<string, OptionCheck> = {
  ...Object.fromEntries(SHARED.map((name) => [name, OPTIONS[name]])),
  tokenFromRequest: optional(IS_FUNCTION, 'a function'),
};

/**
 * Checks the options of `ThreadsStrategy` and fills in the defaults.
 *
 * @throws TypeError that names the option and says what to do
 */
export function readOptions(options: ThreadsStrategyOptions): StrategyConfig {
  checkOptions('ThreadsStrategy', OPTIONS, options);
  const { testerAccessToken, tokenVerification, skipUserProfile = false } = options;
  const shared = readShared(
    options,
    tokenVerification ?? (testerAccessToken === undefined ? 'auto' : 'required'),
  );
  const { requiredScopes, timeout } = shared;
  if (requiredScopes.length > 0 && (tokenVerification === 'off' || skipUserProfile === true)) {
    throw new TypeError(
      '`requiredScopes` needs `debug_token`: leave out `skipUserProfile` and `tokenVerification: "off"`',
    );
  }
  const redirectURI = readRedirectURI(options.callbackURL);
  const endpoints = resolveEndpoints(options);
  warnOfEndpoints(endpoints);
  warnOfApp(options, endpoints);
  warnOfRedirectURI(redirectURI.value, endpoints, shared.told);
  return {
    ...shared,
    endpoints,
    redirectURI,
    proxy: options.proxy === true,
    // passport-oauth2's own default, which it makes with `url.parse`: DEP0169 in a bundle on Node.js 24.
    sessionKey: options.sessionKey || `oauth2:${new URL(endpoints.authorizationURL).hostname}`,
    scope: readScope(options.scope ?? [], shared),
    store: readStore(options),
    longLived: options.longLived === true,
    skipUserProfile: readSkip(skipUserProfile, timeout),
    asksThreads: skipUserProfile === false,
  };
}

/**
 * Checks the options of `ThreadsTokenStrategy` and fills in the defaults.
 *
 * @throws TypeError that names the option and says what to do
 */
export function readTokenOptions(options: ThreadsTokenStrategyOptions): TokenStrategyConfig {
  if ('tokenVerification' in (options ?? {})) {
    throw new TypeError('`tokenVerification` has no meaning here: what a client sends is always verified');
  }
  checkOptions('ThreadsTokenStrategy', TOKEN_OPTIONS, options);
  const shared = readShared(options, 'required');
  warnOfEndpoints(resolveEndpoints(options));
  return {
    ...shared,
    inspector: { ...shared.inspector, needsAnswer: true },
    tokenFromRequest: options.tokenFromRequest,
  };
}

function readShared(
  options: ThreadsStrategyOptions | ThreadsTokenStrategyOptions,
  tokenVerification: TokenVerification,
): SharedConfig {
  const { testerAccessToken, profileFields = PROFILE_FIELDS, timeout = DEFAULT_TIMEOUT } = options;
  // `Date.now` is read at each call, so that a clock that is replaced later counts.
  const { now = () => Date.now() } = options;
  const requiredScopes = permissionsIn(options.requiredScopes ?? [], 'requiredScopes');
  const told = new Set<string>();
  warnOfScopes(requiredScopes, told);
  return {
    client: { ...options, now, profileFields: profileFields || undefined },
    inspector: {
      tokenVerification,
      testerAccessToken:
        typeof testerAccessToken === 'function'
          ? async () => {
              const stop = warnIfSlow('`testerAccessToken`', 'Let it return, or reject.', timeout);
              return Promise.resolve(testerAccessToken()).finally(stop);
            }
          : testerAccessToken,
      needsAnswer: profileFields === false || requiredScopes.length > 0,
      timeout,
      now,
    },
    profileFields,
    requiredScopes,
    timeout,
    told,
  };
}

/**
 * Reads the option `scope`, of the constructor or of one call.
 *
 * @returns the parameter `scope`
 * @throws TypeError for anything but strings
 */
export function readScope(scope: Scope, { requiredScopes, told }: SharedConfig): string {
  warnOfScopes(permissionsIn(scope, 'scope'), told);
  return scopeParameter(scope, requiredScopes);
}

/** A name that is no known permission passes, since Meta adds to them; it may be misspelt. */
function warnOfScopes(permissions: readonly string[], told: Set<string>): void {
  for (const permission of permissions) {
    const nearest = misspelt(permission);
    if (nearest === undefined) continue;
    const question = nearest === '' ? 'Is it misspelt?' : `Did you mean \`${nearest}\`?`;
    warnOnce(
      `scope ${permission}`,
      `\`${permission}\` is no permission of Threads that is known: it is asked for all the same. ${question}`,
      told,
    );
  }
}

/** What Threads is known to refuse or to lose, where the strategy is at Threads itself. */
function warnOfApp({ clientID }: ThreadsStrategyOptions, { authorizationURL }: Endpoints): void {
  if (!isThreadsURL(authorizationURL)) return;
  if (!/^\d+$/.test(clientID)) {
    warn(`\`clientID\` is not a number, and Threads App IDs are: ${WHERE.clientID}`);
  }
  if (isFormerWindow(authorizationURL)) {
    warn(
      '`authorizationURL` is at threads.net, which redirects to threads.com and loses the query for some people: leave the option out',
    );
  }
}

/**
 * Warns of a redirect URI that Threads refuses: plain http. A simulator, or a proxy, need not.
 *
 * @param redirectURI - absolute, or a path, of which nothing is known
 */
export function warnOfRedirectURI(
  redirectURI: string,
  { authorizationURL }: Endpoints,
  told: Set<string>,
): void {
  if (!isThreadsURL(authorizationURL) || !redirectURI.startsWith('http:')) return;
  warnOnce(
    'http redirect URI',
    `Threads refuses the redirect URI ${redirectURI.slice(0, 200)}: it must be https. For development, use the option \`simulator\`, or https with a local certificate or a tunnel`,
    told,
  );
}

/** What is right in development, and in production a mistake. */
function warnOfEndpoints(endpoints: Endpoints): void {
  if (process.env.NODE_ENV !== 'production') return;
  for (const [name, value] of Object.entries(endpoints)) {
    const { protocol, hostname, origin } = new URL(value);
    if (/^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) {
      warnOnce(
        'local endpoints',
        `\`${name}\` is at ${origin}, this machine, under NODE_ENV=production: a simulator signs anyone in`,
      );
    } else if (protocol === 'http:') {
      warnOnce(
        'http endpoints',
        `\`${name}\` is at ${origin}, without TLS, under NODE_ENV=production: codes, tokens and the app secret can be read on the way`,
      );
    }
  }
}

function readStore({ state, store, clientSecret, now }: ThreadsStrategyOptions): StateStore | boolean {
  if (store && (state ?? true) !== true && state !== store) {
    throw new TypeError('`state` and `store` contradict each other: leave one of them out');
  }
  const chosen = store ?? state ?? new CookieStateStore({ now });
  if ((store as unknown) === false || (typeof chosen !== 'boolean' && !isStateStore(chosen))) {
    throw new TypeError(
      '`store` must be a state store, with the methods `store` and `verify`; `state` must be one, true, or false for none',
    );
  }
  if (chosen === false && process.env.NODE_ENV === 'production') {
    warnOnce(
      'state: false',
      '`state: false` under NODE_ENV=production: without a state that the app verifies itself, another website can sign a visitor in as somebody else',
    );
  }
  // Not by `instanceof`: the store may be of another copy of this package.
  const keyed =
    typeof chosen === 'object' && 'withDefaultSecret' in chosen
      ? (chosen as CookieStateStore).withDefaultSecret(clientSecret)
      : chosen;
  // The declared type of passport-oauth2 does not know stores that keep application state.
  return keyed as StateStore | boolean;
}

function isStateStore({ store, verify }: Partial<ThreadsStateStore>): boolean {
  return typeof store === 'function' && typeof verify === 'function';
}

/** Makes one form of the forms: passport-oauth2 would take the promise of an async function for `true`. */
function readSkip(
  skip: NonNullable<ThreadsStrategyOptions['skipUserProfile']>,
  timeout: number,
): StrategyConfig['skipUserProfile'] {
  if (typeof skip !== 'function') return async () => skip;
  const name = '`skipUserProfile`';
  return async (accessToken) => {
    const stop = warnIfSlow(name, 'Let it return, or call `done`.', timeout);
    try {
      if (skip.length >= 2) return Boolean((await fromCallback(name, (done) => skip(accessToken, done)))[0]);
      return Boolean(await (skip as (accessToken: string) => unknown)(accessToken));
    } catch (reason) {
      throw reasonOf(reason, name);
    } finally {
      stop();
    }
  };
}
