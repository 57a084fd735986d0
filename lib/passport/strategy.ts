import type { Request } from 'express';
import { Strategy as OAuth2Strategy } from 'passport-oauth2';
import { ThreadsClient } from '../threads/client.js';
import { Inspector } from '../threads/inspector.js';
import type { ThreadsProfile } from '../threads/profile.js';
import type { LongLivedTokenResult, TokenResult } from '../threads/token-response.js';
import { assertUserToken, grantHasEnded } from '../threads/user-token.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import type { ThreadsAuthenticateOptions } from './authenticate-options.js';
import {
  type AuthorizationResponse,
  authorizationError,
  denial,
  invalidState,
  NEITHER,
  readAuthorizationResponse,
} from './authorization-response.js';
import { reasonIn, type ThreadsFailure } from './failure.js';
import { type Done, fromCallback, reasonOf, throwUncaught } from './from-callback.js';
import { assertSameUser, missingScopes } from './identity.js';
import { notANavigation, warnOfCallback, warnOfResolved, warnOfStart } from './login-start.js';
import { readOptions, readScope, type StrategyConfig, type ThreadsStrategyOptions } from './options.js';
import { copyBeforeOverrides, perRequest } from './per-request.js';
import { isCallbackRequest, type RedirectURI, readRedirectURI, resolveRedirectURI } from './redirect-uri.js';

import { preventCaching } from './response.js';
import { type PassportSessionStore, SessionStateStore } from './session-state-store.js';
import {
  hasStartedSession,
  type StateCall,
  storeState,
  type ThreadsStateStore,
  verifyState,
} from './state-store.js';
import { type VerifyCaller, verifyCaller } from './verify.js';
import type {
  AnyVerify,
  Returning,
  TokenParams,
  VerifyFunction,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
} from './verify-function.js';
import { debug, warnOnce } from './warnings.js';

type Options = ThreadsStrategyOptions & { passReqToCallback?: false | undefined };
type OptionsWithRequest = ThreadsStrategyOptions & { passReqToCallback: true };

/** What the token endpoint handed out, as passport-oauth2 has it. */
interface Tokens {
  accessToken: string;
  refreshToken: string | undefined;
  params: TokenParams;
}

/**
 * Signs people in with Threads.
 *
 * ```ts
 * passport.use(new ThreadsStrategy(
 *   { clientID, clientSecret, callbackURL: 'https://app.example/auth/threads/callback' },
 *   async (accessToken, refreshToken, profile) => users.upsert(profile),
 * ));
 * ```
 *
 * A login is `authenticate` → `startLogin` at its first request, and `authenticate` → `finishLogin` → `signIn` at its
 * second: exchange the code, identify the person, check, call the verify callback, success. passport-oauth2 has the
 * constructor, the hooks `authorizationParams`, `tokenParams`, `userProfile` and `parseErrorResponse`, the choice of
 * state store, and `_oauth2`; its `authenticate`, `_verify` and `_loadUserProfile` are not used.
 *
 * Sources: Threads, "Get Access Tokens and Permissions"; RFC 6749 section 4.1.
 */
export class ThreadsStrategy extends OAuth2Strategy {
  /** The name for `passport.authenticate`. */
  override name = 'threads';

  // Passport runs each request on an object that inherits from the strategy, which #private fields forbid.
  private readonly _config: StrategyConfig;
  private readonly _client: ThreadsClient;
  private readonly _inspector: Inspector;
  private readonly _callVerify: VerifyCaller;
  /** The requests whose authorization response was handled. */
  private readonly _handled = new WeakSet<Request>();
  /** The state store that passport-oauth2 chose by the options. */
  declare private _stateStore: ThreadsStateStore;
  /** The token response of the login that this copy of the strategy finishes. */
  declare private _tokens: Tokens | undefined;
  /** Ends the requests of that login, once one of them has failed. Only with `longLived`: it costs 15 µs. */
  declare private _signal: AbortSignal | undefined;

