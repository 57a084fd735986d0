import { parse as parseQuery } from 'node:querystring';
import type { Request } from 'express';
import { Strategy as OAuth2Strategy } from 'passport-oauth2';
import { ThreadsClient } from '../threads/client.js';
import { ThreadsGraphAPIError, ThreadsTokenError } from '../threads/errors.js';
import type { ThreadsProfile } from '../threads/profile.js';
import type { TokenResult } from '../threads/token-result.js';
import type { TokenInfo } from '../threads/verify-token.js';
import { textOf } from '../transport/json.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import { readCallback } from './callback.js';
import { readOptions, type Settings, type ThreadsStrategyOptions } from './options.js';
import { normalizeScope, type Scope } from './scope.js';
import { CookieStateStore } from './state/cookie-state-store.js';
import {
  type AnyVerify,
  type TokenParams,
  type VerifyCallback,
  type VerifyFunction,
  type VerifyFunctionWithRequest,
  verifyCaller,
} from './verify.js';

type Options = ThreadsStrategyOptions & { passReqToCallback?: false | undefined };
type OptionsWithRequest = ThreadsStrategyOptions & { passReqToCallback: true };

/** Options of `passport.authenticate('threads', …)` that this strategy reads, besides Passport's own. */
export interface ThreadsAuthenticateOptions {
  /** The permissions to ask for this time, in place of the strategy's. */
  scope?: Scope | undefined;
  /** An object: application state, back as `info.state`. A string, with the option `state: false`: a `state` that you verify. */
  state?: unknown;
  /** The redirect URI of this login, in place of the strategy's. */
  callbackURL?: string | undefined;
}

type GrantParams = Record<string, unknown>;
type Tokens = { refreshToken: string | undefined; params: TokenParams };
type TokenCallback = (
  error: unknown,
  accessToken?: string,
  refreshToken?: string,
  params?: TokenParams,
) => void;
type ProfileCallback = (error: unknown, profile?: ThreadsProfile) => void;

