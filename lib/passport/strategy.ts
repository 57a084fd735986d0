import { parse as parseQuery } from 'node:querystring';
import type { Request } from 'express';
import { Strategy as OAuth2Strategy } from 'passport-oauth2';
import { ThreadsClient } from '../threads/client.js';
import { Inspector } from '../threads/inspector.js';
import type { ThreadsProfile } from '../threads/profile.js';
import { scopeParameter } from '../threads/protocol.js';
import type { TokenResult } from '../threads/token-response.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import type { ThreadsAuthenticateOptions } from './authenticate-options.js';
import { type AuthorizationResponse, readAuthorizationResponse } from './authorization-response.js';
import type { ThreadsFailure } from './failure.js';
import { type Done, fromCallback, reasonOf, throwUncaught } from './from-callback.js';
import { assertSameUser, assertUserToken, grantHasEnded, missingScopes } from './identity.js';
import { readOptions, type Settings, type ThreadsStrategyOptions } from './options.js';
import { perRequest } from './per-request.js';
import {
  absoluteURL,
  isCallbackRequest,
  mismatchedHost,
  type RedirectURI,
  readRedirectURI,
  requestedPath,
} from './redirect-uri.js';
import { preventCaching } from './response.js';
import { storeState, type ThreadsStateStore, verifyState } from './state-store.js';
import {
  type AnyVerify,
  type Returning,
  type TokenParams,
  type VerifyCaller,
  type VerifyFunction,
  type VerifyFunctionWithParams,
  type VerifyFunctionWithRequest,
  type VerifyFunctionWithRequestAndParams,
  verifyCaller,
} from './verify.js';

type Options = ThreadsStrategyOptions & { passReqToCallback?: false | undefined };
type OptionsWithRequest = ThreadsStrategyOptions & { passReqToCallback: true };

type GrantParams = Record<string, string>;
type Tokens = { accessToken: string; refreshToken?: string; params: TokenParams };
type TokenCallback = (error: unknown, ...tokens: [string?, string?, TokenParams?]) => void;
type ProfileCallback = Done<ThreadsProfile>;

/** What a login has found out about the person. */
interface Login {
  profile?: ThreadsProfile | undefined;
  /** The id that `/me` and `debug_token` gave, where they were asked: a subclass may have changed the profile. */
  threadsID?: string;
  /** The token of 60 days. */
  longLived?: TokenResult | undefined;
  /** Ends what is still under way where the login has failed. */
  signal?: AbortSignal;
}

// passport-oauth2's types leave it out.
const { _createOAuthError } = OAuth2Strategy.prototype as unknown as {
  _createOAuthError(this: OAuth2Strategy, message: string, error: unknown): Error;
};

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
 * Sources: Threads, "Get Access Tokens and Permissions"; RFC 6749 section 4.1.
 */
export class ThreadsStrategy extends OAuth2Strategy {
  /** The name for `passport.authenticate`. */
  override name = 'threads';

  // Passport runs each request on an object that inherits from the strategy, which #private fields forbid.
  private readonly _settings: Settings;
  private readonly _client: ThreadsClient;
  private readonly _inspector: Inspector;
  private readonly _callVerify: VerifyCaller;
  private readonly _told = new Set<string>();
  /** The state store that passport-oauth2 chose by the options. */
  declare private _stateStore: ThreadsStateStore;
  /** Set for the one request that ends it. */
  declare private _login: Login | undefined;

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
  // The first once more: where none fits, TypeScript explains the last.
  constructor(options: Options, verify: Returning<VerifyFunction>);
  constructor(
    options: ThreadsStrategyOptions & { passReqToCallback?: boolean | undefined },
    verify: AnyVerify,
  ) {
    if (typeof verify !== 'function') {
      throw new TypeError('ThreadsStrategy needs a verify callback: new ThreadsStrategy(options, verify)');
    }
    const settings = readOptions(options);
    const callVerify = verifyCaller(verify, options.passReqToCallback === true);
    super({ ...settings.oauth2, passReqToCallback: true }, verify as never);

    this._settings = settings;
    this._client = new ThreadsClient(settings.client);
    this._inspector = new Inspector(this._client, settings.inspector);
    this._callVerify = callVerify;
    // Bound, since passport-oauth2-refresh copies the function off its object.
    this._oauth2.getOAuthAccessToken = this.getOAuthAccessToken.bind(this) as never;
  }