  /**
   * @param options - see {@link ThreadsStrategyOptions}
   * @param verify - finds or makes the app's user, and says so with a promise or with `done`
   * @throws TypeError when an option is missing or wrong, or `verify` declares a number of parameters of no form
   */
  constructor(options: Options, verify: Returning<VerifyFunction>);
  constructor(options: Options, verify: VerifyFunction | VerifyFunctionWithParams);
  constructor(options: OptionsWithRequest, verify: Returning<VerifyFunctionWithRequest>);
  constructor(
    options: OptionsWithRequest,
    verify: VerifyFunctionWithRequest | VerifyFunctionWithRequestAndParams,
  );
  constructor(options: ThreadsStrategyOptions & { passReqToCallback: boolean }, verify: AnyVerify);
  // The first again: where no overload fits, TypeScript reports the error of the last.
  constructor(options: Options, verify: Returning<VerifyFunction>);
  constructor(
    options: ThreadsStrategyOptions & { passReqToCallback?: boolean | undefined },
    verify: AnyVerify,
  ) {
    if (typeof verify !== 'function') {
      throw new TypeError('ThreadsStrategy needs a verify callback: new ThreadsStrategy(options, verify)');
    }
    const config = readOptions(options);
    const { clientID, clientSecret } = options;
    const { endpoints, scope, store, sessionKey } = config;
    const callVerify = verifyCaller(verify, options.passReqToCallback === true, config.timeout);
    super(
      { ...endpoints, clientID, clientSecret, scope, store: store as never, sessionKey },
      verify as never,
    );

    this._config = config;
    this._client = new ThreadsClient(config.client);
    this._inspector = new Inspector(this._client, config.inspector);
    this._callVerify = callVerify;
    if (store === true) {
      this._stateStore = new SessionStateStore(this._stateStore as unknown as PassportSessionStore);
    }
    // Bound, since passport-oauth2-refresh copies the function off its object.
    this._oauth2.getOAuthAccessToken = this.getOAuthAccessToken.bind(this) as never;
    this._oauth2.setAgent = () => {
      throw new TypeError(
        '`_oauth2.setAgent` has no effect here: requests are made by undici. Give the strategy the option `dispatcher`, such as `new ProxyAgent(url)` of undici',
      );
    };
    copyBeforeOverrides(this);
  }

  /**
   * Starts a login, or finishes one: Passport calls this.
   *
   * A request without an authorization response starts a login, unless it is for the callback or below it. The `state` of
   * a response is verified before any other parameter is believed. Cancelled by the person: `fail`, 403. Any other error
   * of the authorization window: `error` with a {@link ThreadsAuthorizationError}. A state that does not match: `fail`,
   * 403. What Threads does not send: `fail`, 400. See {@link ThreadsFailure}.
   *
   * Not `async`: where the state store answers in the same tick, a refused state is told in the same tick too. An app whose
   * callback throws is then caught by its framework; out of a promise, it would end the process, by one request that
   * never reached Threads.
   *
   * @param req - the request; `req.query`, and `req.body` where it is parsed, are read
   * @param options - what was given to `passport.authenticate('threads', …)`
   */
  override authenticate(req: Request, options: ThreadsAuthenticateOptions = {}): void {
    const login = perRequest(this);
    try {
      preventCaching(req);
      const response = readAuthorizationResponse(req);
      if (response) login.finishLogin(req, options, response);
      else login.startLogin(req, options);
    } catch (error) {
      login.error(error);
    }
  }

  /** Redirects to the authorization window. */
  private startLogin(req: Request, options: ThreadsAuthenticateOptions) {
    const { told } = this._config;
    const redirectURI = this.redirectURI(options);
    if (isCallbackRequest(redirectURI, req)) {
      warnOfCallback(req, redirectURI, told);
      return this.failWith(400, {
        type: 'invalid_request',
        message: `${NEITHER}. Please start at the sign-in page.`,
      });
    }
    const kind = notANavigation(req);
    if (kind !== undefined) {
      const message = `A login starts with a navigation, not with ${kind}: open it as a page, with a link or location.assign.`;
      warnOnce(`start by ${kind}`, `${message} Nothing was started.`, told);
      return this.failWith(400, { type: 'invalid_request', message });
    }
    warnOfStart(req, redirectURI, told);

    const call = this.stateCall(req, redirectURI);
    const { callbackURL } = call.meta;
    if (!redirectURI.url) warnOfResolved(req, callbackURL, this._config);
    const { scope, state: appState } = options;
    const asked = scope === undefined ? this._config.scope : readScope(scope, this._config);
    const params = this.authorizationParams(options) as Record<string, string>;
    const redirect = (state: string | undefined) => {
      const request = { redirectURI: callbackURL, scope: asked, params, state: state || undefined };
      this.redirect(this._client.authorizationURL(request));
    };
    // Without a store, a string is the parameter `state` itself, which the app verifies on its own.
    if (this._config.store === false && typeof appState === 'string') return redirect(appState);
    storeState(call, appState, (error, state) => {
      if (error) this.error(error);
      else redirect(state);
    });
  }

