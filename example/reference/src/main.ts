import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import dotenv from 'dotenv';
import type { Store } from 'express-session';
import { createApp } from './app.js';
import type { Endpoints } from './auth.js';
import { type Config, ConfigError, loadConfig, ROOT } from './config.js';
import { type Database, openDatabase } from './database.js';
import { SchemaError } from './schema.js';
import { createTokenVault, type TokenVault } from './token-vault.js';

/** A reason not to start that the person at the terminal can do something about. */
class StartError extends Error {}

// What has been opened, closed again in reverse order: the server first, the database last.
const opened: (() => unknown)[] = [];

try {
  dotenv.config({ path: join(ROOT, '.env'), quiet: true });
  await start(loadConfig(process.env));
} catch (error) {
  console.error(error instanceof ConfigError || error instanceof StartError ? error.message : error);
  await closeAll();
  process.exit(1);
}

async function start(config: Config): Promise<void> {
  const vault = await createTokenVault(config.tokenKeys);
  const database = await openDatabase(config.databaseURL, vault).catch((error: unknown) => {
    if (error instanceof SchemaError) throw new StartError(error.message);
    throw new StartError(
      `The database at ${withoutPassword(config.databaseURL)} cannot be opened (${codeOf(error)}). Check DATABASE_URL.`,
    );
  });
  opened.push(() => database.close());
  await refuseUnknownKeys(database, vault);

  const sessionStore = config.redisURL ? await openRedis(config.redisURL) : undefined;
  const endpoints = await openSimulator(config);
  const app = createApp({ config, database, endpoints, sessionStore });
  await listen(app, config);

  const lines =
    config.mode === 'simulator'
      ? [
          `Signing in against the simulator at ${new URL(endpoints.authorizationURL ?? '').origin}: no Meta app is needed.`,
          'To use Threads itself, fill in .env (see .env.example).',
        ]
      : [`Signing in against Threads with app ${config.threads.clientID}.`];
  if (config.sessionSecretIsRandom) {
    lines.push('SESSION_SECRET is not set, so everyone is signed out when the app restarts.');
  }
  console.log(['', `  Open ${config.publicURL}`, '', ...lines.map((line) => `  ${line}`), ''].join('\n'));

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      await closeAll();
      process.exit(0);
    });
  }
}

/** A token whose key is missing could never be used again, and nobody would notice before it is too late. */
async function refuseUnknownKeys({ tokens }: Database, vault: TokenVault): Promise<void> {
  const unknown = [...(await tokens.countByKey())].filter(([kid]) => !vault.keyIDs.includes(kid));
  if (unknown.length === 0) return;
  const lines = unknown.map(([kid, count]) => `  - ${count} with the key ${kid}`);
  throw new StartError(
    [
      'The database holds access tokens that none of TOKEN_KEYS opens:',
      '',
      ...lines,
      '',
      `TOKEN_KEYS has ${vault.keyIDs.join(', ')}. Add the missing key behind a comma: nothing has been lost.`,
      'If it is gone for good, delete these rows from the table tokens; their people have to sign in again.',
    ].join('\n'),
  );
}

async function listen(app: RequestListener, { https, mode, port }: Config): Promise<void> {
  let server: Server;
  try {
    server = https ? createHttpsServer(https, app) : createHttpServer(app);
  } catch {
    throw new StartError('HTTPS_KEY and HTTPS_CERT are not a private key and its certificate, both as PEM.');
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portError(error, 'PORT', port)));
    // With a simulator everybody can be anybody, so nobody on the network is to come by.
    server.listen({ port, host: mode === 'simulator' ? '127.0.0.1' : undefined }, resolve);
  });
  opened.push(() => {
    // Answers under way get five seconds; connections that wait for nothing get none.
    setTimeout(() => server.closeAllConnections(), 5000).unref();
    server.closeIdleConnections();
    return new Promise((resolve) => server.close(resolve));
  });
}

async function openRedis(url: string): Promise<Store> {
  const [{ createClient }, { RedisStore }] = await Promise.all([import('redis'), import('connect-redis')]);
  let connected = false;
  const client = createClient({
    url,
    // While Redis is away a request gets an error page at once, rather than waiting for it.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 5000,
      reconnectStrategy: (retries, cause) => (connected ? Math.min(100 * 2 ** retries, 3000) : cause),
    },
  });
  // Without a listener an 'error' event ends the process.
  client.on('error', (error: NodeJS.ErrnoException) => {
    if (connected) console.error(`Redis: ${error.code ?? error.message}`);
  });
  try {
    await client.connect();
  } catch (error) {
    const { host } = new URL(url);
    throw new StartError(
      `Redis at ${host} does not answer (${(error as NodeJS.ErrnoException).code ?? (error as Error).message}). Check REDIS_URL.`,
    );
  }
  connected = true;
  opened.push(() => client.close());
  return new RedisStore({ client, prefix: 'threads-example:' });
}

/** The addresses to talk to. Threads' own are the strategy's defaults, so there is nothing to say for them. */
async function openSimulator(config: Config): Promise<Endpoints> {
  const { simulator, threads } = config;
  if (!simulator) return {};
  if ('url' in simulator) {
    return {
      authorizationURL: `${simulator.url}/oauth/authorize`,
      tokenURL: `${simulator.url}/oauth/access_token`,
      graphURL: `${simulator.url}/v1.0`,
    };
  }
  const { createThreadsSimulator } = await import('passport-threads-oauth2/simulator');
  const { clientID, clientSecret, callbackURL } = threads;
  const server = createThreadsSimulator({
    apps: [
      {
        clientID,
        clientSecret,
        name: 'Spool',
        redirectURIs: [callbackURL, config.linkCallbackURL, config.popupCallbackURL],
        deauthorizeURL: config.uninstallURL,
        dataDeletionURL: config.deletionURL,
      },
    ],
  });
  await server.listen(simulator.port).catch((error: NodeJS.ErrnoException) => {
    throw portError(error, 'SIMULATOR_PORT', simulator.port);
  });
  opened.push(() => server.close());
  return server.endpoints;
}

function portError(error: NodeJS.ErrnoException, name: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} is in use. Stop the program that has it, or choose another: ${name}=${port + 1} npm start`,
      );
    case 'EACCES':
      return new StartError(
        `Port ${port} needs more rights than this process has. Choose one above 1023 with ${name}.`,
      );
    default:
      return error;
  }
}

async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      console.error(`While stopping: ${(error as Error).message}`);
    }
  }
}

/** Errors of the database may quote its whole address, so none of their words are repeated. */
function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return String(code ?? (cause instanceof Error ? codeOf(cause) : 'no answer'));
}

function withoutPassword(url: string): string {
  return url.startsWith('file:')
    ? url.split('?', 1)[0]!
    : URL.canParse(url)
      ? new URL(url).host
      : 'DATABASE_URL';
}
