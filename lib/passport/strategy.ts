import { parse as parseQuery } from 'node:querystring';
import type { Request } from 'express';
import { Strategy as OAuth2Strategy } from 'passport-oauth2';
import { ThreadsClient } from '../threads/client.js';
import { Inspector } from '../threads/inspector.js';
import type { ThreadsProfile } from '../threads/profile.js';
import { scopeParameter } from '../threads/scope.js';
import type { TokenResult } from '../threads/token-result.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import type { ThreadsAuthenticateOptions } from './authenticate-options.js';
import { type Answer, readAnswer } from './callback.js';
import type { ThreadsFailure } from './failure.js';
import { type Done, firstOutcome } from './first-outcome.js';
import { requestFor } from './oauth2-request.js';
import { forOneRequest } from './one-request.js';
import { readOptions, type Settings, type ThreadsStrategyOptions } from './options.js';
import { assertOnePerson, assertPersonsToken, missingScopes } from './person.js';
import { isRequestTo, otherHost, type RedirectURI, readRedirectURI, requestedPath } from './redirect-uri.js';
import { preventCaching } from './state/response.js';
import { storingFor, type ThreadsStateStore, verifyingFor } from './state/state-store.js';
import {
  type AnyVerify,
  type Returning,
  type TokenParams,
  type VerifyCallback,
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

/** What is known of a login while passport-oauth2 ends it. */
interface Login {
  req: Request;
  /** The app's own state, once the state is verified. */
  appState?: unknown;
  /** The id that `/me` and `debug_token` gave, where they were asked. */
  threadsID?: string;
  /** The token of 60 days, once it is there. */
  longLived?: TokenResult;
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
  /** What passport-oauth2 calls at the end of a login. */
  declare private _verify: unknown;
  /** The state store that passport-oauth2 chose by the options; for one request, one that is around it. */
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
    this._verify = this.finishLogin;
    // Bound, since passport-oauth2-refresh copies the function off its object.
    this._oauth2.getOAuthAccessToken = this.getTokens.bind(this) as never;
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
    const leg = forOneRequest(this);
    try {
      preventCaching(req);
      // Express and most others parse the query; plain http does not.
      const query: unknown = req.query ?? parseQuery(/\?(.*)/.exec(req.url)?.[1] ?? '');
      const answer = readAnswer(query, req.body);
      if (answer) leg.endLogin(req, options, answer);
      else leg.startLogin(req, options);
    } catch (error) {
      leg.error(error);
    }
  }

  private startLogin(req: Request, options: ThreadsAuthenticateOptions): void {
    const { callbackURL, scope, state } = options;
    const { redirectURI, requiredScopes, oauth2 } = this._settings;
    const target = callbackURL === undefined ? redirectURI : readRedirectURI(callbackURL);
    if (isRequestTo(target, req)) {
      this.warnOfPath(req, target);
      this.failWith(400, {
        type: 'invalid_request',
        message: 'This is where a sign-in ends, not where one starts. Please start again.',
      });
      return;
    }
    this.warnOfHost(req, target);

    const own = scope === undefined ? options : { ...options, scope: scopeParameter(scope, requiredScopes) };
    const asked = requestFor(req, {});
    if (!oauth2.store && typeof state === 'string') {
      super.authenticate(asked, own);
      return;
    }
    const kept = state !== undefined && this.keepsInSession() ? [state] : state;
    this._stateStore = storingFor(req, this._stateStore, kept) as ThreadsStateStore;
    super.authenticate(asked, { ...own, state: undefined });
  }

  /** Has passport-oauth2 verify the state, whatever the answer is, and opens the answer after that. */
  private endLogin(req: Request, options: ThreadsAuthenticateOptions, answer: Answer): void {
    const login: Login = { req };
    const verified = (error: unknown, ok?: boolean, info?: unknown): boolean => {
      if (answer.kind === 'malformed') {
        this.failWith(400, { type: 'invalid_request', message: answer.message });
      } else if (error) {
        this.error(error);
      } else if (!ok) {
        this.failWith(403, withoutState(answer, info));
      } else if (answer.kind === 'cancelled') {
        this.failWith(403, { type: 'access_denied', ...answer.read() });
      } else if (answer.kind === 'refused') {
        this.error(answer.read());
      } else {
        login.appState = this.keepsInSession() ? (info as [unknown] | undefined)?.[0] : info;
        return true;
      }
      return false;
    };
    // An answer of which not even the state can be read leaves the attempt as it is.
    if (answer.kind === 'malformed' && answer.state === undefined) return void verified(null);

    this._login = login;
    this._stateStore = verifyingFor(req, this._stateStore, verified) as ThreadsStateStore;
    // It verifies the state of a code alone, so every answer brings one.
    const code = answer.kind === 'code' ? answer.code : answer.kind;
    super.authenticate(requestFor(req, { code, state: answer.state }), options);
  }

  /**
   * What passport-oauth2 calls for the token, and passport-oauth2-refresh for a new one: no byte of Threads goes through
   * the transport under passport-oauth2.
   */
  private getTokens(code: string, params: GrantParams, done: TokenCallback): void {
    const tokens = params.grant_type === 'refresh_token' ? this.refresh(code) : this.exchange(code, params);
    tokens.then((got) => done(null, got.accessToken, got.refreshToken, got.params)).catch(done);
  }

  private async exchange(code: string, params: GrantParams): Promise<Tokens> {
    const { grant_type, redirect_uri, ...further } = params;
    const exchanged = this._client.exchangeCode(code, String(redirect_uri), {
      params: further,
      parseError: (body, status) => this.parseErrorResponse(body, status),
    });
    const asksThreads = this.userProfile === userProfile && this._settings.skipUserProfile === false;
    if (asksThreads) this._inspector.prepare();
    const token = await exchanged;
    return { accessToken: token.accessToken, params: paramsOf(token) };
  }

  private async refresh(longLived: string): Promise<Tokens> {
    const token = await this._client.refreshToken(longLived);
    return { accessToken: token.accessToken, refreshToken: token.accessToken, params: paramsOf(token) };
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

  /** Keeps this library's errors as they are: passport-oauth2 would wrap them. A stub in a test may give it others. */
  protected _createOAuthError(message: string, error: unknown): unknown {
    return error instanceof Error ? error : _createOAuthError.call(this, message, error);
  }

  /** Loads the profile, and with `longLived` trades the token beside it: two round trips for the whole login. */
  protected _loadUserProfile(accessToken: string, done: ProfileCallback): void {
    const login = this._login;
    const profile =
      this._settings.longLived && login ? this.trade(accessToken, login) : this.askProfile(accessToken);
    this.handOn(profile, done);
  }

  private async trade(accessToken: string, login: Login): Promise<ThreadsProfile | undefined> {
    const abort = new AbortController();
    login.signal = abort.signal;
    try {
      const [profile, longLived] = await Promise.all([
        this.askProfile(accessToken),
        this._client.exchangeToken(accessToken, { signal: abort.signal }),
      ]);
      login.longLived = longLived;
      return profile;
    } catch (error) {
      abort.abort();
      throw error;
    }
  }

  private async askProfile(accessToken: string): Promise<ThreadsProfile | undefined> {
    const { skipUserProfile: skip } = this._settings;
    if (typeof skip === 'function' ? await skip(accessToken) : skip) return undefined;
    return firstOutcome('`userProfile`', (done) => this.userProfile(accessToken, done));
  }

  /**
   * Fills in the profile: `/me` and `debug_token` side by side, as far as the options ask for them.
   *
   * @param accessToken - the person's token
   * @param done - called with the {@link ThreadsProfile}
   */
  override userProfile(accessToken: string, done: ProfileCallback): void {
    this.handOn(this.loadProfile(accessToken, this._login?.signal), done);
  }

  private async loadProfile(accessToken: string, signal: AbortSignal | undefined): Promise<ThreadsProfile> {
    const { profileFields, client, inspector } = this._settings;
    const [me, token] = await Promise.all([
      profileFields === false ? undefined : this._client.getProfile(accessToken, { signal }),
      this._inspector.inspect(accessToken, signal),
    ]);
    if (token) {
      assertPersonsToken(token, { clientID: client.clientID, now: inspector.now });
      assertOnePerson(token.userId, me?.id);
    }
    const profile: ThreadsProfile = {
      ...(me ?? { provider: 'threads', id: token?.userId ?? '', _raw: '', _json: token?.raw ?? {} }),
      ...(token && { scopes: token.scopes, token }),
    };
    if (this._login) this._login.threadsID = profile.id;
    return profile;
  }

  /** Hands on what came of a promise. What a subclass's callback throws is the error of the login. */
  private handOn(outcome: Promise<ThreadsProfile | undefined>, done: ProfileCallback): void {
    // To `done`, a reason that is falsy would be none: a login without a profile.
    const refuse = (reason: unknown) =>
      done(reason || new Error('`testerAccessToken` or `skipUserProfile` failed without saying why'));
    outcome.then((profile) => done(null, profile), refuse).catch((error) => this.error(error));
  }

  private finishLogin(
    _req: Request,
    shortLived: string,
    refreshed: string | undefined,
    answer: TokenParams | undefined,
    profile: ThreadsProfile | undefined,
    done: VerifyCallback,
  ): void {
    const { req, appState, longLived, threadsID } = this._login!;
    const params = { ...answer, ...(longLived && paramsOf(longLived)) } as TokenParams;
    if (profile) {
      // Neither `/me` nor `debug_token` was asked: the token answer alone names the person.
      if (profile.id === '') profile.id = params.user_id ?? '';
      if (profile.id === '') {
        throw new ThreadsNetworkError('INVALID_RESPONSE', 'Threads did not say whose token it is');
      }
      assertOnePerson(params.user_id, threadsID);
      if (profile.token && longLived?.expiresAt) profile.token.expiresAt = longLived.expiresAt;
    }
    const failure = missingScopes(this._settings.requiredScopes, profile);
    if (failure) {
      this.failWith(403, failure);
      return;
    }

    const accessToken = longLived?.accessToken ?? shortLived;
    const refreshToken = longLived?.accessToken ?? refreshed;
    this._callVerify({ req, accessToken, refreshToken, params, profile }, (error, user, info) =>
      done(error, user, user && appState !== undefined ? { ...info, state: appState } : info),
    );
  }

  /** The session store of passport-oauth2 forgets a state that is falsy, so it is given a list of one. */
  private keepsInSession(): boolean {
    return (this._settings.oauth2.store as unknown) === true;
  }

  private failWith(status: number, failure: ThreadsFailure): void {
    this.fail(failure, status);
  }

  private warnOfHost(req: Request, redirectURI: RedirectURI): void {
    const { url } = redirectURI;
    const host = otherHost(redirectURI, req);
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
function withoutState(answer: Answer, info: unknown): ThreadsFailure {
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