  /** Verifies the state, whatever the response is, then believes the response. */
  private finishLogin(req: Request, options: ThreadsAuthenticateOptions, response: AuthorizationResponse) {
    const invalid = () => {
      if (response.kind !== 'invalid') return false;
      this.failWith(400, { type: 'invalid_request', message: response.message });
      return true;
    };
    // Without a state to verify, the login under way is left as it is.
    if (response.state === undefined && invalid()) return;
    if (this._handled.has(req)) {
      warnOnce('two calls', TWICE);
      return this.failWith(403, invalidState(response, 'used'));
    }
    this._handled.add(req);

    const call = this.stateCall(req, this.redirectURI(options), response.kind === 'code');
    const hadSession = hasStartedSession(req);
    verifyState(call, response.state, (error, ok, info) => {
      if (invalid()) return;
      if (error) return this.error(error);
      if (!ok) {
        const reason = reasonIn(info) ?? (hadSession ? 'unknown' : 'no_session');
        return this.failWith(403, invalidState(response, reason, info));
      }
      if (response.kind === 'denied') return this.failWith(403, denial(response));
      if (response.kind === 'error') return this.error(authorizationError(response));
      if (response.kind !== 'code') return;
      this.signIn(req, options, response.code, call.meta.callbackURL, info)
        .catch((reason: unknown) => this.error(reasonOf(reason, 'The login')))
        .catch(throwUncaught);
    });
  }

  /** Signs the person in whom a code stands for. */
  private async signIn(
    req: Request,
    options: ThreadsAuthenticateOptions,
    code: string,
    redirectURI: string,
    appState: unknown,
  ): Promise<void> {
    const tokens = await this.exchangeCode(code, redirectURI, options);
    this._tokens = tokens;
    const { profile, longLived } = await this.identify(tokens.accessToken);

    const failure = missingScopes(this._config.requiredScopes, profile);
    if (failure) return this.failWith(403, failure);

    const accessToken = longLived?.accessToken ?? tokens.accessToken;
    const refreshToken = longLived?.accessToken ?? tokens.refreshToken;
    const params = { ...tokens.params, ...(longLived && responseParams(longLived)) };
    const [user, info] = await this._callVerify({ req, accessToken, refreshToken, params, profile });
    if (!user) return this.fail(info);

    this.success(user, { ...info, ...(appState !== undefined && { state: appState }) });
  }

  /** Goes through `_oauth2.getOAuthAccessToken`, which tests of apps replace. */
  private async exchangeCode(code: string, redirectURI: string, options: object): Promise<Tokens> {
    const params = {
      ...this.tokenParams(options),
      grant_type: 'authorization_code',
      redirect_uri: redirectURI,
    };
    const [accessToken, refreshToken, answer] = await fromCallback('`getOAuthAccessToken`', (done) =>
      this._oauth2.getOAuthAccessToken(code, params, done as never),
    ).catch((error) => {
      throw this.tokenError(error);
    });
    if (!accessToken) throw new Error('Failed to obtain access token');
    return { accessToken, refreshToken, params: answer } as Tokens;
  }

  /** An error of this library stays as it is; a replaced `getOAuthAccessToken` may give an object, as `oauth` does. */
  private tokenError(error: unknown): unknown {
    if (error instanceof Error) return error;
    const { _createOAuthError } = this as unknown as {
      _createOAuthError(message: string, error: unknown): Error;
    };
    return _createOAuthError.call(this, 'Failed to obtain access token', error);
  }

  /** What `_oauth2.getOAuthAccessToken` is here, for passport-oauth2-refresh too: `oauth` itself sends no request. */
  private getOAuthAccessToken(
    code: string,
    { grant_type, redirect_uri, ...params }: Record<string, string>,
    done: (error: unknown, ...tokens: [string?, string?, TokenParams?]) => void,
  ): void {
    if (grant_type === 'refresh_token') {
      this._client
        .refreshToken(code)
        .then((token) => done(null, token.accessToken, token.accessToken, responseParams(token)))
        .catch(done);
      return;
    }
    const exchanged = this._client.exchangeCode(code, String(redirect_uri), {
      params,
      parseError: (body, status) => this.parseErrorResponse(body, status),
    });
    // Fetches the app token meanwhile, where the profile will ask `debug_token`.
    if (this.userProfile === userProfile && this._config.asksThreads) this._inspector.prepare();
    exchanged.then((token) => done(null, token.accessToken, undefined, responseParams(token))).catch(done);
  }

