import { isObject, type JSONObject, nonEmptyString, toID, toNumber } from '../transport/json.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import { createRedactor } from '../transport/redact.js';
import { assertTransport } from '../transport/request.js';
import { reasonFor, type ThreadsErrorReason } from './error-codes.js';
import { ThreadsGraphAPIError } from './errors.js';
import { type GraphOptions, graphRequest } from './graph.js';
import { endpointURL, GRAPH_URL } from './protocol.js';

/** `debug_token` answered whether a token is valid, but this or the rest of the answer cannot be read. */
export class MalformedTokenInfo extends ThreadsNetworkError {
  /** @param key - the member that cannot be read */
  constructor(key: string) {
    super('INVALID_RESPONSE', unreadable(key));
  }
}

function unreadable(key: string): string {
  return `debug_token answered without a well-formed "${key}". Check \`graphURL\`.`;
}

/** Options of {@link verifyToken}. */
export interface VerifyTokenOptions extends GraphOptions {
  /**
   * The inspector: the user access token of a Threads tester of the app that the inspected token belongs to (for
   * Facebook's Graph API, of one of its developers); or an app access token, as `getAppAccessToken` of
   * {@link ThreadsClient} gets it, of which Threads does not document that it may inspect.
   */
  accessToken: string;
  /** Where `debug_token` is. Default: `https://graph.threads.net/v1.0`. */
  graphURL?: string | undefined;
}

/** What `debug_token` answers about an access token. */
export interface TokenInfo {
  /** Whether the token can be used now. */
  isValid: boolean;
  /** The kind of token, such as `USER`; empty where the answer has none. */
  type: string;
  /** The exact id of the person; empty where the answer has none, as for app tokens. */
  userId: string;
  /** The name of the app; empty where the answer has none. */
  application: string;
  /** The permissions that the person granted. */
  scopes: string[];
  /** When the token was issued. */
  issuedAt?: Date;
  /** When the token expires; `null` for never, and where the answer has none. */
  expiresAt: Date | null;
  /** When the app's access to the person's data expires; `null` for never, and where the answer has none. */
  dataAccessExpiresAt: Date | null;
  /** The id of the app (Facebook Graph API). */
  appId?: string;
  /** The id of the page that an impersonated token stands for (Facebook Graph API). */
  profileId?: string;
  /** Further facts, such as `sso` or `auth_type` (Facebook Graph API). */
  metadata?: Record<string, unknown>;
  /** Permissions with the objects that they hold for; without `targetIds`, for all (Facebook Graph API). */
  granularScopes?: { scope: string; targetIds?: string[] }[];
  /** Why the token is not valid. */
  error?: {
    /** Meta's error code, such as 190. */
    code?: number;
    /** Meta's text. */
    message?: string;
    /** Meta's subcode, such as 463. */
    subcode?: number;
    /** Why, in one word. */
    reason: ThreadsErrorReason;
  };
  /** The whole answer, as Threads sent it; integers that a double cannot hold are strings. */
  raw: Record<string, unknown>;
}

/**
 * Asks `debug_token` what an access token is: whose, for which app, with which permissions, until when.
 *
 * Resolves for a dead token too, with `isValid: false`.
 *
 * @param inputToken - the access token to inspect
 * @param options - the inspector's token, and how to ask
 * @returns what Threads, or Facebook's Graph API, answers about the token
 * @throws {@link ThreadsGraphAPIError} when the inspector is refused; `requiresLogin` is then `false`, whatever the
 * reason
 * @throws {@link ThreadsNetworkError} when there is no usable answer
 * @throws TypeError when a token is not a non-empty string, or another option is wrong
 *
 * Sources: Threads, "Debug Access Token"; Graph API reference, `/debug_token`.
 */
export async function verifyToken(inputToken: string, options: VerifyTokenOptions): Promise<TokenInfo> {
  if (!nonEmptyString(inputToken))
    throw new TypeError('verifyToken needs the access token to verify, as a string');
  if (!nonEmptyString(options?.accessToken)) {
    throw new TypeError(
      'verifyToken needs `accessToken`: an app access token, or the token of a Threads tester of the same app',
    );
  }
  assertTransport(options);
  const { accessToken, graphURL = GRAPH_URL } = options;
  return debugToken(`${endpointURL('graphURL', graphURL)}/debug_token`, inputToken, accessToken, options);
}

