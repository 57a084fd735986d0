import { request as requestHTTP } from 'node:http';
import { request as requestHTTPS } from 'node:https';
import { stringify } from 'node:querystring';
import type { Dispatcher } from 'undici';

/**
 * Sends a request with the http client of Node.js, and tells a handler of undici what becomes of it.
 *
 * It knows of a dispatcher what `exchange` asks for, and no more: no stream as a body, no upgrade.
 */
export const nodeDispatcher: Pick<Dispatcher, 'dispatch'> = {
  dispatch({ origin, path, query, method, headers, body }, handler) {
    const url = new URL(query ? `${path}?${stringify(query)}` : path, String(origin));
    const send = url.protocol === 'https:' ? requestHTTPS : requestHTTP;
    const request = send(url, { method, headers: headers as Record<string, string> });
    const fail = (error: Error) => handler.onError?.(error);
    request.on('error', fail);
    request.on('response', (response) => {
      const { statusCode = 0, statusMessage = '' } = response;
      const rawHeaders = response.rawHeaders.map((text) => Buffer.from(text, 'latin1'));
      handler.onHeaders?.(statusCode, rawHeaders, () => {}, statusMessage);
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => handler.onData?.(chunk));
      response.on('end', () => handler.onComplete?.([]));
    });
    handler.onConnect?.((reason) => request.destroy(reason));
    request.end(body);
    return true;
  },
};
