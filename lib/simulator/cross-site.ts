import type { Request } from 'express';

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
