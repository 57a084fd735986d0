import { nonEmptyString } from '../transport/json.js';
import type { ThreadsClient } from './client.js';
import { refusesInputToken, type TokenInfo } from './debug-token.js';
import { ThreadsGraphAPIError, ThreadsTokenError } from './errors.js';

/**
 * How `debug_token` is asked about the new token of a login.
 *
 * - `'auto'`: ask; where Threads refuses the app as the inspector, the new token inspects itself; where that is refused
 *   too, go on with `/me` alone and leave `profile.scopes` undefined
 * - `'required'`: ask; a refusal is an error
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
  /** Whether `/me` is asked too, so that a login can go on without `debug_token`. */
  canSkip: boolean;
  /**
   * Whether a login fails without an answer. Then nobody's refusal is remembered: it could come of who signed in, and
   * would keep everybody else out.
   */
  required: boolean;
  /** The clock: milliseconds since the epoch. */
  now: () => number;
}

/** Milliseconds for which an inspector that was refused is not asked with again. */
const REFUSAL_TTL = 10 * 60 * 1000;

/**
 * Chooses which access token asks `debug_token` about the new token of a login.
 *
 * Source: Threads, "Debug Access Token": the inspector is an app token or the token of a tester of the same app.
 */
export class Inspector {
  readonly #client: ThreadsClient;
  readonly #options: InspectorOptions;
  readonly #refusedUntil = { app: 0, self: 0 };

  constructor(client: ThreadsClient, options: InspectorOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Gets the app token ready while the code is exchanged, so that the login takes no round trip for it. */
  prepare(): void {
    const { tokenVerification, testerAccessToken } = this.#options;
    if (tokenVerification === 'off' || testerAccessToken !== undefined || this.#isRefused('app')) return;
    this.#client.prepareAppAccessToken();
  }

  /**
   * Asks what the new token of a login is.
   *
   * @param token - the new token
   * @param signal - ends the question early
   * @returns the answer; `undefined` where nobody may ask and the login can go on without
   * @throws the refusal of the inspector where the login cannot go on without, and every other error
   */
  async inspect(token: string, signal?: AbortSignal): Promise<TokenInfo | undefined> {
    const { tokenVerification, canSkip } = this.#options;
    if (tokenVerification === 'off') return undefined;
    if (tokenVerification === 'required') return this.#askAsApp(token, signal);

    let refusal: unknown;
    for (const inspector of ['app', 'self'] as const) {
      if (this.#isRefused(inspector)) continue;
      try {
        return inspector === 'app'
          ? await this.#askAsApp(token, signal)
          : await this.#client.verifyToken(token, { accessToken: token, signal });
      } catch (error) {
        if (!refusesInspector(error)) throw error;
        refusal = error;
        this.#refusedUntil[inspector] = this.#options.now() + REFUSAL_TTL;
      }
    }
    if (canSkip) return undefined;
    throw refusal;
  }

  /**
   * Tells whether an error of {@link inspect} is about the inspected token, and not about the inspector.
   *
   * @param error - what `inspect` rejected with, where the inspector is the app's
   */
  async refusesToken(error: unknown): Promise<boolean> {
    return (await this.#client.refusedToken(error, await this.#appInspector())) === 'input';
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
    const { required, now } = this.#options;
    return !required && this.#refusedUntil[inspector] > now();
  }
}

/**
 * Tells whether Threads refused the inspector for a lack of permission. Nothing else is a reason to ask with another:
 * not a token of another app (100 too, but then Threads speaks of the `input_token`), not a dead token, not a limit.
 */
function refusesInspector(error: unknown): boolean {
  if (!(error instanceof ThreadsGraphAPIError || error instanceof ThreadsTokenError)) return false;
  const { code, reason } = error;
  if (typeof code !== 'number' || reason === 'rate_limited') return false;
  if (code === 100) return !refusesInputToken(error);
  return code === 3 || code === 10 || (code >= 200 && code <= 299);
}