  /**
   * Starts a login, or ends one: Passport calls this.
   *
   * A request without an answer starts one, unless it is for the path of the redirect URI. The `state` of an answer is
   * verified before anything else of it is believed. Cancelled by the person: `fail`, 403. Any other error of the
   * authorization window: `error` with a {@link ThreadsAuthorizationError}. A state that does not match: `fail`, 403.
   * What Threads does not send: `fail`, 400. See {@link ThreadsFailure}.
   *
   * @param req - the request; `req.query`, and `req.body` where it is parsed, are read
   * @param options - what was given to `passport.authenticate('threads', …)`
   */
  override authenticate(req: Request, options: ThreadsAuthenticateOptions = {}): void {
    const login = perRequest(this);
    try {
      preventCaching(req);
      // Express and most others parse the query; plain http does not.
      const query: unknown = req.query ?? parseQuery(/\?(.*)/.exec(req.url)?.[1] ?? '');
      const response = readAuthorizationResponse(query, req.body);
      if (response) login.finishLogin(req, options, response);
      else login.startLogin(req, options);
    } catch (error) {
      login.error(error);
    }
  }

  private startLogin(req: Request, options: ThreadsAuthenticateOptions): void {
    const { callbackURL, scope, state: appState } = options;
    const { oauth2, redirectURI, requiredScopes } = this._settings;
    const target = callbackURL === undefined ? redirectURI : readRedirectURI(callbackURL);
    if (isCallbackRequest(target, req)) {
      this.warnOfPath(req, target);
      this.failWith(400, {
        type: 'invalid_request',
        message: 'This is the callback URL: it needs a `code` or an `error`. Start at the sign-in page.',
      });
      return;
    }
    this.warnOfHost(req, target);

    const meta = this.metadata(req, options);
    const request = {
      redirectURI: meta.callbackURL,
      scope: scope === undefined ? oauth2.scope : scopeParameter(scope, requiredScopes),
      params: this.authorizationParams(options) as Record<string, string>,
    };
    const redirect = (state?: string) =>
      this.redirect(this._client.authorizationURL({ ...request, state: state || undefined }));
    if (!oauth2.store && typeof appState === 'string') {
      redirect(appState);
      return;
    }
    storeState(this._stateStore, req, this.wrapped(appState), meta, (error, state) =>
      error ? this.error(error) : redirect(state),
    );
  }

  /** Verifies the state, whatever the response is, and believes the response after that. */
  private finishLogin(
    req: Request,
    options: ThreadsAuthenticateOptions,
    response: AuthorizationResponse,
  ): void {
    const meta = this.metadata(req, options);
    const malformed = () => {
      if (response.kind !== 'malformed') return false;
      this.failWith(400, { type: 'invalid_request', message: response.message });
      return true;
    };
    // Where not even the state can be read, the attempt stays as it is.
    if (response.state === undefined && malformed()) return;
    verifyState(this._stateStore, req, response.state, meta, (error, ok, info) => {
      if (malformed()) return;
      if (error) return this.error(error);
      if (!ok) return this.failWith(403, withoutState(response, info));
      if (response.kind === 'cancelled')
        return this.failWith(403, { type: 'access_denied', ...response.read() });
      if (response.kind === 'refused') return this.error(response.read());
      if (response.kind !== 'code') return;
      this.signIn(req, response.code, meta.callbackURL, options, this.unwrapped(info))
        .catch((reason: unknown) => this.error(reasonOf(reason, 'The login')))
        .catch(throwUncaught);
    });
  }

