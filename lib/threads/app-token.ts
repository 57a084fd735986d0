import { onAbort } from '../transport/http.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import { ThreadsGraphAPIError } from './errors.js';

/**
 * Milliseconds. After a fresh app token was called dead too, do not fetch another for this long: the app token is fine,
 * the inspected token is forged, and forged tokens must not cost token requests.
 */
const REPLACEMENT_COOLDOWN = 60 * 1000;

/**
 * The access token of the app itself, kept in memory: the inspector of every token of the app.
 *
 * Source: Threads, "App Access Tokens" and "Debug Access Token".
 */
export class AppAccessToken {
  readonly #request: () => Promise<string>;
  readonly #now: () => number;
  #token: string | undefined;
  #pending: Promise<string> | undefined;
  #replacedInVainAt = Number.NEGATIVE_INFINITY;

  /**
   * @param request - asks Threads for the token; called again only where it failed, or where Threads calls the token dead
   * @param now - the clock: milliseconds since the epoch
   */
  constructor(request: () => Promise<string>, now: () => number = () => Date.now()) {
    this.#request = request;
    this.#now = now;
  }

  /** The token: one request, for any number of callers at the same moment and after it. */
  get(): Promise<string> {
    if (this.#token !== undefined) return Promise.resolve(this.#token);
    this.#pending ??= this.#fetch();
    return this.#pending;
  }

  /**
   * Asks a question with the token as the inspector. A token that Threads calls dead is replaced, once; where it calls
   * the new one dead as well, none is replaced for a minute.
   *
   * @param question - is given the token
   * @param signal - ends the wait for the token; the request goes on, for other callers that wait for it
   * @returns what the question returns
   */
  async inspect<Answer>(
    question: (inspector: string) => Promise<Answer>,
    signal?: AbortSignal,
  ): Promise<Answer> {
    if (signal?.aborted) throw aborted();
    const inspector = this.#token ?? (await abortable(this.get(), signal));
    try {
      return await question(inspector);
    } catch (error) {
      if (!isDeadInspector(error)) throw error;
      // Of several questions that find it dead at the same moment, the first has it replaced.
      if (this.#token === inspector) {
        if (this.#now() - this.#replacedInVainAt < REPLACEMENT_COOLDOWN) throw error;
        this.#token = undefined;
      }
    }
    const replacement = await abortable(this.get(), signal);
    try {
      return await question(replacement);
    } catch (error) {
      if (isDeadInspector(error)) this.#replacedInVainAt = this.#now();
      throw error;
    }
  }

  async #fetch(): Promise<string> {
    try {
      this.#token = await this.#request();
      return this.#token;
    } finally {
      this.#pending = undefined;
    }
  }
}

/** Tells whether `debug_token` calls the inspector dead. About a dead inspected token it answers `is_valid: false`. */
export function isDeadInspector(error: unknown): boolean {
  return error instanceof ThreadsGraphAPIError && (error.code === 190 || error.code === 102);
}

function abortable<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(aborted());
    if (signal.aborted) return abort();
    const unlisten = onAbort(signal, abort);
    promise.then(resolve, reject).finally(unlisten);
  });
}

function aborted(): ThreadsNetworkError {
  return new ThreadsNetworkError('NETWORK', 'The question was aborted by its signal');
}