  /**
   * Makes an error of a refusal of the token endpoint, for subclasses to override.
   *
   * @param _body - the text of the answer, without the secrets of the request
   * @param _status - its HTTP status
   * @returns the error; `null` for the library's own, a {@link ThreadsTokenError}
   */
  override parseErrorResponse(_body: string, _status: number): Error | null {
    return null;
  }

  /** Loads the profile, and with `longLived` trades the token beside it: two round trips for the whole login. */
  private async identify(
    accessToken: string,
  ): Promise<{ profile: ThreadsProfile | undefined; longLived?: LongLivedTokenResult }> {
    if (!this._config.longLived) return { profile: await this.profileOf(accessToken) };

    const abort = new AbortController();
    this._signal = abort.signal;
    try {
      const [profile, longLived] = await Promise.all([
        this.profileOf(accessToken),
        this._client.exchangeToken(accessToken, { signal: abort.signal }),
      ]);
      assertSameUser(this._tokens?.params?.user_id, longLived.userId);
      if (profile?.token) profile.token.expiresAt = longLived.expiresAt;
      return { profile, longLived };
    } catch (error) {
      abort.abort();
      throw error;
    }
  }

  private async profileOf(accessToken: string): Promise<ThreadsProfile | undefined> {
    if (await this._config.skipUserProfile(accessToken)) return undefined;
    const [profile] = await fromCallback('`userProfile`', (done) => this.userProfile(accessToken, done));
    return profile as ThreadsProfile | undefined;
  }

  /**
   * Fills in the profile: `/me` and `debug_token` side by side, as far as the options ask for them.
   *
   * @param accessToken - the person's token
   * @param done - called with the {@link ThreadsProfile}
   */
  override userProfile(accessToken: string, done: Done<ThreadsProfile>): void {
    this.loadProfile(accessToken)
      .then(
        (profile) => done(null, profile),
        (reason) => done(reasonOf(reason, '`testerAccessToken`')),
      )
      // What the callback of a subclass throws is the error of the login.
      .catch((error) => this.error(error));
  }

  private async loadProfile(accessToken: string): Promise<ThreadsProfile> {
    const { profileFields, client, inspector } = this._config;
    const signal = this._signal;
    const [me, token] = await Promise.all([
      profileFields === false ? undefined : this._client.getProfile(accessToken, { signal }),
      this._inspector.inspect(accessToken, signal),
    ]);
    if (token) assertUserToken(token, { clientID: client.clientID, now: inspector.now });
    const userID = this._tokens?.params?.user_id;
    assertSameUser(userID, token?.userId, me?.id);

    const id = me?.id ?? token?.userId ?? userID;
    if (!id) throw new ThreadsNetworkError('INVALID_RESPONSE', 'Threads did not say whose token it is');
    return {
      ...(me ?? { provider: 'threads', id, _raw: '', _json: token?.raw ?? {} }),
      ...(token && { scopes: grantHasEnded(token, inspector.now) ? [] : token.scopes, token }),
    };
  }

  private redirectURI({ callbackURL }: ThreadsAuthenticateOptions): RedirectURI {
    return callbackURL === undefined ? this._config.redirectURI : readRedirectURI(callbackURL);
  }

  private stateCall(
    req: Request,
    redirectURI: RedirectURI,
    hasCode?: boolean,
  ): StateCall & { meta: { callbackURL: string } } {
    const { endpoints, client, proxy, timeout } = this._config;
    const { authorizationURL, tokenURL } = endpoints;
    const callbackURL = resolveRedirectURI(redirectURI, req, proxy);
    const meta = { authorizationURL, tokenURL, clientID: client.clientID, callbackURL };
    return {
      store: this._stateStore,
      req,
      meta: hasCode === undefined ? meta : { ...meta, hasCode },
      timeout,
    };
  }

  private failWith(status: number, failure: ThreadsFailure) {
    debug('Failed with %d %s: %s', status, failure.type, failure.message);
    this.fail(failure, status);
  }
}

/** Ours, which asks Threads: one that a subclass put in its place may ask nothing. */
const { userProfile } = ThreadsStrategy.prototype;

const TWICE =
  'passport.authenticate finished a login for the second time in one request, which fails with the reason `used`: it is mounted twice, as with app.use beside the route';

function responseParams({ raw, accessToken, expiresIn }: TokenResult): TokenParams {
  return { ...raw, access_token: accessToken, ...(expiresIn !== undefined && { expires_in: expiresIn }) };
}
