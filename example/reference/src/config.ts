import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { simulatedApp } from 'passport-threads-oauth2/simulator';

/** Where Threads sends people back to after a sign-in (`auth.ts`, `popup.ts`), and after linking an account (`linking.ts`). */
export const CALLBACK_PATH = '/auth/threads/callback';
export const LINK_CALLBACK_PATH = '/auth/threads/link/callback';
export const POPUP_CALLBACK_PATH = '/auth/threads/popup/callback';

/** Where Meta's servers report a removal (`meta-callbacks.ts`). */
export const UNINSTALL_PATH = '/auth/threads/uninstall';
export const DELETION_PATH = '/auth/threads/delete';

/** The folder that holds `package.json`, `views` and `public`. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

// Known to everyone. What it encrypts are the tokens of a simulator, which are good for nothing else.
const SIMULATOR_TOKEN_KEY = Buffer.from('simulated tokens are no secrets!');

export interface Config {
  /** `'simulator'` signs people in on this machine, `'threads'` on the real thing. */
  mode: 'simulator' | 'threads';
  /** True unless NODE_ENV is `production`: pages show developers what the library says about a problem. */
  development: boolean;
  port: number;
  /** The origin that people open in their browser, taken from the callback URL. */
  publicURL: string;
  threads: {
    clientID: string;
    clientSecret: string;
    callbackURL: string;
    scope: string[];
    requiredScopes: string[];
  };
  /** Permissions that the settings page offers to ask for later. */
  optionalScopes: string[];
  /** What else must be registered with Threads, besides `threads.callbackURL`. */
  linkCallbackURL: string;
  popupCallbackURL: string;
  uninstallURL: string;
  deletionURL: string;
  /** Only in simulator mode: start one on a port (0: any free one), or use one that runs already. */
  simulator?: { port: number } | { url: string };
  sessionSecret: string;
  /** True when nobody gave a secret, so that sessions end with the process. */
  sessionSecretIsRandom: boolean;
  databaseURL: string;
  /** Encrypt the access tokens in the database: the first seals, all of them open. */
  tokenKeys: Buffer[];
  redisURL?: string;
  /** Express' `trust proxy`; never `true`, with which everyone could name an address and a protocol. */
  trustProxy: string | number | false;
  /** How many requests a minute one address may make under `/auth/threads`. A sign-in takes two. */
  signInLimit: number;
  /** Serve https ourselves, without a proxy in front. */
  https?: { key: Buffer; cert: Buffer };
}

