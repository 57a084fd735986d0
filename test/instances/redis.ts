import { freePorts, type Opened, run } from './programs.js';

/**
 * Starts a Redis that keeps nothing on disk.
 *
 * @returns its URL
 */
export async function startRedis(opened: Opened, folder: string): Promise<string> {
  const [port] = await freePorts(1);
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const redis = await run('redis-server', args, /Ready to accept connections/);
  opened.add(() => redis.kill());
  return `redis://127.0.0.1:${port}`;
}
