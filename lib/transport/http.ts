import { scheduler } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Dispatcher } from 'undici';
import { globalDispatcher } from './dispatcher.js';
import {
  isDeadConnection,
  networkError,
  RESPONSE_LIMIT,
  ThreadsNetworkError,
  tooLarge,
} from './network-error.js';
import { onAbort } from './on-abort.js';

/** What bounds an exchange. */
export interface Limits {
  /** The host, for messages. */
  host: string;
  /** Milliseconds for the whole exchange. */
  timeout: number;
  /** Ends the exchange early. */
  signal: AbortSignal | undefined;
  /** Whether a connection that dies before the answer is tried once more. */
  retry: boolean;
}

/** An answer, byte for byte. */
export interface RawResponse {
  status: number;
  /** The value of a header, whose name is given in lower case. */
  header(name: string): string | undefined;
  body: Buffer;
}

/**
 * Sends a request and reads the whole answer.
 *
 * `undici.request` would nearly double the CPU of a login, with a stream and an abort signal that nobody needs. This form of
 * handler is the one that undici 6 takes as well: the undici inside Node 20 is the global dispatcher as soon as the
 * app has used `fetch`.
 *
 * @throws {@link ThreadsNetworkError}
 */
export function sendRequest(
  dispatcher: Dispatcher | undefined,
  request: Dispatcher.DispatchOptions,
  limits: Limits,
): Promise<RawResponse> {
  const { host, signal } = limits;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw abortError(host, signal);
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let headers: readonly Buffer[] = [];
    let tries = limits.retry ? 2 : 1;
    let stopped: ThreadsNetworkError | undefined;
    let abort: ((reason: Error) => void) | undefined;

    const stop = (error: ThreadsNetworkError) => {
      // A dispatcher may report the abort as the error that it is, at once.
      if (stopped) return;
      stopped = error;
      unwatch();
      reject(error);
      abort?.(error);
    };
    const fail = (error: unknown) => {
      if (tries > 0 && !stopped && status === 0 && isDeadConnection(error)) send();
      else stop(networkError(error, host, status));
    };
    const handler: Dispatcher.DispatchHandler = {
      onConnect(abortRequest) {
        abort = abortRequest;
        // Only now can a dispatcher be told that the time was up before it had a connection.
        if (stopped) abort(stopped);
      },
      onHeaders(statusCode, rawHeaders) {
        status = statusCode;
        headers = rawHeaders;
        return true;
      },
      onData(chunk) {
        size += chunk.length;
        if (size > RESPONSE_LIMIT) stop(tooLarge(status));
        else chunks.push(chunk);
        return true;
      },
      onComplete() {
        unwatch();
        const reply = {
          status,
          header: (name: string) => headerIn(headers, name),
          body: Buffer.concat(chunks),
        };
        // undici takes a turn of the event loop, and tells itself so after it told us, before it uses a connection
        // again. Whoever asks on at once would have it open another one. (Not with `setImmediate`, which an app's tests
        // may have replaced by one that waits for a clock of theirs.)
        scheduler
          .yield()
          .then(() => scheduler.yield())
          .then(() => resolve(reply));
      },
      onError: fail,
    };
    const send = () => {
      tries -= 1;
      try {
        (dispatcher ?? globalDispatcher()).dispatch(request, handler);
      } catch (error) {
        fail(error);
      }
    };

    const unwatch = watch(limits, stop);
    send();
  });
}

function headerIn(headers: readonly Buffer[], name: string): string | undefined {
  const at = headers.findIndex(
    (key, i) => i % 2 === 0 && key.length === name.length && key.toString().toLowerCase() === name,
  );
  return at === -1 ? undefined : String(headers[at + 1]);
}

/** Stops when the time is up or the signal aborts. Returns what ends the watch. */
function watch({ host, timeout, signal }: Limits, stop: (error: ThreadsNetworkError) => void): () => void {
  const late = () => stop(new ThreadsNetworkError('TIMEOUT', `${host} did not answer within ${timeout} ms`));
  const aborted = () => stop(abortError(host, signal));
  const timer = setTimeout(late, timeout);
  const unlisten = signal && onAbort(signal, aborted);
  return () => {
    clearTimeout(timer);
    unlisten?.();
  };
}

function abortError(host: string, signal: AbortSignal | undefined): ThreadsNetworkError {
  return signal?.reason?.name === 'TimeoutError'
    ? new ThreadsNetworkError('TIMEOUT', `${host} did not answer before the time limit of the signal`)
    : new ThreadsNetworkError('NETWORK', `The request to ${host} was aborted by its signal`);
}

/**
 * Reads the body of a reply as text, without a byte order mark.
 *
 * @throws {@link ThreadsNetworkError} where it is compressed and cannot be decompressed within the limit
 */
export async function readText({ status, body, header }: RawResponse, host: string): Promise<string> {
  const coding = header('content-encoding')?.toLowerCase() ?? 'identity';
  if (coding === 'identity' || body.length === 0) return withoutMark(body);

  const { unzip, brotliDecompress } = require('node:zlib') as typeof import('node:zlib');
  const zipped = /^((x-)?gzip|deflate)$/.test(coding);
  const decompress = zipped ? unzip : coding === 'br' ? brotliDecompress : undefined;
  if (decompress === undefined) {
    throw new ThreadsNetworkError(
      'INVALID_RESPONSE',
      `${host} sent an answer with an unknown Content-Encoding`,
      { httpStatus: status },
    );
  }
  try {
    const limit = { maxOutputLength: RESPONSE_LIMIT };
    return withoutMark(await promisify<Buffer, object, Buffer>(decompress)(body, limit));
  } catch (error) {
    throw networkError(error, host, status);
  }
}

function withoutMark(bytes: Buffer): string {
  const text = bytes.toString();
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
