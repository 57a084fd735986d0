import { isIPv4, isIPv6 } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { Refusal } from './errors.js';

/**
 * A host name as a `Host` header or an option may hold it, in the one spelling in which names are compared.
 * @returns `undefined` for what is no host name
 */
export function hostNameOf(host: string): string | undefined {
  if (/[/?#@\\\s]/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname.replace(/\.$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** @throws TypeError for what is no host name, or has a port */
export function requireHostName(host: string): string {
  const name = typeof host === 'string' ? hostNameOf(host) : undefined;
  if (name === undefined || /:\d+$/.test(host)) {
    throw new TypeError('hosts must hold names such as "simulator.test", without scheme and port');
  }
  return name;
}

/**
 * Lets in requests for this machine and for the names in `allowed` alone. Otherwise a website could point a name
 * of its own at 127.0.0.1 and read the simulator's answers in a visitor's browser (DNS rebinding).
 * @param allowed - read at each request
 */
export function requireKnownHost(allowed: ReadonlySet<string>): RequestHandler {
  return (req, _res, next) => {
    const header = req.headers.host;
    // Browsers always send one.
    if (header === undefined) return next();
    const name = hostNameOf(header);
    if (name !== undefined && (isLoopback(name) || name === localAddress(req.socket) || allowed.has(name))) {
      return next();
    }
    const message =
      'The simulator answers for this machine alone. If this host is yours, add its name to the option hosts of createThreadsSimulator, or start the command with --allow-host.';
    throw new Refusal(403, { error: { message, type: 'UnknownHost', code: 403 } }, message);
  };
}

function isLoopback(name: string): boolean {
  if (isIPv4(name)) return name.startsWith('127.');
  if (isIPv6(name)) return name === '::1';
  return name === 'localhost' || name.endsWith('.localhost');
}

function localAddress({ localAddress }: { localAddress?: string }): string | undefined {
  return localAddress?.replace(/^::ffff:/, '');
}

/**
 * Another website in the same browser must not press the simulator's buttons. Browsers say so in `Sec-Fetch-Site`, but
 * only to https and to this machine; to a simulator with another name they send `Origin` alone.
 */
export function isCrossSite(req: Request): boolean {
  const site = req.get('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = req.get('origin');
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === req.get('host'));
}
