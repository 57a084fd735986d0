import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { startExample } from './example.js';
import { freePorts, Opened, temporaryFolder } from './programs.js';
import { startProxy } from './proxy.js';
import { startRedis } from './redis.js';

/** One process of the example. */
export interface Instance {
  /** Its address as the proxy writes it: `127.0.0.1:3001`. */
  readonly address: string;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
}

/** Two instances of the example behind one proxy, and a Threads for them. */
export interface Cluster {
  readonly origin: string;
  readonly instances: readonly [Instance, Instance];
  close(): Promise<void>;
}

/**
 * Starts two instances of the example behind a round-robin proxy.
 *
 * @param shared - `'nothing'`: each has its own sessions, session secret and database. `'sessions'`: Redis, one
 *   secret and one database for both
 */
export async function startCluster(shared: 'nothing' | 'sessions'): Promise<Cluster> {
  const opened = new Opened();
  try {
    const folder = await temporaryFolder(opened);
    const [port, ...ports] = (await freePorts(3)) as [number, number, number];
    const origin = `http://127.0.0.1:${port}`;
    const callbackURL = `${origin}/auth/threads/callback`;

    const simulator = createThreadsSimulator({ apps: [{ ...simulatedApp, redirectURIs: [callbackURL] }] });
    const THREADS_SIMULATOR_URL = await simulator.listen();
    opened.add(() => simulator.close());

    const env: Record<string, string> = {
      THREADS_SIMULATOR_URL,
      THREADS_CALLBACK_URL: callbackURL,
      DATABASE_URL: 'file::memory:',
      ...(shared === 'sessions' && {
        REDIS_URL: await startRedis(opened, folder),
        SESSION_SECRET: 'one secret for all the instances of an app',
        DATABASE_URL: pathToFileURL(join(folder, 'users.sqlite')).href,
      }),
    };
    const start = async (port: number): Promise<Instance> => {
      const program = await startExample({ ...env, PORT: String(port) });
      opened.add(() => program.kill());
      return { address: `127.0.0.1:${port}`, kill: () => program.kill() };
    };
    // Both have to settle, or the one that is still starting would be left behind.
    const started = await Promise.allSettled(ports.map(start));
    const instances = started.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    }) as [Instance, Instance];

    const addresses = instances.map(({ address }) => address);
    await startProxy(opened, folder, port, addresses);
    return { origin, instances, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
