import type { Request } from 'express';

/** Another website in the same browser must not press the simulator's buttons. */
export function isCrossSite(req: Request): boolean {
  const site = req.get('sec-fetch-site');
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
