import { onAbort } from '../transport/http.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import { ThreadsGraphAPIError } from './errors.js';

/** Milliseconds without another replacement after one in vain: the inspector is well, and who asked sent a forged token. */
const REPLACEMENT_COOLDOWN = 60 * 1000;

/**
 * The access token of the app itself, kept in memory: the inspector of every token of the app.
 *
 * Source: Threads, "App Access Tokens" and "Debug Access Token".
 */
export class AppAccessToken {
  readonly #ask: () => Promise<string>;
  readonly #now: () => number;
  #replacedInVainAt = Number.NEGATIVE_INFINITY;
  #kept: Promise<string> | undefined;
  /** The same token once it is there, for whoever need not wait. */
  #known: string | undefined;

  /**
   * @param ask - asks Threads for the token; called again only where it failed, or where Threads calls the token dead
   * @param now - the clock: milliseconds since the epoch
   */
  constructor(ask: () => Promise<string>, now: () => number = () => Date.now()) {
    this.#ask = ask;
    this.#now = now;
  }

  /**
   * The token: one request, for any number of callers at the same moment and after it. A failure that nobody waits for
   * is no unhandled rejection; whoever asks next has it asked for again.
   */
  get(): Promise<string> {
    this.#kept ??= this.#keep(this.#ask());
    return this.#kept;
  }

  /**
   * Asks a question with the token as the inspector. A token that Threads calls dead is replaced, once; where it calls
   * the new one dead as well, none is replaced for a minute.
   *
   * @param question - is given the token
   * @param signal - ends the wait for the token; the request goes on, for whoever else waits for it
   * @returns what the question returns
   */
  async inspect<Answer>(
    question: (inspector: string) => Promise<Answer>,
    signal?: AbortSignal,
  ): Promise<Answer> {
    if (signal?.aborted) throw aborted();
    const kept = this.get();
    const inspector = this.#known ?? (await abortable(kept, signal));
    try {
      return await question(inspector);
    } catch (error) {
      if (!isDeadInspector(error)) throw error;
      // Of several that find it dead at the same moment, the first replaces it.
      if (this.#kept === kept) {
        if (this.#now() - this.#replacedInVainAt < REPLACEMENT_COOLDOWN) throw error;
        this.#forget();
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

  #keep(asked: Promise<string>): Promise<string> {
    // Until `asked` settles, nothing replaces it: only a token that Threads has called dead is forgotten.
    asked.then(
      (token) => {
        this.#known = token;
      },
      () => this.#forget(),
    );
    return asked;
  }

  #forget(): void {
    this.#kept = undefined;
    this.#known = undefined;
  }
}

/** Tells whether `debug_token` calls the inspector dead: about a dead token in question it answers `is_valid: false`. */
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
