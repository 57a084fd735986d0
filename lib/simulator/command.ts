import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { parseArgs, styleText } from 'node:util';
import { requireHostName } from './hosts.js';
import {
  createThreadsSimulator,
  type SimulatedApp,
  type SimulatedEndpoints,
  simulatedApp,
  type ThreadsSimulatorOptions,
} from './index.js';
import { Listener } from './listener.js';
import { notesOf } from './notes.js';

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
                     the same app. The redirect URI begins at the first http://
                     or https://. Default: the app below
  --config FILE      JSON with "apps", "users", "hosts" and "loggedIn", as the
                     options of createThreadsSimulator
  -h, --help         Show this

The app, unless --app or the file names others:
  ${simulatedApp.clientID}, secret ${simulatedApp.clientSecret}, redirect URIs
  ${simulatedApp.redirectURIs.join('\n  ')}
  (those of this machine with any port)

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
 * @throws for options or settings that are wrong, and when the address cannot be listened on; for options with a
 *   `code` that begins with `ERR_PARSE_ARGS`
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
  const host = values.host.replace(/^\[(.*)\]$/, '$1');
  const port = portOf(values.port);
  const settings = values.config === undefined ? {} : readSettings(values.config);
  const apps =
    settings.apps || values.app.length > 0 ? withApps(settings.apps ?? [], values.app) : [simulatedApp];
  const ownName = isIP(host) ? [] : [nameOf('--host', host)];
  const otherNames = values['allow-host'].map((name) => nameOf('--allow-host', name));
  const simulator = createThreadsSimulator({
    ...settings,
    apps,
    hosts: [...(settings.hosts ?? []), ...ownName, ...otherNames],
  });

  const listener = new Listener();
  const origin = await listener
    .listen(
      (req, res) => {
        logRequest(req, res);
        simulator.handler(req, res);
      },
      port,
      host,
    )
    .catch((error) => {
      throw new Error(whyNot(error, port, host));
    });
  process.stdout.on('error', () => {
    // The reader of a pipe has ended; the simulator goes on.
  });
  greet(simulator.endpointsAt(origin), apps);
  await stopSignal();
  await listener.close();
  return 0;
}

function readSettings(file: string): ThreadsSimulatorOptions {
  let settings: ThreadsSimulatorOptions;
  try {
    settings = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  } catch (error) {
    // JSON.parse quotes what it could not read, which may hold a secret.
    const why = error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message;
    throw new Error(`${file} could not be read: ${why}`);
  }
  try {
    createThreadsSimulator(settings);
  } catch (error) {
    throw error instanceof TypeError ? new Error(`${file}: ${error.message}`) : error;
  }
  return settings;
}

function withApps(apps: readonly SimulatedApp[], specs: readonly string[]): SimulatedApp[] {
  const all = apps.map((app) => ({ ...app }));
  for (const spec of specs) {
    const [, clientID = '', clientSecret = '', redirectURI = ''] =
      /^(\d{1,20}):(.+?):(https?:\/\/[^\s#]+)$/i.exec(spec) ?? [];
    if (!URL.canParse(redirectURI)) {
      throw misused(
        '--app must be ID:SECRET:REDIRECT_URI, such as 1:s3cret:http://localhost:3000/login: an ID of digits, and an http or https URL without a fragment',
      );
    }
    const known = all.find((app) => app.clientID === clientID);
    if (!known) all.push({ clientID, clientSecret, redirectURIs: [redirectURI] });
    else if (known.clientSecret === clientSecret) known.redirectURIs = [...known.redirectURIs, redirectURI];
    else throw misused(`--app: the app ${clientID} has another secret already`);
  }
  return all;
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) throw misused('--port must be a number from 0 to 65535');
  return port;
}

function nameOf(option: string, host: string): string {
  try {
    return requireHostName(host);
  } catch {
    throw misused(`${option} must be a host, such as simulator.test, without scheme and port`);
  }
}

/** An error like those of `parseArgs`, which end the command with 2. */
function misused(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' });
}

function whyNot({ code }: NodeJS.ErrnoException, port: number, host: string): string {
  return code === 'EADDRINUSE'
    ? `Port ${port} is taken: choose another with --port, or --port 0 for any that is free`
    : `Cannot listen on ${host}, port ${port} (${code}): choose others with --host and --port`;
}

function greet(endpoints: SimulatedEndpoints, apps: readonly SimulatedApp[]): void {
  const { origin } = new URL(endpoints.graphURL);
  const lines = [
    styleText('bold', `Simulated Threads at ${origin}`),
    '',
    `THREADS_SIMULATOR_URL=${origin}`,
    '',
    'or, one by one:',
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

/** One line a request, without its query, which holds secrets, and a line for each note about it. */
function logRequest(req: IncomingMessage, res: ServerResponse): void {
  const path = req.url?.split('?')[0] ?? '/';
  if (path === '/health') return;
  const start = performance.now();
  res.once('close', () => {
    const milliseconds = Math.round(performance.now() - start);
    const status = res.headersSent ? String(res.statusCode) : 'no answer';
    const ok = res.writableFinished && res.statusCode < 400;
    const line = `${req.method} ${path} ${styleText(ok ? 'green' : 'red', status)} ${milliseconds} ms`;
    process.stdout.write([line, ...notesOf(req).map((text) => `  ${text}`), ''].join('\n'));
  });
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