/** Everything that is wrong with the configuration, not only the first thing. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: string[]) {
    super(
      [
        'The app has not started, because its configuration is not right:',
        '',
        ...problems.map((problem) => `  - ${problem}`),
        '',
        'Settings come from the environment or from a file named .env next to .env.example, which explains them.',
        'With no setting that begins with THREADS_, and without NODE_ENV=production, the app starts with a simulator.',
      ].join('\n'),
    );
  }
}

export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const get = (name: string) => env[name]?.trim() || undefined;

  const production = get('NODE_ENV') === 'production';
  const simulatorURL = origin('THREADS_SIMULATOR_URL');
  if (production && get('THREADS_SIMULATOR_URL')) {
    problems.push(
      'THREADS_SIMULATOR_URL must not be set with NODE_ENV=production: a simulator lets everybody sign in as anybody.',
    );
  }
  // Any of them counts, so that one with a typo in its name does not open the app to everybody.
  const configured = Object.keys(env).some((name) => name.startsWith('THREADS_') && get(name));
  const mode = production || (configured && !get('THREADS_SIMULATOR_URL')) ? 'threads' : 'simulator';

  if (mode === 'threads') problems.push(...askDoctor(env));
  const clientID = credential('THREADS_APP_ID', simulatedApp.clientID, 'THREADS_APP_SECRET');
  const clientSecret = credential('THREADS_APP_SECRET', simulatedApp.clientSecret, 'THREADS_APP_ID');
  const port = numberOf('PORT', 3000, 1, 65535);
  const https = certificate();
  const local = `${https ? 'https' : 'http'}://localhost:${port}`;
  const callbackURL = callback(`${local}${CALLBACK_PATH}`);
  const behindProxy = callbackURL.startsWith('https:') && !https;
  const publicURL = URL.canParse(callbackURL) ? new URL(callbackURL).origin : local;
  const redisURL = redis();

  const config: Config = {
    mode,
    development: !production,
    port,
    publicURL,
    threads: {
      clientID,
      clientSecret,
      callbackURL,
      scope: scopes(
        'THREADS_SCOPE',
        mode === 'simulator'
          ? 'threads_basic,threads_content_publish,threads_manage_insights'
          : 'threads_basic',
      ),
      requiredScopes: scopes('THREADS_REQUIRED_SCOPES', ''),
    },
    optionalScopes: scopes(
      'THREADS_OPTIONAL_SCOPES',
      mode === 'simulator' ? 'threads_read_replies,threads_manage_replies' : '',
    ),
    // Ends in a slash where the other one does, since Threads compares to the letter.
    linkCallbackURL: publicURL + LINK_CALLBACK_PATH + (callbackURL.endsWith('/') ? '/' : ''),
    popupCallbackURL: publicURL + POPUP_CALLBACK_PATH + (callbackURL.endsWith('/') ? '/' : ''),
    uninstallURL: publicURL + UNINSTALL_PATH,
    deletionURL: publicURL + DELETION_PATH,
    sessionSecret: sessionSecret(),
    sessionSecretIsRandom: !get('SESSION_SECRET'),
    databaseURL: database(),
    tokenKeys: tokenKeys(),
    redisURL,
    trustProxy: trustProxy(behindProxy),
    signInLimit: numberOf('SIGN_IN_LIMIT', 60, 1, 1_000_000),
    https,
  };
  if (mode === 'simulator') {
    config.simulator = simulatorURL
      ? { url: simulatorURL }
      : { port: numberOf('SIMULATOR_PORT', 0, 0, 65535) };
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;

  function credential(name: string, simulated: string, other: string): string {
    const value = get(name);
    // Beside a simulator that runs already, no id without its secret: the doctor asks for both at Threads.
    if (mode === 'simulator' && !value && get(other)) problems.push(`${name} is missing.`);
    return value ?? (mode === 'simulator' ? simulated : '');
  }

  function callback(fallback: string): string {
    const value = get('THREADS_CALLBACK_URL');
    // What it must be for Threads, the doctor says; this is about the routes of this app.
    if (!value || !URL.canParse(value)) return fallback;
    const { pathname, search } = new URL(value);
    if (pathname !== CALLBACK_PATH && pathname !== `${CALLBACK_PATH}/`) {
      problems.push(
        `THREADS_CALLBACK_URL must have the path ${CALLBACK_PATH}, where this app listens (CALLBACK_PATH in src/config.ts).`,
      );
    }
    if (search || value.endsWith('?')) {
      problems.push('THREADS_CALLBACK_URL must end after its path. Threads compares it to the letter.');
    }
    return value;
  }

  function scopes(name: string, fallback: string): string[] {
    const list = (get(name) ?? fallback).split(/[\s,]+/).filter(Boolean);
    // The others are the doctor's.
    if (name === 'THREADS_OPTIONAL_SCOPES' && !list.every((scope) => /^[a-z0-9_]+$/.test(scope))) {
      problems.push(`${name} must list permissions such as threads_basic, separated by commas.`);
    }
    return name === 'THREADS_SCOPE' ? [...new Set(['threads_basic', ...list])] : [...new Set(list)];
  }

  function sessionSecret(): string {
    const value = get('SESSION_SECRET');
    const make = 'Make one: node -e "console.log(crypto.randomBytes(32).toString(\'hex\'))"';
    if (!value) {
      if (mode === 'threads')
        problems.push(`SESSION_SECRET is missing; it signs the session cookie. ${make}`);
      else if (redisURL) problems.push(`SESSION_SECRET is missing; sessions in Redis need one. ${make}`);
    }
    return value ?? randomBytes(32).toString('hex');
  }

  function tokenKeys(): Buffer[] {
    const make = 'Make one: node -e "console.log(crypto.randomBytes(32).toString(\'base64url\'))"';
    const keys = get('TOKEN_KEYS')?.split(/\s*,\s*/);
    if (!keys) {
      if (mode === 'threads') {
        problems.push(`TOKEN_KEYS is missing; it encrypts the access tokens in the database. ${make}`);
      }
      return [SIMULATOR_TOKEN_KEY];
    }
    if (!keys.every((key) => /^[\w-]{43}$/.test(key))) {
      problems.push(
        `TOKEN_KEYS must be one or more keys of 32 bytes in base64url (43 characters), separated by commas. ${make}`,
      );
    }
    return keys.map((key) => Buffer.from(key, 'base64url'));
  }

  function numberOf(name: string, fallback: number, lowest: number, highest: number): number {
    const value = get(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < lowest || number > highest) {
      problems.push(`${name} must be a number from ${lowest} to ${highest}.`);
      return fallback;
    }
    return number;
  }

  function database(): string {
    const value = get('DATABASE_URL');
    // Of its own, so that the made-up people of the simulator never mix with people.
    if (!value) {
      const file = mode === 'simulator' ? 'simulator.sqlite' : 'users.sqlite';
      return pathToFileURL(join(ROOT, 'data', file)).href;
    }
    // Not repeated here, since it may hold a password.
    if (!/^(file|postgres|postgresql):/.test(value)) {
      problems.push('DATABASE_URL must begin with file: (SQLite) or postgres: (PostgreSQL).');
    }
    return value;
  }

  function origin(name: string): string | undefined {
    const value = get(name);
    if (value === undefined) return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (
      !url ||
      !['http:', 'https:'].includes(url.protocol) ||
      url.pathname !== '/' ||
      url.search ||
      url.hash
    ) {
      problems.push(`${name} must be the origin of a running simulator, for example http://localhost:4000.`);
      return undefined;
    }
    return url.origin;
  }

  function redis(): string | undefined {
    const value = get('REDIS_URL');
    if (value && !(URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol))) {
      problems.push('REDIS_URL must begin with redis:// or rediss://.');
      return undefined;
    }
    return value;
  }

  function certificate(): Config['https'] {
    const files = {
      HTTPS_KEY: get('HTTPS_KEY'),
      HTTPS_CERT: get('HTTPS_CERT'),
    };
    if (!files.HTTPS_KEY && !files.HTTPS_CERT) return undefined;
    const read = (name: keyof typeof files) => {
      const file = files[name];
      if (!file) {
        problems.push(`${name} is missing: https needs both HTTPS_KEY and HTTPS_CERT.`);
        return Buffer.alloc(0);
      }
      try {
        return readFileSync(resolve(ROOT, file));
      } catch (error) {
        problems.push(
          `${name}: cannot read ${resolve(ROOT, file)} (${(error as NodeJS.ErrnoException).code}).`,
        );
        return Buffer.alloc(0);
      }
    };
    return { key: read('HTTPS_KEY'), cert: read('HTTPS_CERT') };
  }

  // A tunnel runs on this machine, so its word counts unless TRUST_PROXY says otherwise.
  function trustProxy(behindProxy: boolean): Config['trustProxy'] {
    const value = get('TRUST_PROXY');
    if (value === undefined) return behindProxy ? 'loopback' : false;
    if (value === 'false') return false;
    if (/^\d+$/.test(value)) return Number(value);
    const names = ['loopback', 'linklocal', 'uniquelocal'];
    const known = (part: string) => names.includes(part) || isIP(part.split('/', 1)[0]!) !== 0;
    if (!value.split(/\s*,\s*/).every(known)) {
      problems.push(
        'TRUST_PROXY must be the number of proxies in front (1), or their addresses (loopback, 10.0.0.0/8).',
      );
      return false;
    }
    return value;
  }
}

/** What `npm run doctor` finds without asking Threads: the checks of every app that signs people in. */
function askDoctor(env: NodeJS.ProcessEnv): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('passport-threads-oauth2/package.json'));
  const command = [join(folder, 'bin/passport-threads-oauth2.js'), 'doctor', '--offline'];
  // Not where a .env is: `main.ts` has read it already.
  const options = { cwd: join(ROOT, 'src'), env, encoding: 'utf8' } as const;
  const { status, stdout, error } = spawnSync(process.execPath, command, options);
  if (status === 0) return [];
  const found = [...stdout.matchAll(/^ *✗ (.+)$/gm)].map(([, problem]) => problem!);
  return found.length > 0 ? found : [`The doctor could not be asked (${error?.message ?? status}).`];
}
