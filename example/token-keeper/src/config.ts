import { type Config, loadConfig } from 'threads-reference-example/config';

/** What the keeper shares with the Express example, and what is its own. */
export interface KeeperConfig {
  /** The Express example's: the Threads app, the database and its keys. */
  app: Config;
  /** The origin of a simulator; `undefined`: Threads itself. */
  simulator: string | undefined;
  redisURL: string;
  host: string;
  port: number;
  /** Protects the board of the queue; without one there is no board. */
  boardPassword?: string;
  /** The most tokens that all workers together look at in a second. Each may take two requests. */
  rate: number;
  /** The most tokens that this worker looks at side by side. */
  concurrency: number;
  /** Milliseconds between two searches for what is due. */
  pollEvery: number;
  /** The share of deaths among the last 200 looks from which no death is marked, in percent; 100: always mark. */
  fusePercent: number;
  /** Milliseconds for which a token is one worker's alone: longer than all of its requests may take. */
  lease: number;
}

/** Everything that is wrong with the settings. */
export class KeeperConfigError extends Error {
  override readonly name = 'KeeperConfigError';
}

/**
 * Reads the settings: those of the Express example, and the names that begin with `KEEPER_`.
 *
 * @throws ConfigError of the Express example
 * @throws {@link KeeperConfigError}
 */
export function loadKeeperConfig(env: NodeJS.ProcessEnv): KeeperConfig {
  const app = loadConfig(env);
  const problems: string[] = [];
  const get = (name: string) => env[name]?.trim() || undefined;

  const { redisURL, simulator, databaseURL } = app;
  if (!redisURL)
    problems.push('REDIS_URL is missing: the queue is in Redis, such as redis://localhost:6379.');
  if (simulator && !('url' in simulator)) {
    problems.push(
      'THREADS_SIMULATOR_URL is missing: the address of the simulator that issued the tokens. It is not for Threads itself, which needs THREADS_APP_ID and the other settings of the Express example.',
    );
  }
  if (databaseURL.includes(':memory:'))
    problems.push('DATABASE_URL must not be in the memory of one process.');
  const boardPassword = get('KEEPER_BOARD_PASSWORD');
  if (boardPassword && boardPassword.length < 16) {
    problems.push('KEEPER_BOARD_PASSWORD must have at least 16 characters.');
  }

  const config: KeeperConfig = {
    app,
    simulator: simulator && 'url' in simulator ? simulator.url : undefined,
    redisURL: redisURL ?? '',
    host: get('KEEPER_HOST') ?? '127.0.0.1',
    port: numberOf('KEEPER_PORT', 3900, 0, 65_535),
    boardPassword,
    rate: numberOf('KEEPER_RATE', 20, 1, 10_000),
    concurrency: numberOf('KEEPER_CONCURRENCY', 10, 1, 1000),
    pollEvery: numberOf('KEEPER_POLL_SECONDS', 60, 1, 86_400) * 1000,
    fusePercent: numberOf('KEEPER_FUSE_PERCENT', 5, 1, 100),
    lease: numberOf('KEEPER_LEASE_SECONDS', 60, 1, 3600) * 1000,
  };
  if (problems.length > 0) {
    throw new KeeperConfigError(
      ['The keeper has not started, because its settings are not right:', '', ...problems].join('\n  - '),
    );
  }
  return config;

  function numberOf(name: string, fallback: number, lowest: number, highest: number): number {
    const text = get(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    problems.push(`${name} must be a whole number from ${lowest} to ${highest}.`);
    return fallback;
  }
}
