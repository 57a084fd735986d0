import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A port at which nobody listens. It is below those that systems hand out by themselves, so that no connection of another
 * test gets it in the meantime.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, () => resolve(true));
  });
  if (!isFree) return freePort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
