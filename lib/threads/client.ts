import { stringify } from 'node:querystring';
import { nonEmptyString } from '../transport/json.js';
import { assertTransport, getJSON, httpURL, postForm } from '../transport/request.js';
import { AppAccessToken, isDeadInspector } from './app-token.js';
import {
  type ManyTokensOptions,
  type Refresher,
  type RefreshInput,
  type RefreshOutcome,
  refreshMany,
  type TokenInput,
  type Verifier,
  type VerifyOutcome,
  verifyMany,
} from './bulk/many-tokens.js';
import { debugToken, refusesInputToken, type TokenInfo } from './debug-token.js';
import { LONG_LIVED_ALREADY, type Operation } from './error-codes.js';
import { ThreadsGraphAPIError, ThreadsTokenError } from './errors.js';
import { type GraphOptions, graphRequest } from './graph.js';
import { PROFILE_FIELDS, profileFromMe, type ThreadsProfile } from './profile.js';
import {
  type EndpointOptions,
  type Endpoints,
  resolveEndpoints,
  type Scope,
  scopeParameter,
  withoutFragment,
} from './protocol.js';
import {
  type LongLivedTokenResult,
  type ParseError,
  parseLongLivedTokenResponse,
  parseTokenResponse,
  type TokenRequest,
  type TokenResult,
} from './token-response.js';
import { assertUserToken, grantHasEnded, invalidToken } from './user-token.js';

/** Options of {@link ThreadsClient}. */
export interface ThreadsClientOptions extends Omit<GraphOptions, 'signal'>, EndpointOptions {
  /** The Threads App ID: App Dashboard → App settings → Basic. It is not the Facebook App ID. */
  clientID: string;
  /** The Threads app secret, beside the Threads App ID. */
  clientSecret: string;
  /** The authorization window. Default: `https://www.threads.com/oauth/authorize`. */
  authorizationURL?: string | undefined;
  /** Default: `https://graph.threads.net/oauth/access_token`. */
  tokenURL?: string | undefined;
  /** Default: `https://graph.threads.net/v1.0`. */
  graphURL?: string | undefined;
  /**
   * The origin of a simulator, such as `process.env.THREADS_SIMULATOR_URL`, in place of the three addresses. Empty:
   * Threads itself. Refused under `NODE_ENV=production`.
   */
  simulator?: string | undefined;
  /** The `/me` fields; `id` is always among them. Default: as for the strategy. */
  profileFields?: readonly string[] | undefined;
}

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call early. */
  signal?: AbortSignal | undefined;
}

/** What {@link ThreadsClient.authorizationURL} asks a person for. */
export interface AuthorizationRequest {
  /** Where Threads sends the person back to: https, and registered to the letter. */
  redirectURI: string;
  /** The permissions to ask for; `threads_basic` is always among them. Default: `['threads_basic']`. */
  scope?: Scope | undefined;
  /** Comes back unchanged. Without one that is bound to the browser, another website can finish a login in it. */
  state?: string | undefined;
  /**
   * Further parameters. Those of the protocol cannot be replaced.
   *
   * @internal
   */
  params?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Options of {@link ThreadsClient.exchangeCode}. */
export interface ExchangeCodeOptions extends CallOptions {
  /** Further form fields. Those of the code exchange itself cannot be replaced. */
  params?: Readonly<Record<string, string>> | undefined;
  /**
   * Makes an error of a refusal, in place of the library's own: given the text of the answer, without the secrets of
   * this request, and its HTTP status. For `null`, and where it throws, the library's own stands.
   *
   * @internal
   */
  parseError?: ParseError | undefined;
}

/** What each login has of its own: further parameters cannot replace it. */
const LOGIN_PARAMETERS = new Set(['client_id', 'redirect_uri', 'response_type', 'scope', 'state']);

/**
 * The Threads login protocol without Passport, for jobs and scripts: every endpoint once.
 *
 * Every method rejects with {@link ThreadsNetworkError} where there is no usable answer, and with a `TypeError`
 * where an argument is not a non-empty string.
 */
export class ThreadsClient {
  readonly #options: ThreadsClientOptions;
  readonly #endpoints: Endpoints;
  /** The address of the authorization window that was made last, for a redirect URI and a scope. */
  #address = { redirectURI: '', scope: '', url: '' };
  readonly #fields: string;
  readonly #app: AppAccessToken;