  private async signIn(
    req: Request,
    code: string,
    redirectURI: string,
    options: ThreadsAuthenticateOptions,
    appState: unknown,
  ): Promise<void> {
    const tokens = await this.exchangeCode(code, redirectURI, options);
    const { profile, threadsID, longLived } = await this.identify(tokens.accessToken);
    const params = { ...tokens.params, ...(longLived && paramsOf(longLived)) } as TokenParams;
    if (profile) {
      // Neither `/me` nor `debug_token` was asked: the token answer alone names the person.
      if (profile.id === '') profile.id = params.user_id ?? '';
      if (profile.id === '') {
        throw new ThreadsNetworkError('INVALID_RESPONSE', 'Threads did not say whose token it is');
      }
      assertSameUser(params.user_id, threadsID);
      if (profile.token && longLived?.expiresAt) profile.token.expiresAt = longLived.expiresAt;
    }
    const failure = missingScopes(this._settings.requiredScopes, profile);
    if (failure) return this.failWith(403, failure);

    const accessToken = longLived?.accessToken ?? tokens.accessToken;
    const refreshToken = longLived?.accessToken ?? tokens.refreshToken;
    const [user, info] = await this._callVerify({ req, accessToken, refreshToken, params, profile });
    if (!user) return this.fail(info);
    this.success(user, { ...info, ...(appState !== undefined && { state: appState }) });
  }

  private metadata(req: Request, { callbackURL }: ThreadsAuthenticateOptions) {
    const { authorizationURL, tokenURL, clientID, callbackURL: own, proxy } = this._settings.oauth2;
    return {
      authorizationURL,
      tokenURL,
      clientID,
      callbackURL: absoluteURL(callbackURL ?? String(own), req, proxy),
    };
  }

  /** Through `_oauth2`, which passport-oauth2 has for subclasses and which tests of apps replace. */
  private async exchangeCode(code: string, redirectURI: string, options: object): Promise<Tokens> {
    const params = {
      ...this.tokenParams(options),
      grant_type: 'authorization_code',
      redirect_uri: redirectURI,
    };
    const [accessToken, refreshToken, answer] = await fromCallback('`getOAuthAccessToken`', (done) =>
      this._oauth2.getOAuthAccessToken(code, params, done as never),
    ).catch((error) => {
      throw error instanceof Error
        ? error
        : _createOAuthError.call(this, 'Failed to obtain access token', error);
    });
    if (!accessToken) throw new Error('Failed to obtain access token');
    return { accessToken, refreshToken, params: answer } as Tokens;
  }

