import type { Request } from 'express';
import { Strategy } from 'passport-strategy';
import { ThreadsClient } from '../threads/client.js';
import { refusesInputToken, type TokenInfo } from '../threads/debug-token.js';
import { ThreadsGraphAPIError } from '../threads/errors.js';
import { Inspector } from '../threads/inspector.js';
import type { ThreadsProfile } from '../threads/profile.js';
import { assertUserToken, grantHasEnded } from '../threads/user-token.js';
import { accessTokenOf, BearerError } from './bearer-token.js';
import { reasonOf, throwUncaught } from './from-callback.js';
import { assertSameUser, missingScopes } from './identity.js';
import { readTokenOptions, type ThreadsTokenStrategyOptions, type TokenStrategyConfig } from './options.js';
import { copyBeforeOverrides, perRequest } from './per-request.js';
import { sendChallenge, trackResponses } from './response.js';
import { Semaphore } from './semaphore.js';
import { type VerifyCaller, verifyCaller } from './verify.js';
import type {
  AnyVerify,
  Returning,
  VerifyFunction,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
} from './verify-function.js';

const BASIC = 'threads_basic';

/** The most tokens that Threads is asked about at a time, each with two requests: an attacker can send forged ones. */
const MOST_CHECKS = 100;
const MAY_NOT_READ = 'The access token may not read the profile';
const GRANT_ENDED = 'The grant of the person has ended: they must allow the app again';

type Options = ThreadsTokenStrategyOptions & { passReqToCallback?: false | undefined };
type OptionsWithRequest = ThreadsTokenStrategyOptions & { passReqToCallback: true };

/**
 * Signs in a person whose Threads access token a client sends.
 *
 * ```ts
 * passport.use(new ThreadsTokenStrategy(
 *   { clientID, clientSecret },
 *   async (accessToken, refreshToken, profile) => users.upsert(profile),
 * ));
 * ```
 *
 * `/me` answers to a token of any app, so it does not show that the person gave the token to this app. `debug_token` is
 * always asked beside it, with the app as the inspector, and both must name one person. So each request with a token
 * costs at least two requests to Threads: limit their rate. At most 100 tokens are checked at a time; further ones wait
 * for `timeout` at most, and then end in a {@link ThreadsNetworkError} (504).
 *
 * Without an inspector this strategy signs no one in. Meta documents the token of a Threads tester as one; that an app
 * token may inspect is reported and not documented. Where Threads refuses the app token, give `testerAccessToken`.
 *
 * Sources: Threads, "Debug Access Token"; RFC 6750.
 */
export class ThreadsTokenStrategy extends Strategy {
  /** The name for `passport.authenticate`. */
  name = 'threads-token';

  // Passport runs each request on an object that inherits from the strategy, which #private fields forbid.
  private readonly _config: TokenStrategyConfig;
  private readonly _client: ThreadsClient;
  private readonly _inspector: Inspector;
  private readonly _callVerify: VerifyCaller;
  private readonly _checks = new Semaphore(MOST_CHECKS);

  /**
   * @param options - see {@link ThreadsTokenStrategyOptions}
   * @param verify - the verify callback, in every form that `ThreadsStrategy` takes: `refreshToken` is undefined, and
   * `params` are `access_token` and `user_id`
   * @throws TypeError when an option is missing or wrong
   */
  constructor(options: Options, verify: Returning<VerifyFunction>);
  constructor(options: Options, verify: VerifyFunction | VerifyFunctionWithParams);
  constructor(options: OptionsWithRequest, verify: Returning<VerifyFunctionWithRequest>);
  constructor(
    options: OptionsWithRequest,
    verify: VerifyFunctionWithRequest | VerifyFunctionWithRequestAndParams,
  );
  constructor(options: ThreadsTokenStrategyOptions & { passReqToCallback: boolean }, verify: AnyVerify);
  // The first once more: where none fits, TypeScript explains the last.
  constructor(options: Options, verify: Returning<VerifyFunction>);
  constructor(
    options: ThreadsTokenStrategyOptions & { passReqToCallback?: boolean | undefined },
    verify: AnyVerify,
  ) {
    if (typeof verify !== 'function') {
      throw new TypeError(
        'ThreadsTokenStrategy needs a verify callback: new ThreadsTokenStrategy(options, verify)',
      );
    }
    super();
    this._config = readTokenOptions(options);
    this._callVerify = verifyCaller(verify, options.passReqToCallback === true, this._config.timeout);
    this._client = new ThreadsClient(this._config.client);
    this._inspector = new Inspector(this._client, this._config.inspector);
    trackResponses();
    copyBeforeOverrides(this);
  }

