import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Gateway } from '../../example/serverless/local/gateway.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { watchChild } from '../support/child.js';
import { freePort } from '../support/free-port.js';

/** An app of the folder `apps` on its platform. Whatever answers a request is a process that can be replaced. */
export interface Platform {
  origin: string;
  simulator: ThreadsSimulator;
  /** Ends the process; the next request finds a new one, in which everything has to load. */
  replace(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an app of the folder `apps` that is a server of its own. */
export function startServer(app: string): Promise<Platform> {
  return startProgram(process.execPath, [fileOf(app)]);
}

/** Starts a program that listens on the port `PORT` and says so. */
export async function startProgram(
  program: string,
  args: readonly string[],
  settings: Record<string, string> = {},
): Promise<Platform> {
  const { simulator, environment } = await startSimulator();
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  // What runs these tests is not for the program.
  const env = { ...process.env, ...environment(origin), PORT: String(port), NODE_OPTIONS: '', ...settings };
  const start = async () => {
    const server = watchChild(spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    await server.printed('istening');
    return server;
  };

  let server = await start();
  const stop = async () => {
    server.child.kill();
    await server.exited;
  };
  return {
    origin,
    simulator,
    async replace() {
      await stop();
      server = await start();
    },
    async close() {
      await stop();
      await simulator.close();
    },
  };
}

/** Starts an app that is a function, behind a gateway that hands it events in some format. */
export async function startFunction(
  app: string,
  format?: ConstructorParameters<typeof Gateway>[2],
): Promise<Platform> {
  const { simulator, environment } = await startSimulator();
  const gateway = new Gateway(fileOf(app), (origin) => environment(origin), format);
  return {
    origin: await gateway.listen(),
    simulator,
    replace: () => gateway.replaceInstance(),
    async close() {
      await gateway.close();
      await simulator.close();
    },
  };
}

function fileOf(app: string): string {
  return fileURLToPath(new URL(`apps/${app}.mjs`, import.meta.url));
}

/** A simulator, and what makes an app sign people in through it. */
export async function startSimulator() {
  const simulator = createThreadsSimulator();
  await simulator.listen();
  /** What the app needs in its environment, and what the simulator must know of it. */
  const environment = (origin: string, callbackPath = '/auth/threads/callback') => {
    const callbackURL = origin + callbackPath;
    const { clientID, clientSecret } = simulatedApp;
    simulator.addApp({ ...simulatedApp, redirectURIs: [callbackURL] });
    return { STRATEGY: JSON.stringify({ clientID, clientSecret, callbackURL, ...simulator.endpoints }) };
  };
  return { simulator, environment };
}