/**
 * Signs people in with Threads.
 *
 * ```ts
 * passport.use(new ThreadsStrategy(
 *   { clientID, clientSecret, callbackURL: 'https://app.example/auth/threads/callback' },
 *   async (accessToken, refreshToken, params, profile) => users.upsert(profile),
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

  /**
   * @param options - see {@link ThreadsStrategyOptions}
   * @param verify - finds or makes the app's user, and says so with `done` or with a promise
   * @throws TypeError when an option is missing or wrong
   */
  constructor(options: OptionsWithRequest, verify: VerifyFunctionWithRequest);
  constructor(options: Options, verify: VerifyFunction);
  constructor(
    options: ThreadsStrategyOptions & { passReqToCallback?: boolean | undefined },
    verify: AnyVerify,
  ) {
    if (typeof verify !== 'function') {
      throw new TypeError('ThreadsStrategy needs a verify function: new ThreadsStrategy(options, verify)');
    }
    const settings = readOptions(options);
    const callVerify = verifyCaller(verify, options.passReqToCallback === true);
    const finishLogin = function (
      this: ThreadsStrategy,
      req: Request,
      accessToken: string,
      refreshToken: string | undefined,
      params: TokenParams,
      profile: ThreadsProfile | undefined,
      done: VerifyCallback,
    ): void {
      // Neither `/me` nor `debug_token` was asked: the token answer alone names the person.
      if (profile?.id === '') profile.id = params.user_id ?? '';
      if (profile?.id === '') {
        throw new ThreadsNetworkError('INVALID_RESPONSE', 'Threads did not say whose token it is');
      }

      const missing = settings.requiredScopes.filter((scope) => !profile?.scopes?.includes(scope));
      if (missing.length > 0) {
        const message = `Threads did not confirm these permissions, which are needed to sign in: ${missing.join(', ')}`;
        this.fail({ type: 'missing_scopes', message, missing }, 403);
        return;
      }
      callVerify(req, accessToken, refreshToken, params, profile, done);
    };
    super({ ...settings.oauth2, passReqToCallback: true }, finishLogin as never);

    this._settings = settings;
    this._client = new ThreadsClient(settings.client);
    // No byte of Threads goes through the transport of passport-oauth2.
    this._oauth2.getOAuthAccessToken = ((code: string, params: GrantParams, done: TokenCallback) => {
      const answer = ({ refreshToken, params }: Tokens) =>
        done(null, params.access_token, refreshToken, params);
      if (params.grant_type === 'refresh_token') {
        // passport-oauth2-refresh copies this function off its object and sends its refreshes here.
        this.refreshTokens(code).then(answer, done);
      } else {
        this.newTokens(code, params).then(answer).catch(done);
      }
    }) as never;
  }

  /**
   * Starts a login, or ends one: Passport calls this.
   *
   * Cancelled by the person: `fail`, 403. Any other error of the authorization window: `error` with a
   * {@link ThreadsAuthorizationError}. A state that does not match: `fail`, 403. Parameters that are not what
   * Threads sends: `fail`, 400.
   *
   * @param req - the request; `req.query`, and `req.body` where it is parsed, are read
   * @param options - what was given to `passport.authenticate('threads', …)`
   */
  override authenticate(req: Request, options: ThreadsAuthenticateOptions = {}): void {
    // Express and most others parse the query; plain http does not.
    req.query ??= parseQuery(/\?(.*)/.exec(req.url)?.[1] ?? '') as Request['query'];

    const callback = readCallback(req.query, req.body);
    if (callback.kind === 'malformed') {
      this.fail({ type: 'invalid_request', message: callback.message }, 400);
    } else if (callback.kind === 'cancelled') {
      this.fail({ type: 'access_denied', message: callback.message, reason: callback.reason }, 403);
    } else if (callback.kind === 'refused') {
      this.error(callback.error);
    } else {
      this.runFlow(req, options, callback.kind === 'start');
    }
  }

  /**
   * Fills in the profile: `/me` and `debug_token` side by side, as far as the options ask for them.
   *
   * @param accessToken - the person's token
   * @param done - called with the {@link ThreadsProfile}
   */
  override userProfile(accessToken: string, done: ProfileCallback): void {
    this.loadProfile(accessToken)
      .then((profile) => done(null, profile))
      // To `done`, a reason that is falsy would be none: a login without a profile.
      .catch((error) => done(error || new Error('`testerAccessToken` failed without saying why')));
  }

  /** Keeps this library's errors as they are: passport-oauth2 would wrap them. */
  protected _createOAuthError(_message: string, error: unknown): unknown {
    return error;
  }

  private runFlow(req: Request, options: ThreadsAuthenticateOptions, starts: boolean): void {
    try {
      // passport-oauth2 sends such a state past the store, which could then never find it again.
      if (starts && typeof options.state === 'string' && this.keepsStateInCookie()) {
        throw new TypeError(
          'A `state` of your own needs the option `state: false`. For application state, give an object: it comes back as info.state',
        );
      }
      const own =
        options.scope === undefined ? options : { ...options, scope: normalizeScope(options.scope) };
      super.authenticate(req, own);
    } catch (error) {
      this.error(error);
    }
  }

  private keepsStateInCookie(): boolean {
    return (this._settings.oauth2.store as unknown) instanceof CookieStateStore;
  }

  private async newTokens(code: string, { redirect_uri }: GrantParams): Promise<Tokens> {
    const short = await this._client.exchangeCode(code, String(redirect_uri));
    if (!this._settings.longLived) return { refreshToken: undefined, params: paramsOf(short) };

    const long = await this._client.exchangeToken(short.accessToken);
    return { refreshToken: long.accessToken, params: { ...short.raw, ...paramsOf(long) } };
  }

  private async refreshTokens(longLived: string): Promise<Tokens> {
    const token = await this._client.refreshToken(longLived);
    return { refreshToken: token.accessToken, params: paramsOf(token) };
  }

  private async loadProfile(accessToken: string): Promise<ThreadsProfile> {
    const { profileFields } = this._settings;
    const [me, token] = await Promise.all([
      profileFields === false ? undefined : this._client.getProfile(accessToken),
      this.inspect(accessToken),
    ]);
    if (token) this.assertTokenIsFor(token, me?.id);

    const profile = me ?? { provider: 'threads', id: token?.userId ?? '', _raw: '', _json: token?.raw ?? {} };
    return token ? { ...profile, scopes: token.scopes, token } : profile;
  }

  private async inspect(accessToken: string): Promise<TokenInfo | undefined> {
    const { profileFields, tokenVerification, testerAccessToken } = this._settings;
    if (tokenVerification === 'off') return undefined;
    try {
      const inspector =
        typeof testerAccessToken === 'function'
          ? await testerAccessToken()
          : (testerAccessToken ?? accessToken);
      if (!textOf(inspector)) throw new TypeError('`testerAccessToken` must return an access token');
      return await this._client.verifyToken(accessToken, { accessToken: inspector });
    } catch (error) {
      const meAnswers = profileFields !== false;
      if (tokenVerification === 'auto' && meAnswers && refusesInspector(error)) return undefined;
      throw error;
    }
  }

  private assertTokenIsFor(token: TokenInfo, userId: string | undefined): void {
    const { clientID } = this._settings.client;
    const refuse = (message: string) => new ThreadsTokenError({ code: 'invalid_token', message });
    if (!token.isValid) {
      const reason = token.error?.reason ?? 'no reason given';
      throw refuse(`Threads says that the new access token is not valid (${reason})`);
    }
    if ((token.appId ?? clientID) !== clientID) throw refuse('The access token belongs to another app');
    if (!token.userId) throw refuse('The access token is not the token of a person');
    if (userId !== undefined && token.userId !== userId) {
      throw refuse('Threads names two different people for one access token: debug_token and /me disagree');
    }
  }
}

function paramsOf({ raw, accessToken }: TokenResult): TokenParams {
  return { ...raw, access_token: accessToken };
}

/** An app whose users are no testers may not inspect their tokens: everything but that stays an error. */
function refusesInspector(error: unknown): boolean {
  if (!(error instanceof ThreadsGraphAPIError)) return false;
  const { httpStatus = 0, code, reason } = error;
  return httpStatus >= 400 && httpStatus <= 499 && code !== 102 && code !== 190 && reason !== 'rate_limited';
}
