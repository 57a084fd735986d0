import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';

const DAY = 24 * 60 * 60 * 1000;

/** A request that Threads has dealt with and not answered yet. */
export interface Dealt {
  /** Which of the two origins it came to. */
  door: number;
  path: string;
  /** The token in question. */
  token: string;
  status: number;
}

/** A simulator of Threads at two origins, that tells what it was asked about which token. */
export interface WatchedThreads {
  origins: [string, string];
  simulator: ThreadsSimulator;
  /** Everything that it was asked, in order. */
  dealt: Dealt[];
  /** Called before an answer is sent. */
  onDealt: ((dealt: Dealt) => void) | undefined;
  /** A person with a long-lived token of so many days ago. */
  person(id: string, daysOld: number): string;
  /** How often a token was refreshed with success. */
  refreshesOf(token: string): number;
  close(): Promise<void>;
}

export async function startThreads(): Promise<WatchedThreads> {
  const simulator = createThreadsSimulator({ users: [] });
  const refreshes = new Map<string, number>();
  const dealt: Dealt[] = [];

  const serverAt = (door: number) =>
    createServer((req, res) => {
      const { pathname: path, searchParams } = new URL(String(req.url), 'http://threads');
      const token = searchParams.get('input_token') ?? String(searchParams.get('access_token'));
      const { end } = res;
      res.end = ((...args: Parameters<typeof end>) => {
        const request = { door, path, token, status: res.statusCode };
        dealt.push(request);
        if (isRefresh(request)) refreshes.set(token, (refreshes.get(token) ?? 0) + 1);
        threads.onDealt?.(request);
        return end.apply(res, args);
      }) as typeof end;
      simulator.handler(req, res);
    });
  const servers = [serverAt(0), serverAt(1)] as const;
  const listen = async (server: Server) => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  const threads: WatchedThreads = {
    origins: await Promise.all([listen(servers[0]), listen(servers[1])]),
    simulator,
    dealt,
    onDealt: undefined,
    person(id, daysOld) {
      simulator.addUser({ id, username: `person${id}` });
      simulator.travel(-daysOld * DAY);
      try {
        return simulator.issueToken({ clientID: simulatedApp.clientID, userId: id, longLived: true });
      } finally {
        simulator.travel(daysOld * DAY);
      }
    },
    refreshesOf: (token) => refreshes.get(token) ?? 0,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
  return threads;
}

/** Whether a request was a refresh that worked. */
export function isRefresh({ path, status }: Dealt): boolean {
  return path === '/refresh_access_token' && status === 200;
}