  /**
   * @param options - the app, where Threads is, and how to ask
   * @throws TypeError when an option is missing or wrong
   */
  constructor(options: ThreadsClientOptions) {
    const { clientID, clientSecret } = options ?? {};
    if (!nonEmptyString(clientID)) throw new TypeError('ThreadsClient needs `clientID`: the Threads App ID');
    if (!nonEmptyString(clientSecret)) {
      throw new TypeError('ThreadsClient needs `clientSecret`: the Threads app secret');
    }
    assertTransport(options);
    this.#endpoints = resolveEndpoints(options);
    const { profileFields = PROFILE_FIELDS } = options;
    if (!Array.isArray(profileFields) || !profileFields.every(nonEmptyString)) {
      throw new TypeError('`profileFields` must be an array of field names');
    }
    this.#app = new AppAccessToken(async () => (await this.getAppAccessToken()).accessToken, options.now);
    this.#options = options;
    this.#fields = [...new Set(['id', ...profileFields])].join(',');
  }

  /**
   * Makes the address of the authorization window, to redirect a person to.
   *
   * @param request - the redirect URI, the permissions and the state
   * @returns the address
   * @throws TypeError when the redirect URI is no absolute http(s) URL without a fragment, or something is no text
   *
   * Source: Threads, "Get Access Tokens and Permissions".
   */
  authorizationURL(request: AuthorizationRequest): string {
    const { redirectURI, scope = [], state, params } = request;
    if (state !== undefined) assertText('state', state);
    let url = this.#addressFor(redirectURI, scope);
    for (const name in params) {
      const value = params[name];
      if (value !== undefined && !LOGIN_PARAMETERS.has(name)) url += `&${stringify({ [name]: value })}`;
    }
    return state === undefined ? url : `${url}&state=${encodeURIComponent(state)}`;
  }

  /** The address without what each login has of its own. An app has few of them, and making one costs half a redirect. */
  #addressFor(redirectURI: string, scope: Scope): string {
    if (redirectURI === this.#address.redirectURI && scope === this.#address.scope) return this.#address.url;
    httpURL('redirectURI', redirectURI);
    if (redirectURI.includes('#')) throw new TypeError('`redirectURI` must not have a fragment');
    const query = stringify({
      response_type: 'code',
      client_id: this.#options.clientID,
      redirect_uri: redirectURI,
      scope: scopeParameter(scope),
    });
    const { authorizationURL } = this.#endpoints;
    const url = `${authorizationURL}${authorizationURL.includes('?') ? '&' : '?'}${query}`;
    // An array could be changed after this.
    if (typeof scope === 'string') this.#address = { redirectURI, scope, url };
    return url;
  }

