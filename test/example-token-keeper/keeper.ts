import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulatedApp } from '../../lib/simulator/index.js';
import { freePorts, type Opened, type Program, run } from '../instances/programs.js';

const ROOT = fileURLToPath(new URL('../../example/token-keeper/', import.meta.url));

export const BOARD_PASSWORD = 'a password for the board';

/** One process of the token keeper. */
export interface Keeper extends Program {
  origin: string;
}

/** The settings of a keeper that listens at this port, and `env`. */
export function keeperEnv(port: number, env: Record<string, string>): NodeJS.ProcessEnv {
  return {
    ...process.env,
    THREADS_APP_ID: simulatedApp.clientID,
    THREADS_APP_SECRET: simulatedApp.clientSecret,
    SESSION_SECRET: 'one secret for all the instances of an app',
    KEEPER_BOARD_PASSWORD: BOARD_PASSWORD,
    KEEPER_PORT: String(port),
    KEEPER_POLL_SECONDS: '1',
    ...env,
  };
}

/** Starts the token keeper as a process of its own. */
export async function startKeeper(env: Record<string, string>): Promise<Keeper> {
  const [port] = (await freePorts(1)) as [number];
  const program = await run(process.execPath, ['--import', 'tsx', 'src/main.ts'], /"keeping tokens"/, {
    cwd: ROOT,
    env: keeperEnv(port, env),
  });
  return Object.assign(program, { origin: `http://127.0.0.1:${port}` });
}

/** A Redis that forgets everything when it stops. */
export interface ForgetfulRedis {
  url: string;
  stop(): Promise<void>;
  /** Stops it if it runs, and starts it at the same address. */
  restart(): Promise<void>;
}

export async function startForgetfulRedis(opened: Opened, folder: string): Promise<ForgetfulRedis> {
  const [port] = await freePorts(1);
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const start = () => run('redis-server', args, /Ready to accept connections/);
  let redis = await start();
  const stop = async () => {
    await redis.kill();
    rmSync(join(folder, 'dump.rdb'), { force: true });
  };
  opened.add(stop);
  return {
    url: `redis://127.0.0.1:${port}`,
    stop,
    async restart() {
      await stop();
      redis = await start();
    },
  };
}
