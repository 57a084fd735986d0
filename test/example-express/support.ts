import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createThreadsSimulator,
  simulatedApp,
  type ThreadsSimulator,
} from 'passport-threads-oauth2/simulator';
import { openPeople, type People } from '../../example/express/people.js';

// Not by its name: it says what `Express.User` is, as the app of example/reference does.
const { createApp } = (await import(new URL('../../example/express/app.ts', import.meta.url).href)) as {
  createApp: (env: NodeJS.ProcessEnv, people: People) => RequestListener;
};

export interface Example {
  origin: string;
  callbackURL: string;
  simulator: ThreadsSimulator;
  people: People;
  /** What the app wrote to its log. */
  log: string[];
  close(): Promise<void>;
}

/** The app and a simulator, each on a port of its own; the log of the process goes into `log`. */
export async function startExample(env: NodeJS.ProcessEnv = {}): Promise<Example> {
  const simulator = createThreadsSimulator();
  const simulatorURL = await simulator.listen();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callbackURL = `${origin}/auth/threads/callback`;
  simulator.addApp({
    ...simulatedApp,
    name: 'Spool',
    redirectURIs: [callbackURL],
    deauthorizeURL: `${origin}/auth/threads/uninstall`,
    dataDeletionURL: `${origin}/auth/threads/delete`,
  });

  const people = await openPeople(env.DATABASE_URL ?? 'file::memory:');
  const log: string[] = [];
  const { error } = console;
  console.error = (...words: unknown[]) => log.push(words.map(String).join(' '));
  const app = createApp(
    {
      THREADS_APP_ID: simulatedApp.clientID,
      THREADS_APP_SECRET: simulatedApp.clientSecret,
      THREADS_CALLBACK_URL: callbackURL,
      THREADS_SIMULATOR_URL: simulatorURL,
      THREADS_SCOPE: 'threads_basic,threads_content_publish,threads_manage_insights',
      SESSION_SECRET: 'a secret that is long enough for this',
      ...env,
    },
    people,
  );
  server.on('request', app);

  return {
    origin,
    callbackURL,
    simulator,
    people,
    log,
    async close() {
      console.error = error;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await simulator.close();
      people.close();
    },
  };
}