  /**
   * Signs in the person whose token a request brings: Passport calls this.
   *
   * `fail` with a challenge, which the answer then has as `WWW-Authenticate`: 401 without a token; 400
   * `invalid_request` for more than one, and for one in a body that another website sent; 401 `invalid_token` for one
   * that is dead, of another app or no person's; 403 `insufficient_scope` for one without `requiredScopes`, or whose
   * grant has ended. `fail` with 403 and the app's own `info` where the verify callback refuses the person. `error`
   * where Threads cannot be asked, or refuses the inspector: the message then says to give `testerAccessToken`.
   *
   * @param req - the request; its `Authorization` header, and `req.body` where it is parsed, are read
   */
  override authenticate(req: Request): void {
    const login = perRequest(this);
    login
      .signIn(req)
      .catch((error: unknown) => {
        if (!(error instanceof BearerError)) throw error;
        sendChallenge(req, error.challenge, error.status);
        login.fail(error.challenge, error.status);
      })
      .catch((reason: unknown) => login.error(reasonOf(reason, 'The login') as Error))
      .catch(throwUncaught);
  }

  private async signIn(req: Request): Promise<void> {
    const accessToken = await accessTokenOf(req, this._config.tokenFromRequest);
    const profile = await this.identify(accessToken);
    const params = { access_token: accessToken, user_id: profile.id };
    const login = { req, accessToken, refreshToken: undefined, params, profile };
    const [user, info] = await this._callVerify(login);
    if (user) this.success(user, info);
    else this.fail(info, 403);
  }

  /** Asks `/me` and `debug_token` side by side. */
  private async identify(accessToken: string): Promise<ThreadsProfile> {
    const release = await this._checks.acquire(this._config.timeout);
    const asked = this._config.profileFields === false ? undefined : this._client.getProfile(accessToken);
    const checked = this.check(accessToken, asked);
    // `/me` is not ended early where `debug_token` says no: that would cost a new connection for every forged token.
    void Promise.allSettled([asked, checked]).then(release);
    return checked;
  }

  /** Reads `debug_token` before `/me`. */
  private async check(
    accessToken: string,
    asked: Promise<ThreadsProfile> | undefined,
  ): Promise<ThreadsProfile> {
    const { client, inspector, requiredScopes } = this._config;
    const token = await this.inspect(accessToken);
    // Threads says here that a token is dead, and at `/me` why.
    if (!token.isValid && !token.error) await asked?.catch(refuseDeadToken);
    refusing(() => assertUserToken(token, { clientID: client.clientID, now: inspector.now }));
    if (grantHasEnded(token, inspector.now)) {
      throw new BearerError('insufficient_scope', GRANT_ENDED, [...new Set([BASIC, ...requiredScopes])]);
    }
    const missing = missingScopes(requiredScopes, token);
    if (missing) throw new BearerError('insufficient_scope', missing.message, requiredScopes);

    const me = await asked?.catch((error: unknown) => {
      refuseDeadToken(error);
      throw mayNotRead(error, token) ? new BearerError('insufficient_scope', MAY_NOT_READ, [BASIC]) : error;
    });
    refusing(() => assertSameUser(token.userId, me?.id));
    const profile = me ?? { provider: 'threads', id: token.userId, _raw: '', _json: token.raw };
    return { ...profile, scopes: token.scopes, token };
  }

  private async inspect(accessToken: string): Promise<TokenInfo> {
    try {
      // Only `auto` and `off` go without an answer.
      return (await this._inspector.inspect(accessToken)) as TokenInfo;
    } catch (error) {
      if (refusesInputToken(error)) {
        throw new BearerError('invalid_token', 'The access token belongs to another app');
      }
      // `debug_token` also calls the inspector dead on account of a token that it cannot read.
      if (await this._inspector.refusesToken(error)) {
        throw new BearerError('invalid_token', 'Threads cannot read the access token');
      }
      throw error;
    }
  }
}

/** Makes a challenge of the error that an assertion throws. */
function refusing(assert: () => void): void {
  try {
    assert();
  } catch (error) {
    throw new BearerError('invalid_token', (error as Error).message);
  }
}

/** Passes over what `/me` says of anything but the token. */
function refuseDeadToken(error: unknown): void {
  if (!(error instanceof ThreadsGraphAPIError && error.requiresLogin)) return;
  throw new BearerError('invalid_token', `Threads says that the access token is not valid (${error.reason})`);
}

/** Whether `/me` refused for want of a permission that the person never gave. */
function mayNotRead(error: unknown, { scopes }: TokenInfo): boolean {
  return error instanceof ThreadsGraphAPIError && error.reason === 'permission' && !scopes.includes(BASIC);
}
