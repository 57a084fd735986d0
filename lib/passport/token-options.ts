import type { ThreadsClientOptions } from '../threads/client.js';
import type { InspectorOptions } from '../threads/inspector.js';
import { PROFILE_FIELDS } from '../threads/profile.js';
import { permissionsIn } from '../threads/protocol.js';
import type { TokenFromRequest } from './bearer-token.js';
import { assertApp, assertOptions, type OptionCheck } from './option-checks.js';
import { OPTIONS, type ThreadsStrategyOptions } from './options.js';

/** Options of {@link ThreadsTokenStrategy}. */
export interface ThreadsTokenStrategyOptions
  extends Pick<ThreadsStrategyOptions, Exclude<(typeof SHARED)[number], 'passReqToCallback'>> {
  /**
   * Finds the access token in a request. Default: the `Authorization` header with the scheme Bearer, else the field
   * `access_token` of the body; never the query. One that stands in the body is refused where a page of another website
   * sent it (`Sec-Fetch-Site`, else `Origin`).
   */
  tokenFromRequest?: TokenFromRequest | undefined;
}

/** Options, checked and with their defaults. */
export interface TokenSettings {
  client: ThreadsClientOptions;
  inspector: InspectorOptions;
  profileFields: readonly string[] | false;
  requiredScopes: string[];
  tokenFromRequest: TokenFromRequest | undefined;
}

/** The options of `ThreadsStrategy` that mean the same here. */
const SHARED = [
  'clientID',
  'clientSecret',
  'tokenURL',
  'graphURL',
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

const IS_FUNCTION: OptionCheck = [(value) => typeof value === 'function', 'a function'];

/**
 * Checks the options of the strategy and fills in the defaults.
 *
 * @throws TypeError that names the option and says what to do
 */
export function readTokenOptions(options: ThreadsTokenStrategyOptions): TokenSettings {
  assertApp('ThreadsTokenStrategy', ['clientID', 'clientSecret'], options);
  if ('tokenVerification' in options) {
    throw new TypeError('`tokenVerification` has no meaning here: what a client sends is always verified');
  }
  const known = Object.fromEntries(SHARED.map((name) => [name, OPTIONS[name]]));
  assertOptions('ThreadsTokenStrategy', { ...known, tokenFromRequest: IS_FUNCTION }, options);
  const {
    clientID,
    clientSecret,
    tokenURL,
    graphURL,
    testerAccessToken,
    profileFields = PROFILE_FIELDS,
    timeout,
    dispatcher,
    enableProof,
    customHeaders,
    now = () => Date.now(),
  } = options;
  return {
    client: {
      clientID,
      clientSecret,
      tokenURL,
      graphURL,
      timeout,
      dispatcher,
      enableProof,
      customHeaders,
      now,
      profileFields: profileFields || undefined,
    },
    inspector: {
      tokenVerification: 'required',
      testerAccessToken,
      canSkip: profileFields !== false,
      required: true,
      now,
    },
    profileFields,
    requiredScopes: permissionsIn(options.requiredScopes ?? [], 'requiredScopes'),
    tokenFromRequest: options.tokenFromRequest,
  };
}