  /** The transport that passport-oauth2 and passport-oauth2-refresh call: no byte of Threads goes through theirs. */
  private getOAuthAccessToken(code: string, params: GrantParams, done: TokenCallback): void {
    const { grant_type, redirect_uri, ...further } = params;
    const answered =
      grant_type === 'refresh_token'
        ? this._client.refreshToken(code)
        : this._client.exchangeCode(code, String(redirect_uri), {
            params: further,
            parseError: (body, status) => this.parseErrorResponse(body, status),
          });
    const isOurs = this.userProfile === userProfile && this._settings.skipUserProfile === false;
    if (grant_type !== 'refresh_token' && isOurs) this._inspector.prepare();
    const refreshed = (token: TokenResult) =>
      grant_type === 'refresh_token' ? token.accessToken : undefined;
    answered.then((token) => done(null, token.accessToken, refreshed(token), paramsOf(token))).catch(done);
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
  private async identify(accessToken: string): Promise<Login> {
    const login: Login = {};
    this._login = login;
    if (!this._settings.longLived) {
      login.profile = await this.profileOf(accessToken);
      return login;
    }
    const abort = new AbortController();
    login.signal = abort.signal;
    try {
      [login.profile, login.longLived] = await Promise.all([
        this.profileOf(accessToken),
        this._client.exchangeToken(accessToken, { signal: abort.signal }),
      ]);
      return login;
    } catch (error) {
      abort.abort();
      throw error;
    }
  }

  private async profileOf(accessToken: string): Promise<ThreadsProfile | undefined> {
    const { skipUserProfile: skip } = this._settings;
    if (typeof skip === 'function' ? await skip(accessToken) : skip) return undefined;
    const [profile] = await fromCallback('`userProfile`', (done) => this.userProfile(accessToken, done));
    return profile as ThreadsProfile | undefined;
  }

  /**
   * Fills in the profile: `/me` and `debug_token` side by side, as far as the options ask for them.
   *
   * @param accessToken - the person's token
   * @param done - called with the {@link ThreadsProfile}
   */
  override userProfile(accessToken: string, done: ProfileCallback): void {
    const refuse = (reason: unknown) => done(reasonOf(reason, '`testerAccessToken`'));
    // What the callback of a subclass throws is the error of the login.
    this.loadProfile(accessToken, this._login?.signal)
      .then((profile) => done(null, profile), refuse)
      .catch((error) => this.error(error));
  }

  private async loadProfile(accessToken: string, signal: AbortSignal | undefined): Promise<ThreadsProfile> {
    const { profileFields, client, inspector } = this._settings;
    const [me, token] = await Promise.all([
      profileFields === false ? undefined : this._client.getProfile(accessToken, { signal }),
      this._inspector.inspect(accessToken, signal),
    ]);
    if (token) {
      assertUserToken(token, { clientID: client.clientID, now: inspector.now });
      assertSameUser(token.userId, me?.id);
    }
    const profile: ThreadsProfile = {
      ...(me ?? { provider: 'threads', id: token?.userId ?? '', _raw: '', _json: token?.raw ?? {} }),
      ...(token && { scopes: grantHasEnded(token, inspector.now) ? [] : token.scopes, token }),
    };
    if (this._login) this._login.threadsID = profile.id;
    return profile;
  }

  /** The session store of passport-oauth2 forgets a state that is falsy, so it is given a list of one. */
  private wrapped(appState: unknown): unknown {
    return this.usesSession && appState !== undefined ? [appState] : appState;
  }

  private unwrapped(kept: unknown): unknown {
    return this.usesSession ? (kept as [unknown] | undefined)?.[0] : kept;
  }

  private get usesSession(): boolean {
    return (this._settings.oauth2.store as unknown) === true;
  }

  private failWith(status: number, failure: ThreadsFailure): void {
    this.fail(failure, status);
  }

  private warnOfHost(req: Request, redirectURI: RedirectURI): void {
    const { url } = redirectURI;
    const host = mismatchedHost(redirectURI, req);
    if (host === undefined) return;
    this.warnOnce(
      'host',
      `A login started at ${host}, but its callbackURL is at ${url?.host}: the browser will not send the cookies of the one to the other, and the login will fail. Open the app at ${url?.origin}, or mend \`callbackURL\``,
    );
  }

  private warnOfPath(req: Request, { path }: RedirectURI): void {
    const asked = requestedPath(req);
    // Any other has words of whoever sent it.
    if (asked === path || !path.endsWith(asked)) return;
    this.warnOnce(
      'path',
      `A request for ${asked} was taken for one for the callback, ${path}, as behind a proxy that changes the prefix of a path, and no login was started. If logins start there, give the callback another last part`,
    );
  }

  private warnOnce(about: 'host' | 'path', message: string): void {
    if (this._told.has(about)) return;
    this._told.add(about);
    process.emitWarning(message, 'ThreadsStrategyWarning');
  }
}

/** Ours, which asks Threads: one that a subclass put in its place may ask nothing. */
const { userProfile } = ThreadsStrategy.prototype;

/** What becomes of an answer whose state is not that of a login of this browser: not one word of it is repeated. */
function withoutState(answer: AuthorizationResponse, info: unknown): ThreadsFailure {
  if (answer.kind === 'cancelled') {
    return { type: 'access_denied', message: 'The sign-in was cancelled.', reason: 'user_denied' };
  }
  const said = typeof info === 'string' ? info : (info as { message?: unknown } | undefined)?.message;
  const message =
    typeof said === 'string' && answer.kind === 'code'
      ? said
      : 'This sign-in did not start in this browser. Please start again.';
  return { type: 'invalid_state', message };
}

function paramsOf({ raw, accessToken, expiresIn }: TokenResult): TokenParams {
  return { ...raw, access_token: accessToken, ...(expiresIn !== undefined && { expires_in: expiresIn }) };
}
