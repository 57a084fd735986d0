import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Agent, request } from 'undici';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { startExample } from '../instances/example.js';
import { freePorts, type Opened, type Program, temporaryFolder } from '../instances/programs.js';
import { startRedis } from '../instances/redis.js';
import { type Inspector, inspect } from './inspector.js';
import type { Person } from './login.js';

/** The example in a process of its own, with Redis for its sessions, and a Threads in this process. */
export interface Rig {
  readonly origin: string;
  readonly example: Program;
  readonly inspector: Inspector;
  readonly threads: {
    readonly requests: number;
    readonly connections: number;
    /** Ends the connections that wait for a next request. */
    hangUp(): void;
  };
  /** Whether the example shows its first page. */
  answers(): Promise<boolean>;
}

/** Starts all that the logins of `people` need. */
export async function startRig(opened: Opened, people: readonly Person[]): Promise<Rig> {
  const folder = await temporaryFolder(opened);
  const REDIS_URL = await startRedis(opened, folder);
  const [port] = await freePorts(1);
  const origin = `http://127.0.0.1:${port}`;
  const callbackURL = `${origin}/auth/threads/callback`;

  const threads = await startThreads(opened, people, callbackURL);
  const example = await startExample(
    {
      PORT: String(port),
      THREADS_SIMULATOR_URL: threads.origin,
      THREADS_CALLBACK_URL: callbackURL,
      SESSION_SECRET: 'a secret for the sessions of a load test',
      SIGN_IN_LIMIT: '1000000',
      DATABASE_URL: pathToFileURL(join(folder, 'users.sqlite')).href,
      REDIS_URL,
    },
    ['--inspect=127.0.0.1:0'],
  );
  opened.add(() => example.kill());
  const inspector = await inspect(/ws:\/\/\S+/.exec(example.stderr)![0]);
  opened.add(() => inspector.close());

  return { origin, example, inspector, threads, answers: () => answers(origin) };
}

async function startThreads(opened: Opened, people: readonly Person[], callbackURL: string) {
  const simulator = createThreadsSimulator({
    apps: [{ ...simulatedApp, redirectURIs: [callbackURL] }],
    users: people,
  });
  const server = createServer(simulator.handler);
  let requests = 0;
  let connections = 0;
  server.on('request', () => requests++).on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.add(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    get connections() {
      return connections;
    },
    hangUp: () => server.closeIdleConnections(),
  };
}

async function answers(origin: string): Promise<boolean> {
  const dispatcher = new Agent();
  try {
    const { statusCode, body } = await request(origin, { dispatcher, headersTimeout: 10_000 });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  } finally {
    await dispatcher.close();
  }
}
