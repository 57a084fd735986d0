import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answers, CODE, LONG_TOKEN, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { type FaultName, faults } from './faults.js';

const PATHS = {
  'POST /oauth/access_token': 'token',
  'GET /oauth/access_token': 'appToken',
  'GET /access_token': 'exchange',
  'GET /refresh_access_token': 'refresh',
  'GET /v1.0/debug_token': 'debug',
  'GET /v1.0/me': 'me',
} as const;

export type Endpoint = (typeof PATHS)[keyof typeof PATHS];

/** A name that takes more than one byte a letter, so that a broken one shows. */
export const NAME = 'Zoë Nguyễn 🐱';

const GOOD: Record<Endpoint, string> = {
  token: answers.token,
  appToken: JSON.stringify(answers.appToken),
  exchange: JSON.stringify(answers.exchange),
  refresh: JSON.stringify(answers.exchange),
  debug: JSON.stringify(answers.debug),
  me: JSON.stringify({ ...answers.me, id: USER_ID, name: NAME }),
};

const TOKENS = new Set<unknown>([SHORT_TOKEN, LONG_TOKEN, answers.appToken.access_token]);

/** A Threads of which one endpoint has one fault; which, its URL says. */
export interface FaultServer {
  /** The endpoints, named like the options of ThreadsStrategy; without a fault, all is well. */
  endpoints(endpoint?: Endpoint, fault?: FaultName): { tokenURL: string; graphURL: string };
  /** How often an endpoint was asked, with this fault or without. */
  count(endpoint: Endpoint, fault?: FaultName): number;
  /** The requests that went where only a redirect could lead. */
  readonly strays: readonly string[];
  /** The connections that were opened. */
  readonly connections: number;
  close(): Promise<void>;
}

/** Starts a {@link FaultServer} on a port of its own. */
export async function startFaultServer(): Promise<FaultServer> {
  const counts = new Map<string, number>();
  const strays: string[] = [];
  let connections = 0;

  const server = createServer(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://localhost');
    const [, faulty = '', fault = '', ...rest] = pathname.split('/').map(decodeURIComponent);
    const endpoint = PATHS[`${req.method} /${rest.join('/')}` as keyof typeof PATHS];
    if (!endpoint) {
      strays.push(req.url ?? '');
      return void res.writeHead(404).end();
    }
    const key = `${endpoint} ${fault}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);

    const form = await formOf(req);
    if (endpoint === faulty) return faults[fault as FaultName](req.socket, GOOD[endpoint]);
    const isKnown =
      endpoint === 'appToken' ||
      (endpoint === 'token' ? form.get('code') === CODE : isKnownToken(req, searchParams));
    res.writeHead(isKnown ? 200 : 400, { 'content-type': 'application/json' });
    res.end(
      isKnown ? GOOD[endpoint] : '{"error":{"message":"Who is this?","type":"OAuthException","code":190}}',
    );
  });
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    endpoints(endpoint, fault) {
      const base = `http://127.0.0.1:${port}/${endpoint ?? 'none'}/${encodeURIComponent(fault ?? 'none')}`;
      return { tokenURL: `${base}/oauth/access_token`, graphURL: `${base}/v1.0` };
    },
    count: (endpoint, fault) => counts.get(`${endpoint} ${fault ?? 'none'}`) ?? 0,
    strays,
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function formOf(req: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

function isKnownToken({ headers }: IncomingMessage, query: URLSearchParams): boolean {
  return TOKENS.has(query.get('access_token') ?? headers.authorization?.replace('Bearer ', ''));
}
