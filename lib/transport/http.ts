import { scheduler } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { globalDispatcher, type UndiciDispatcher } from './dispatcher.js';
import {
  isDeadConnection,
  networkError,
  RESPONSE_LIMIT,
  rejectedRequest,
  ThreadsNetworkError,
  tooLarge,
} from './network-error.js';

/** What bounds a request. */
export interface Limits {
  /** The host, for messages. */
  host: string;
  /** Milliseconds for the whole request, until the last byte of its response. */
  timeout: number;
  /** Ends the request early. */
  signal: AbortSignal | undefined;
  /** Whether to send the request once more when the connection dies before the response. */
  retry: boolean;
}

/** A response, byte for byte. */
export interface RawResponse {
  status: number;
  /** The value of a header, whose name is given in lower case. */
  header(name: string): string | undefined;
  body: Buffer;
}

/** undici's raw headers (name, value, name, value …), or those of a handler of undici 7 and 8 by name. */
type Headers = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * Sends a request and reads the whole response.
 *
 * Not with `undici.request`: its stream and its abort signal cost a login as much CPU as all the rest.
 *
 * @throws {@link ThreadsNetworkError}
 * @throws TypeError where the dispatcher rejects the request or its handler
 */
export function sendRequest(
  dispatcher: UndiciDispatcher | undefined,
  request: Dispatcher.DispatchOptions,
  limits: Limits,
): Promise<RawResponse> {
  const { host, signal } = limits;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw abortError(host, signal);
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let headers: Headers = [];
    let attempts = limits.retry ? 2 : 1;
    let stopped: Error | undefined;
    let abort: ((reason: Error) => void) | undefined;

    const stop = (error: Error) => {
      // A dispatcher may report the abort as an error, in the same tick.
      if (stopped) return;
      stopped = error;
      unwatch();
      reject(error);
      abort?.(error);
    };
    const onConnect = (abortRequest: (reason: Error) => void) => {
      abort = abortRequest;
      // A request without a connection cannot be aborted, so one that has timed out is aborted here.
      if (stopped) abort(stopped);
    };
    const onHeaders = (statusCode: number, received: Headers) => {
      status = statusCode;
      headers = received;
      return true;
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > RESPONSE_LIMIT) stop(tooLarge(status));
      else chunks.push(chunk);
      return true;
    };
    const onComplete = () => {
      unwatch();
      const response = {
        status,
        header: (name: string) => headerIn(headers, name),
        body: Buffer.concat(chunks),
      };
      // undici marks the connection as free after this call, in a later turn of the event loop. A request that is sent
      // before that opens another connection. (Not `setImmediate`: fake timers of an app's tests replace it.)
      scheduler
        .yield()
        .then(() => scheduler.yield())
        .then(() => resolve(response));
    };
    const onError = (error: unknown) => {
      if (attempts > 0 && !stopped && status === 0 && isDeadConnection(error)) send();
      else stop(rejectedRequest(error) ?? networkError(error, host, status));
    };
    // undici 6 calls the methods of the first half, undici 8 those of the second; undici 7 takes both.
    const handler: Dispatcher.DispatchHandler = {
      onConnect,
      onHeaders,
      onData,
      onComplete,
      onError,

      onRequestStart: (controller) => onConnect((reason) => controller.abort(reason)),
      onResponseStart: (_controller, statusCode, received) => void onHeaders(statusCode, received),
      onResponseData: (_controller, chunk) => void onData(chunk),
      onResponseEnd: onComplete,
      onResponseError: (_controller, error) => onError(error),
    };
    const send = () => {
      attempts -= 1;
      try {
        (dispatcher ?? globalDispatcher()).dispatch(request, handler);
      } catch (error) {
        onError(error);
      }
    };

    const unwatch = watch(limits, stop);
    send();
  });
}

function headerIn(headers: Headers, name: string): string | undefined {
  if (Array.isArray(headers)) {
    const at = headers.findIndex(
      (key, i) => i % 2 === 0 && key.length === name.length && String(key).toLowerCase() === name,
    );
    return at === -1 ? undefined : String(headers[at + 1]);
  }
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  return found && String(found[1]);
}

/** Stops when the time is up or the signal aborts. Returns what ends the watch. */
function watch({ host, timeout, signal }: Limits, stop: (error: ThreadsNetworkError) => void): () => void {
  const late = () => stop(new ThreadsNetworkError('TIMEOUT', `${host} did not answer within ${timeout} ms`));
  const timer = setTimeout(late, timeout);
  if (!signal) return () => clearTimeout(timer);

  const unlisten = onAbort(signal, () => stop(abortError(host, signal)));
  return () => {
    clearTimeout(timer);
    unlisten();
  };
}

const abortListeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls a listener when a signal aborts, which it has not done yet.
 *
 * All listeners of a signal share one of the signal's own: Node.js 20 warns of a leak from the eleventh on. (The other way,
 * `AbortSignal.any` for each request, costs 10 µs, and 155 on Node.js 22.)
 *
 * @returns what ends the listening, so that a signal that outlives the request can be collected as before
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const known = abortListeners.get(signal);
  const listeners = known ?? new Set();
  if (!known) {
    abortListeners.set(signal, listeners);
    signal.addEventListener('abort', callAbortListeners);
  }
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    abortListeners.delete(signal);
    signal.removeEventListener('abort', callAbortListeners);
  };
}

function callAbortListeners(event: Event): void {
  for (const listener of abortListeners.get(event.target as AbortSignal) ?? []) listener();
}

function abortError(host: string, signal: AbortSignal): ThreadsNetworkError {
  return signal.reason?.name === 'TimeoutError'
    ? new ThreadsNetworkError('TIMEOUT', `${host} did not answer before the time limit of the signal`)
    : new ThreadsNetworkError('NETWORK', `The request to ${host} was aborted by its signal`);
}

/**
 * Reads the body of a response as text, without a byte order mark.
 *
 * @throws {@link ThreadsNetworkError} where it is compressed and cannot be decompressed within the limit
 */
export async function readText({ status, body, header }: RawResponse, host: string): Promise<string> {
  const coding = header('content-encoding')?.toLowerCase() ?? 'identity';
  if (coding === 'identity' || body.length === 0) return decodeUTF8(body);

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
    return decodeUTF8(await promisify<Buffer, object, Buffer>(decompress)(body, limit));
  } catch (error) {
    throw networkError(error, host, status);
  }
}

function decodeUTF8(bytes: Buffer): string {
  const text = bytes.toString();
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