/**
 * {@link verifyToken} for a caller that has checked the options once for many tokens.
 *
 * @param url - the endpoint
 * @param inputToken - the access token to inspect
 * @param inspector - the access token that asks
 * @param options - how to ask
 */
export async function debugToken(
  url: string,
  inputToken: string,
  inspector: string,
  options: GraphOptions,
): Promise<TokenInfo> {
  const params = { access_token: inspector, input_token: inputToken };
  const { body } = await graphRequest(url, params, options, 'verifyToken');
  return tokenInfoFrom(body, [inputToken, inspector, options.clientSecret ?? '']);
}

/**
 * Tells whether `debug_token` refused the inspected token, since it is another app's. The code alone, 100, also stands
 * for a wrong inspector.
 */
export function refusesInputToken(error: unknown): boolean {
  return error instanceof ThreadsGraphAPIError && error.code === 100 && /input[_ ]token/i.test(error.message);
}

function tokenInfoFrom(body: JSONObject, secrets: string[]): TokenInfo {
  const { data } = body;
  if (!isObject(data) || typeof data.is_valid !== 'boolean') {
    // Text or a number may be a no: `"false"`, `0`.
    const isAnswer = isObject(data) && ['string', 'number'].includes(typeof data.is_valid);
    if (isAnswer) throw new MalformedTokenInfo('data.is_valid');
    throw new ThreadsNetworkError('INVALID_RESPONSE', unreadable('data.is_valid'));
  }

  const info: TokenInfo = {
    isValid: data.is_valid,
    type: kindOf(data),
    userId: id(data, 'user_id') ?? '',
    application: nonEmptyString(data.application) ?? '',
    scopes: strings(data.scopes ?? [], 'scopes'),
    expiresAt: moment(data, 'expires_at'),
    dataAccessExpiresAt: moment(data, 'data_access_expires_at'),
    raw: body,
  };
  const issuedAt = moment(data, 'issued_at');
  const appId = id(data, 'app_id');
  const profileId = id(data, 'profile_id');
  if (issuedAt) info.issuedAt = issuedAt;
  if (appId) info.appId = appId;
  if (profileId) info.profileId = profileId;
  if (isObject(data.metadata)) info.metadata = data.metadata;
  if (data.granular_scopes != null) info.granularScopes = granularScopes(data.granular_scopes);
  if (isObject(data.error)) info.error = tokenProblem(data.error, secrets);
  return info;
}

function id(data: JSONObject, key: string): string | undefined {
  if (data[key] == null) return undefined;
  const digits = toID(data[key]);
  if (digits === undefined) throw new MalformedTokenInfo(key);
  return digits;
}

function kindOf({ type }: JSONObject): string {
  if (type == null) return '';
  if (!nonEmptyString(type)) throw new MalformedTokenInfo('type');
  return String(type);
}

function moment(data: JSONObject, key: string): Date | null {
  const seconds = toNumber(data[key] ?? 0);
  const date = new Date((seconds ?? Number.NaN) * 1000);
  if (Number.isNaN(date.getTime())) throw new MalformedTokenInfo(key);
  return seconds === 0 ? null : date;
}

function strings(value: unknown, key: string): string[] {
  if (!Array.isArray(value)) throw new MalformedTokenInfo(key);
  return value.map((item: unknown) => {
    if (typeof item !== 'string' && typeof item !== 'number') throw new MalformedTokenInfo(key);
    return String(item);
  });
}

function granularScopes(value: unknown): { scope: string; targetIds?: string[] }[] {
  if (!Array.isArray(value)) throw new MalformedTokenInfo('granular_scopes');
  return value.map((item: unknown) => {
    const scope = isObject(item) ? nonEmptyString(item.scope) : undefined;
    if (!isObject(item) || !scope) throw new MalformedTokenInfo('granular_scopes');
    if (item.target_ids == null) return { scope };
    return { scope, targetIds: strings(item.target_ids, 'granular_scopes') };
  });
}

function tokenProblem(error: JSONObject, secrets: string[]): NonNullable<TokenInfo['error']> {
  const code = toNumber(error.code);
  const subcode = toNumber(error.subcode);
  const message = createRedactor(secrets)(error.message);
  return {
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(subcode !== undefined && { subcode }),
    reason: reasonFor({ code, subcode }),
  };
}