  /**
   * Trades an authorization code for a short-lived token (1 hour). Never retried: a code works once.
   *
   * @param code - the code; a `#_` that a client copied along with it is taken off
   * @param redirectURI - the redirect URI that the authorization window was given, to the letter
   * @param options - `signal`: ends the call early; `params`: further form fields
   * @returns the token, with `userId`
   * @throws {@link ThreadsTokenError} when Threads refuses
   *
   * Source: Threads, "Get Access Tokens and Permissions".
   */
  async exchangeCode(
    code: string,
    redirectURI: string,
    options: ExchangeCodeOptions = {},
  ): Promise<TokenResult> {
    const { signal, params: further, parseError } = options;
    assertText('code', code);
    const bareCode = withoutFragment(code);
    assertText('code', bareCode);
    assertText('redirectURI', redirectURI);
    const { clientID, clientSecret } = this.#options;
    const params = {
      ...further,
      client_id: clientID,
      client_secret: clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: redirectURI,
      code: bareCode,
    };
    const answer = await postForm(this.#endpoints.tokenURL, params, this.#call(signal));
    return parseTokenResponse(answer, { ...this.#request('exchangeCode', bareCode), parseError });
  }

  /**
   * Trades a short-lived token for a long-lived one (60 days).
   *
   * @param shortLived - a token that has not expired and is not long-lived yet
   * @param options - `signal`: ends the call early
   * @returns the token, with `expiresIn` and `expiresAt`
   * @throws {@link ThreadsTokenError} when Threads refuses
   *
   * Source: Threads, "Long-Lived Tokens".
   */
  async exchangeToken(shortLived: string, { signal }: CallOptions = {}): Promise<LongLivedTokenResult> {
    assertText('shortLived', shortLived);
    const { clientSecret } = this.#options;
    const params = {
      grant_type: 'th_exchange_token',
      client_secret: clientSecret,
      access_token: shortLived,
    };
    const answer = await getJSON(this.#sibling('access_token'), params, this.#call(signal));
    return parseLongLivedTokenResponse(answer, this.#request('exchangeToken', shortLived));
  }

  /**
   * Makes a long-lived token last 60 more days. Threads has no refresh token: the long-lived token is replayed.
   *
   * @param longLived - a long-lived token that is at least 24 hours old and has not expired
   * @param options - `signal`: ends the call early
   * @returns the token to keep from now on
   * @throws {@link ThreadsTokenError} when Threads refuses; with `requiresLogin` the person must sign in again
   *
   * Source: Threads, "Long-Lived Tokens".
   */
  async refreshToken(longLived: string, { signal }: CallOptions = {}): Promise<LongLivedTokenResult> {
    assertText('longLived', longLived);
    const params = { grant_type: 'th_refresh_token', access_token: longLived };
    const answer = await getJSON(this.#sibling('refresh_access_token'), params, this.#call(signal));
    return parseLongLivedTokenResponse(answer, this.#request('refreshToken', longLived));
  }

  /**
   * Gets an access token for the app itself.
   *
   * @param options - `signal`: ends the call early
   * @returns the token
   * @throws {@link ThreadsTokenError} when Threads refuses; `requiresLogin` is `false`, since no person's token is refused
   *
   * Source: Threads, "App Access Tokens".
   */
  async getAppAccessToken({ signal }: CallOptions = {}): Promise<TokenResult> {
    const { clientID, clientSecret } = this.#options;
    const params = {
      client_id: clientID,
      client_secret: clientSecret,
      grant_type: 'client_credentials',
    };
    const answer = await getJSON(this.#endpoints.tokenURL, params, this.#call(signal), true);
    return parseTokenResponse(answer, this.#request('getAppAccessToken'));
  }

  /**
   * Requests the app's own token, so that {@link ThreadsClient.verifyToken} need not wait for it.
   *
   * @internal
   */
  prepareAppAccessToken(): void {
    // Where it fails, `verifyToken` requests it again.
    this.#app.get().catch(() => {});
  }

  /**
   * Asks `debug_token` what an access token is; see {@link verifyToken}. A token of another app is refused.
   *
   * @param inputToken - the access token to inspect
   * @param options - `accessToken`: the inspector, the token of a Threads tester (default: the app's own token, which
   * is requested once and kept in memory); `signal`: ends the call early
   * @throws {@link ThreadsGraphAPIError} when the inspector is refused
   *
   * Source: Threads, "Debug Access Token".
   */
  async verifyToken(
    inputToken: string,
    { accessToken, signal }: CallOptions & { accessToken?: string | undefined } = {},
  ): Promise<TokenInfo> {
    assertText('inputToken', inputToken);
    const ask = (inspector: string) =>
      debugToken(`${this.#endpoints.graphURL}/debug_token`, inputToken, inspector, this.#call(signal));
    if (accessToken === undefined) return this.#app.inspect(ask, signal);
    assertText('accessToken', accessToken);
    return ask(accessToken);
  }

  /**
   * Finds out which token an error of {@link ThreadsClient.verifyToken} refuses. Threads also calls the inspector dead
   * (190, 102) where it cannot read the inspected token, so after such an error `debug_token` is asked about the
   * inspector by itself.
   *
   * @param error - what `verifyToken` rejected with
   * @param options - those that `verifyToken` was given
   * @returns `undefined` where that is not known, as after a timeout or a rate limit
   *
   * @internal
   */
  async refusedToken(
    error: unknown,
    { accessToken, signal }: CallOptions & { accessToken?: string | undefined } = {},
  ): Promise<'input' | 'inspector' | undefined> {
    if (!(error instanceof ThreadsGraphAPIError) || error.isTransient) return undefined;
    if (refusesInputToken(error)) return 'input';
    if (!isDeadInspector(error)) return 'inspector';
    try {
      const inspector = accessToken ?? (await this.#app.get());
      const { isValid } = await this.verifyToken(inspector, { accessToken: inspector, signal });
      return isValid ? 'input' : 'inspector';
    } catch (repeated) {
      return isDeadInspector(repeated) ? 'inspector' : undefined;
    }
  }

  /**
   * Makes a long-lived token result of a token from elsewhere: of the dashboard's User Token Generator, or of another
   * system. A short-lived token is exchanged, a long-lived one is kept as it is.
   *
   * ```ts
   * const client = new ThreadsClient({ clientID, clientSecret });
   * const { accessToken, expiresAt, userId, scopes } = await client.adoptToken(process.env.THREADS_TOKEN ?? '');
   * await tokens.save({ userId, accessToken, expiresAt, scopes });
   * for await (const outcome of client.refreshTokens(await tokens.all())) console.log(outcome);
   * ```
   *
   * @param accessToken - the token
   * @param options - `accessToken`: the inspector, as for {@link ThreadsClient.verifyToken}; `signal`: ends the call early
   * @returns the long-lived token; without `expiresAt` where it is long-lived already and `debug_token` gave no times.
   * `scopes` is empty where the grant has ended
   * @throws {@link ThreadsTokenError} with code `invalid_token` when it is not a living token of a person, of this app;
   * and when Threads refuses the exchange
   * @throws {@link ThreadsGraphAPIError} when the inspector is refused
   *
   * Sources: Threads, "Debug Access Token" and "Long-Lived Tokens".
   */
  async adoptToken(
    accessToken: string,
    { accessToken: inspector, signal }: CallOptions & { accessToken?: string | undefined } = {},
  ): Promise<TokenResult & { userId: string; scopes: string[] }> {
    assertText('accessToken', accessToken);
    const { clientID, now = () => Date.now() } = this.#options;
    const options = { accessToken: inspector, signal };
    const info = await this.verifyToken(accessToken, options).catch(async (error: unknown) => {
      if ((await this.refusedToken(error, options)) !== 'input') throw error;
      throw invalidToken('The access token belongs to another app, or is none');
    });
    assertUserToken(info, { clientID, now });
    const { userId, expiresAt, raw } = info;
    const scopes = grantHasEnded(info, now) ? [] : info.scopes;
    if (!isLongLived(info, now())) {
      try {
        const exchanged = await this.exchangeToken(accessToken, { signal });
        if (exchanged.userId !== undefined && exchanged.userId !== userId) {
          throw invalidToken('Threads exchanged the access token for one of another person');
        }
        return { ...exchanged, userId, scopes };
      } catch (error) {
        if (!(error instanceof ThreadsTokenError && error.code === LONG_LIVED_ALREADY)) throw error;
      }
    }
    const adopted = { accessToken, userId, scopes, raw };
    if (!expiresAt) return adopted;
    return { ...adopted, expiresIn: Math.floor((expiresAt.getTime() - now()) / 1000), expiresAt };
  }

  /**
   * Asks `/me` who an access token stands for.
   *
   * @param accessToken - a user access token
   * @param options - `signal`: ends the call early
   * @returns the profile, without `scopes` and `token`
   * @throws {@link ThreadsGraphAPIError} when Threads refuses
   *
   * Source: Threads, "Threads Profiles".
   */
  async getProfile(accessToken: string, { signal }: CallOptions = {}): Promise<ThreadsProfile> {
    assertText('accessToken', accessToken);
    const params = { fields: this.#fields, access_token: accessToken };
    return profileFromMe(
      await graphRequest(`${this.#endpoints.graphURL}/me`, params, this.#call(signal), 'getProfile'),
    );
  }

  /**
   * Asks `debug_token` about any number of tokens, several at a time, and yields each outcome as soon as it is there,
   * in no particular order. A token is given up after 5 tries.
   *
   * The limit of the app, and a temporary problem of several tokens in a row, pause all requests, for the time of
   * `Retry-After` or for one that doubles. Any other limit or problem holds back the token alone, while others take its
   * place; as many tokens as `concurrency` are held back so at a time, and a further one is handed over with its
   * `error` where its person's limit is reached. A token that meets a limit again while others succeed waits for an
   * hour, or for the time of `Retry-After`.
   *
   * When the loop is left, the requests under way are aborted, the source is closed, and outcomes that were not handed
   * over yet are dropped. When the signal aborts, they are aborted too, but every input that was taken is still
   * yielded, with `asked: false` where it was not asked, and the generator ends.
   *
   * @param inputs - tokens, or objects with an `accessToken`, from any iterable or async iterable; never more than twice
   *   `concurrency` of them are taken ahead
   * @param options - `concurrency` (default 10), `rate` (tokens in a second), `signal`, `onProgress`, and as
   *   `accessToken` the inspector (default: the app's own token)
   * @returns for each input `{ input, info }`, a dead token's `info` included, or `{ input, error }`
   * @throws TypeError at once where an option is wrong
   * @throws {@link ThreadsGraphAPIError} while it runs, when the inspector lacks the permission, or when `debug_token`
   *   calls it dead also when asked about it alone: that says nothing of the tokens
   * @throws {@link ThreadsTokenError} while it runs, when there is no app token to ask with
   *
   * Source: Threads, "Debug Access Token".
   */
  verifyTokens<Input extends TokenInput>(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    { accessToken, ...options }: ManyTokensOptions & { accessToken?: string | undefined } = {},
  ): AsyncGenerator<VerifyOutcome<Input>, void, undefined> {
    if (accessToken !== undefined) assertText('accessToken', accessToken);
    const verifier: Verifier = {
      verify: (token, signal) => this.verifyToken(token, { accessToken, signal }),
      refusedToken: (error, signal) => this.refusedToken(error, { accessToken, signal }),
    };
    return verifyMany(inputs, verifier, options);
  }

  /**
   * Refreshes those of any number of long-lived tokens for which {@link tokenNeeds} says `refresh`, in the manner of
   * {@link verifyTokens}. The new token is in the outcome and nowhere else: store it before you ask for the next one.
   *
   * Where Threads refuses without saying whether the token lives, `debug_token` is asked about it. To end early, abort
   * the signal: nothing new is asked, and the requests under way are waited for and handed over, since Threads may have
   * renewed their tokens already. Where the loop is left, their outcomes are lost.
   *
   * @param inputs - objects with an `accessToken` and what else is known for {@link tokenNeeds}: `issuedAt`, `expiresAt`
   *   and `dataAccessExpiresAt`
   * @param options - `within`: milliseconds before its end from which a token is due (default 7 days); `concurrency`
   *   (default 10), `rate` (tokens in a second), `signal`, `onProgress`, and as `accessToken` the inspector for
   *   `debug_token` (default: the app's own token)
   * @returns for each input `{ input, outcome }`: `'refreshed'` with the `token`, `'skipped'` with the `reason`
   *   (`'young'`: not 24 hours old; `'not_due'`), `'requires_login'` or `'failed'` with the `error`
   * @throws TypeError at once where an option is wrong
   *
   * Source: Threads, "Long-Lived Tokens".
   */
  refreshTokens<Input extends RefreshInput>(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    {
      accessToken,
      ...options
    }: ManyTokensOptions & { within?: number | undefined; accessToken?: string | undefined } = {},
  ): AsyncGenerator<RefreshOutcome<Input>, void, undefined> {
    if (accessToken !== undefined) assertText('accessToken', accessToken);
    const refresher: Refresher = {
      refresh: (token) => this.refreshToken(token),
      verify: (token) => this.verifyToken(token, { accessToken }),
    };
    return refreshMany(inputs, refresher, { ...options, now: this.#options.now });
  }

  #call(signal: AbortSignal | undefined): GraphOptions {
    const { timeout, dispatcher, customHeaders, clientSecret, enableProof, now } = this.#options;
    return { timeout, dispatcher, customHeaders, clientSecret, enableProof, now, signal };
  }

  #request(operation: Operation, ...carried: string[]): TokenRequest {
    const { clientSecret, now = () => Date.now() } = this.#options;
    return { operation, secrets: [clientSecret, ...carried], now };
  }

  #sibling(endpoint: string): string {
    return new URL(`../${endpoint}`, this.#endpoints.tokenURL).href;
  }
}

function assertText(name: string, value: unknown): void {
  if (!nonEmptyString(value)) throw new TypeError(`\`${name}\` must be a non-empty string`);
}

/** Tells whether a token lasts for longer than a short-lived one, which lasts for an hour. */
function isLongLived({ issuedAt, expiresAt }: TokenInfo, now: number): boolean {
  return expiresAt !== null && expiresAt.getTime() - (issuedAt?.getTime() ?? now) > 24 * 60 * 60 * 1000;
}
