import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs, styleText } from 'node:util';
import {
  createThreadsSimulator,
  type SimulatedApp,
  type SimulatedEndpoints,
  simulatedApp,
  type ThreadsSimulator,
  type ThreadsSimulatorOptions,
} from './index.js';

const HELP = `Usage: passport-threads-oauth2 simulator [options]

Runs a Threads on this machine, for development and tests.

It has the authorization window, the token endpoints, debug_token and /me, with
Threads' own answers, errors included, and keeps everything in memory.

Options:
  --port NUMBER      The port; 0 takes any that is free. Default: 4000
  --host ADDRESS     The address to listen on. Default: 127.0.0.1
  --allow-host NAME  A further host name that requests may use, such as the name
                     of a container. May be repeated
  --app ID:SECRET:REDIRECT_URI
                     An app. May be repeated, also for further redirect URIs of
                     the same app. Default: the app below
  --config FILE      JSON with "apps", "users" and "hosts", as the options of
                     createThreadsSimulator
  --help             Show this

The app, unless --app or the file names others:
  ${simulatedApp.clientID}, secret ${simulatedApp.clientSecret}, redirect URIs
  ${simulatedApp.redirectURIs.join('\n  ')}

Once it runs:
  GET  /health       Answers 200: it is ready
  GET  /             Who lives here, and which apps they let in
  GET  /_simulator   The control API: answer the window, issue and end tokens,
                     let endpoints fail, travel in time, list the requests

Examples:
  passport-threads-oauth2 simulator --port 0
  passport-threads-oauth2 simulator --app 1:s3cret:http://localhost:3000/login
`;

/**
 * Runs a simulator until SIGINT or SIGTERM.
 * @returns the exit code
 * @throws for options or settings that are wrong, and when the address cannot be listened on
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4000' },
      host: { type: 'string', default: '127.0.0.1' },
      'allow-host': { type: 'string', multiple: true, default: [] },
      app: { type: 'string', multiple: true, default: [] },
      config: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const settings = values.config === undefined ? {} : readSettings(values.config);
  const apps =
    settings.apps || values.app.length > 0 ? withApps(settings.apps ?? [], values.app) : [simulatedApp];
  const ownName = /^[\d.]+$|:/.test(values.host) ? [] : [values.host];
  const simulator = createThreadsSimulator({
    ...settings,
    apps,
    hosts: [...(settings.hosts ?? []), ...ownName, ...values['allow-host']],
  });

  const server = createServer((req, res) => {
    logRequest(req, res);
    simulator.handler(req, res);
  });
  await listen(server, readPort(values.port), values.host);
  process.stdout.on('error', () => {
    // Whoever read the log has gone; the simulator is still of use.
  });
  greet(simulator, originOf(server), apps);
  await stopSignal();
  server.close();
  server.closeAllConnections();
  return 0;
}

function readSettings(file: string): ThreadsSimulatorOptions {
  let settings: unknown;
  try {
    settings = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // JSON.parse quotes what it could not read, which may hold a secret.
    const why = error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message;
    throw new Error(`${file} could not be read: ${why}`);
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new Error(`${file} must hold an object with "apps", "users" and "hosts"`);
  }
  for (const [name, value] of Object.entries(settings)) {
    if (!['apps', 'users', 'hosts'].includes(name) || !Array.isArray(value)) {
      throw new Error(
        `${file}: there are "apps", "users" and "hosts", each a list, and "${name}" is not one`,
      );
    }
  }
  return settings;
}

function withApps(apps: readonly SimulatedApp[], specs: readonly string[]): SimulatedApp[] {
  const all = apps.map((app) => ({ ...app }));
  for (const spec of specs) {
    const [, clientID = '', clientSecret = '', redirectURI = ''] = /^([^:]*):([^:]*):(.+)$/.exec(spec) ?? [];
    if (redirectURI === '') throw new Error('--app must be ID:SECRET:REDIRECT_URI');
    const known = all.find((app) => app.clientID === clientID);
    if (!known) all.push({ clientID, clientSecret, redirectURIs: [redirectURI] });
    else if (known.clientSecret === clientSecret) known.redirectURIs = [...known.redirectURIs, redirectURI];
    else throw new Error(`--app: the app ${clientID} has another secret already`);
  }
  return all;
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) throw new Error('--port must be a number from 0 to 65535');
  return port;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `Port ${port} is taken: choose another with --port, or --port 0 for any that is free`;
      reject(error.code === 'EADDRINUSE' ? new Error(taken) : error);
    });
    server.listen(port, host, resolve);
  });
}

function originOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function greet(simulator: ThreadsSimulator, origin: string, apps: readonly SimulatedApp[]): void {
  const endpoints: SimulatedEndpoints = simulator.endpointsAt(origin);
  const lines = [
    paint('bold', `Simulated Threads at ${origin}`),
    '',
    `THREADS_AUTHORIZATION_URL=${endpoints.authorizationURL}`,
    `THREADS_TOKEN_URL=${endpoints.tokenURL}`,
    `THREADS_GRAPH_URL=${endpoints.graphURL}`,
    '',
    JSON.stringify(endpoints),
    '',
    ...apps.map(({ clientID, redirectURIs }) => `App ${clientID} returns to ${redirectURIs.join(', ')}`),
    `Control API: ${origin}/_simulator`,
    'Ctrl+C stops it.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** One line a request, without its query, which holds secrets. */
function logRequest(req: IncomingMessage, res: ServerResponse): void {
  const path = req.url?.split('?')[0] ?? '/';
  if (path === '/health') return;
  const start = performance.now();
  res.once('close', () => {
    const milliseconds = Math.round(performance.now() - start);
    const status = res.headersSent ? String(res.statusCode) : 'no answer';
    const fine = res.writableFinished && res.statusCode < 400;
    process.stdout.write(
      `${req.method} ${path} ${paint(fine ? 'green' : 'red', status)} ${milliseconds} ms\n`,
    );
  });
}

function paint(format: 'bold' | 'green' | 'red', text: string): string {
  const coloured = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
  return coloured ? styleText(format, text) : text;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
