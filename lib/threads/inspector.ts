import { nonEmptyString } from '../transport/json.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import type { ThreadsClient } from './client.js';
import { MalformedTokenInfo, refusesInputToken, type TokenInfo } from './debug-token.js';
import { ThreadsGraphAPIError, ThreadsTokenError } from './errors.js';

/**
 * How `debug_token` is asked about the new token of a login.
 *
 * - `'auto'`: ask; where Threads refuses the app as the inspector, the new token inspects itself; where that is refused
 *   too, or no usable answer comes, go on with `/me` alone and leave `profile.scopes` undefined
 * - `'required'`: ask; whatever keeps the question from being asked is an error
 * - `'off'`: do not ask
 */
export type TokenVerification = 'auto' | 'required' | 'off';

/** The access token of a Threads tester of the app, or a function that gets it. */
export type TesterAccessToken = string | (() => string | Promise<string>);

/** How an {@link Inspector} chooses. */
export interface InspectorOptions {
  /** How to ask. */
  tokenVerification: TokenVerification;
  /** The inspector in place of the app token. */
  testerAccessToken: TesterAccessToken | undefined;
  /**
   * Whether a login fails without an answer. Then no refusal is remembered: it could come of the token that was
   * inspected, and would fail the logins of other people.
   */
  needsAnswer: boolean;
  /** Milliseconds for all the requests of one inspection together. */
  timeout: number;
  /** The clock: milliseconds since the epoch. */
  now: () => number;
}

/** Milliseconds for which an inspector that was refused is not asked with again. */
const REFUSAL_TTL = 10 * 60 * 1000;

/**
 * Chooses which access token asks `debug_token` about the token of a login.
 *
 * Source: Threads, "Debug Access Token": the inspector is the token of a tester of the same app. That an app token may
 * inspect, or a token itself, is reported and not documented, so in `'auto'` a login depends on neither.
 */
export class Inspector {
  readonly #client: ThreadsClient;
  readonly #options: InspectorOptions;
  readonly #refusedUntil = { app: 0, self: 0 };

  constructor(client: ThreadsClient, options: InspectorOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Requests the app token while the code is exchanged, so that the login takes no round trip for it. */
  prepare(): void {
    const { tokenVerification, testerAccessToken } = this.#options;
    if (tokenVerification === 'off' || testerAccessToken !== undefined || this.#isRefused('app')) return;
    this.#client.prepareAppAccessToken();
  }

  /**
   * Asks what the token of a login is.
   *
   * @param token - the token
   * @param signal - ends the question early
   * @returns the answer; `undefined` where none can be had and the login can go on without
   * @throws what kept the question from being asked, where the login cannot go on without an answer, and in any case an
   * error about the token itself
   */
  async inspect(token: string, signal?: AbortSignal): Promise<TokenInfo | undefined> {
    const { tokenVerification, needsAnswer, timeout } = this.#options;
    if (tokenVerification === 'off') return undefined;
    if (tokenVerification === 'required') return within(timeout, this.#askAsApp(token, signal));
    try {
      return await within(timeout, this.#askInTurn(token, signal));
    } catch (error) {
      if (needsAnswer || !isUnanswered(error)) throw error;
      return undefined;
    }
  }

  /**
   * Tells whether an error of {@link inspect} is about the inspected token, and not about the inspector.
   *
   * @param error - what `inspect` rejected with, where the inspector is the app's
   */
  async refusesToken(error: unknown): Promise<boolean> {
    return (await this.#client.refusedToken(error, await this.#appInspector())) === 'input';
  }

  async #askInTurn(token: string, signal: AbortSignal | undefined): Promise<TokenInfo | undefined> {
    let refusal: unknown;
    for (const inspector of ['app', 'self'] as const) {
      if (this.#isRefused(inspector)) continue;
      try {
        return inspector === 'app'
          ? await this.#askAsApp(token, signal)
          : await this.#client.verifyToken(token, { accessToken: token, signal });
      } catch (error) {
        if (!isRefusal(error) || isFault(error)) throw error;
        if (!error.isTransient) this.#refusedUntil[inspector] = this.#options.now() + REFUSAL_TTL;
        refusal ??= error;
      }
    }
    if (refusal) throw refusal;
    return undefined;
  }

  async #askAsApp(token: string, signal: AbortSignal | undefined): Promise<TokenInfo> {
    return this.#client.verifyToken(token, { ...(await this.#appInspector()), signal });
  }

  async #appInspector(): Promise<{ accessToken?: string }> {
    const { testerAccessToken } = this.#options;
    if (testerAccessToken === undefined) return {};
    const accessToken =
      typeof testerAccessToken === 'function' ? await testerAccessToken() : testerAccessToken;
    if (!nonEmptyString(accessToken)) throw new TypeError('`testerAccessToken` must return an access token');
    return { accessToken };
  }

  #isRefused(inspector: 'app' | 'self'): boolean {
    const { needsAnswer, now } = this.#options;
    return !needsAnswer && this.#refusedUntil[inspector] > now();
  }
}

type Refusal = ThreadsGraphAPIError | ThreadsTokenError;

/** Tells whether Threads answered with a refusal that is not about the inspected token. */
function isRefusal(error: unknown): error is Refusal {
  if (!(error instanceof ThreadsGraphAPIError || error instanceof ThreadsTokenError)) return false;
  return !refusesInputToken(error);
}

/** Tells whether a refusal is a fault of Threads, which another inspector would meet as well. */
function isFault({ reason, httpStatus = 0 }: Refusal): boolean {
  return reason === 'temporary' && httpStatus >= 500;
}

/** Tells whether nothing is known about the inspected token after an error. */
function isUnanswered(error: unknown): boolean {
  if (error instanceof MalformedTokenInfo) return false;
  return error instanceof ThreadsNetworkError || isRefusal(error);
}

async function within<Value>(milliseconds: number, asked: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ThreadsNetworkError('TIMEOUT', `debug_token did not answer within ${milliseconds} ms`));
    }, milliseconds);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
