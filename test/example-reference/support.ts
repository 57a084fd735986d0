import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createThreadsSimulator,
  simulatedApp,
  type ThreadsSimulator,
} from 'passport-threads-oauth2/simulator';
import { CookieJar } from 'tough-cookie';
import { createApp } from '../../example/reference/src/app.js';
import type { Endpoints } from '../../example/reference/src/auth.js';
import { type Config, loadConfig } from '../../example/reference/src/config.js';
import { connect, type Database, openDatabase } from '../../example/reference/src/database.js';
import type { Row, Statement } from '../../example/reference/src/sql.js';
import { createTokenVault } from '../../example/reference/src/token-vault.js';
import type { NewToken } from '../../example/reference/src/tokens.js';
import type { SignIn } from '../../example/reference/src/users.js';
import type { Postgres } from '../support/postgres.js';

export const ADA = '17841405793187219';
/** Not a tester of any app, so Threads will not let this person's token inspect itself. */
export const MATEO = '17841461237740961';

let server: Postgres | undefined;

export interface Example {
  origin: string;
  config: Config;
  simulator: ThreadsSimulator;
  database: Database;
  /** What the app wrote to its log. */
  log: string[];
  close(): Promise<void>;
}

/** The example app and a simulator, each on a port of its own. */
export async function startExample(
  env: NodeJS.ProcessEnv = {},
  options: { endpoints?: Endpoints } = {},
): Promise<Example> {
  const simulator = createThreadsSimulator();
  const simulatorURL = await simulator.listen();
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

  const config = loadConfig({
    THREADS_SIMULATOR_URL: simulatorURL,
    THREADS_CALLBACK_URL: `${origin}/auth/threads/callback`,
    DATABASE_URL: server ? await server.createDatabase() : 'file::memory:',
    ...env,
  });
  simulator.addApp({
    ...simulatedApp,
    redirectURIs: [config.threads.callbackURL, config.linkCallbackURL, config.popupCallbackURL],
    deauthorizeURL: config.uninstallURL,
    dataDeletionURL: config.deletionURL,
  });
  const database = await openDatabase(config.databaseURL, await createTokenVault(config.tokenKeys));
  const log: string[] = [];
  const endpoints = { ...simulator.endpoints, ...options.endpoints };
  http.on('request', createApp({ config, database, endpoints, log: (line) => log.push(line) }));

  return {
    origin,
    config,
    simulator,
    database,
    log,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await simulator.close();
      await database.close();
    },
  };
}

/** From now on `temporaryDatabase` is on this server. */
export function useServer(postgres: Postgres): void {
  server = postgres;
}

/** Whether `temporaryDatabase` is a SQLite file. */
export const isSQLite = () => server === undefined;

/**
 * The URL of a database without tables: a file that does not exist yet, in a folder that does not exist yet either, or
 * a database of the server that was given to `useServer`.
 */
export async function temporaryDatabase(): Promise<{ url: string; remove(): Promise<void> }> {
  if (server) return { url: await server.createDatabase(), remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'threads-example-'));
  return {
    url: pathToFileURL(join(folder, 'data', 'users.sqlite')).href,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs SQL of its own, as a program beside the app would. */
export async function sqlAt(url: string, statement: string | Statement): Promise<Row[]> {
  const db = connect(url);
  try {
    return (await db.execute(statement)).rows;
  } finally {
    await db.close();
  }
}

/** The database at `url`, with tokens that are sealed with the first of `keys`. */
export async function databaseAt(url: string, keys: Uint8Array[] = [KEY]): Promise<Database> {
  return openDatabase(url, await createTokenVault(keys));
}

/** 32 bytes. */
export const KEY = Buffer.alloc(32, 'key');

/** What a sign-in brings: the account `id`, and a token. */
export function signInOf(
  id: string,
  { token, ...details }: Omit<Partial<SignIn>, 'token'> & { token?: Partial<NewToken> } = {},
): SignIn {
  return { id, ...details, token: { accessToken: 'THQV-secret', ...token } };
}

export interface Page {
  status: number;
  /** Where the page is, after redirects. */
  url: string;
  headers: Headers;
  html: string;
}

/** A browser as far as sign-in needs one: cookies, redirects, and forms. */
export class Browser {
  readonly jar = new CookieJar();
  readonly #requested: URL[] = [];

  constructor(readonly origin: string) {}

  /** One request, redirects not followed. */
  async request(path: string, form?: Record<string, string> | [string, string][]): Promise<Page> {
    const url = new URL(path, this.origin);
    url.hash = '';
    this.#requested.push(url);
    const cookie = await this.jar.getCookieString(url.href);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: cookie ? { cookie } : {},
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const value of response.headers.getSetCookie()) await this.jar.setCookie(value, url.href);
    return { status: response.status, url: url.href, headers: response.headers, html: await response.text() };
  }

  /** The last value that this parameter had in the query of a request. */
  sent(parameter: string): string {
    return this.#requested.map((url) => url.searchParams.get(parameter)).findLast((value) => value !== null)!;
  }

  /** A page, with every redirect followed as a browser does it, fragments included. */
  async open(path: string, form?: Record<string, string> | [string, string][]): Promise<Page> {
    let page = await this.request(path, form);
    let hash = new URL(path, this.origin).hash;
    for (let hops = 0; page.headers.has('location'); hops++) {
      if (hops === 10) throw new Error(`too many redirects, the last one to ${page.url}`);
      const next = new URL(page.headers.get('location')!, page.url);
      // Fetch standard, "HTTP-redirect fetch": a location without a fragment inherits the current one.
      hash = next.href.includes('#') ? next.hash : hash;
      page = await this.request(next.href);
    }
    return { ...page, url: page.url + hash };
  }

  /** Presses "Continue with Threads" and answers the window. */
  async signIn({
    returnTo,
    user = ADA,
    scopes,
    decision = 'allow',
  }: {
    returnTo?: string;
    user?: string;
    scopes?: string[];
    decision?: 'allow' | 'cancel';
  } = {}): Promise<Page> {
    const query = returnTo === undefined ? '' : `?${new URLSearchParams({ returnTo })}`;
    const window = await this.open(`/auth/threads${query}`);
    const requested = new URL(window.url).searchParams.get('scope')?.split(',') ?? [];
    const ticked = (scopes ?? requested).map((scope): [string, string] => ['scope', scope]);
    return this.open(window.url, [['decision', decision], ['user', user], ...ticked]);
  }
}

/** The text of a page as a reader sees it, on one line. */
export function textOf({ html }: Page): string {
  return html
    .replace(/<head>.*?<\/head>/s, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&#34;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .replaceAll(' .', '.')
    .trim();
}
