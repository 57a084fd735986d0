import type { Request } from 'express';
import type { SimulatedEndpoints } from './types.js';

/** The paths of an endpoint of Threads: it answers with its version and without one. */
export function threadsPaths(path: string): string[] {
  return [path, `/v1.0${path}`];
}

/** The one spelling of an endpoint's path: without its version and without a slash at the end. */
export function endpointOf(path: string): string {
  return path.replace(/^\/v\d+\.\d+(?=\/)/, '').replace(/(?<=.)\/$/, '');
}

/** The simulator's origin as the client named it in `Host`, with the path below which the handler is mounted. */
export function originOf(req: Request): string {
  const { localAddress, localPort } = req.socket;
  return `${req.protocol}://${req.get('host') ?? `${localAddress}:${localPort}`}${req.baseUrl}`;
}

/** @throws TypeError for what is no http or https URL */
export function endpointsAt(origin: string | URL): SimulatedEndpoints {
  const url = URL.canParse(String(origin)) ? new URL(origin) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new TypeError('endpointsAt takes an origin such as "http://127.0.0.1:4000"');
  }
  const base = url.origin + url.pathname.replace(/\/+$/, '');
  return {
    authorizationURL: `${base}/oauth/authorize`,
    tokenURL: `${base}/oauth/access_token`,
    graphURL: `${base}/v1.0`,
  };
}
