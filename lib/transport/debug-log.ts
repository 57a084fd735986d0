import { subscribe } from 'node:diagnostics_channel';
import { redactURL } from './redact.js';

type Method = (...args: unknown[]) => unknown;

/** What is used of undici's own request object, which goes to the writer and to the log alike. */
type LoggedRequest = { path: string } & Record<string, string | Method>;

// From the first of these calls on (undici 6 and 7; undici 8), the writer has read the path.
const AFTER_WRITER = ['onConnect', 'onError', 'onRequestStart', 'onResponseError'];

/**
 * Takes the secrets out of the URLs that undici logs under `NODE_DEBUG=undici`, `fetch` or `websocket`: Threads
 * wants tokens in the query.
 *
 * The logger cannot be kept away, since the undici inside Node subscribes its own as soon as the app has used
 * `fetch`, and a channel calls its subscribers in that order. So the request itself changes its face: undici reads
 * the path once to write it, calls `onConnect`, and only then publishes what the loggers print.
 */
export function redactDebugLog(): void {
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: LoggedRequest };
    const { path } = request;
    const redacted = redactURL(path);
    if (redacted === path) return;

    let written = false;
    Object.defineProperty(request, 'path', { get: () => (written ? redacted : path) });
    for (const name of AFTER_WRITER) {
      const method = request[name];
      if (typeof method !== 'function') continue;
      request[name] = function (this: unknown, ...args: unknown[]) {
        written = true;
        return method.apply(this, args);
      };
    }
  });
}
