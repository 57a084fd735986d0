import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
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

  const clientID = appID();
  const clientSecret = appSecret();
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

  function appID(): string {
    const value = get('THREADS_APP_ID');
    if (mode === 'simulator' && !get('THREADS_APP_SECRET')) return value ?? simulatedApp.clientID;
    if (!value) {
      problems.push('THREADS_APP_ID is missing: App Dashboard → App settings → Basic → Threads App ID.');
    } else if (!/^\d+$/.test(value)) {
      problems.push(
        'THREADS_APP_ID must consist of digits only. It is App Dashboard → App settings → Basic → Threads App ID, not the App ID at the top, which belongs to Facebook.',
      );
    }
    return value ?? '';
  }

  function appSecret(): string {
    const value = intact('THREADS_APP_SECRET');
    if (mode === 'simulator' && !get('THREADS_APP_ID')) return value ?? simulatedApp.clientSecret;
    if (!value) {
      problems.push(
        'THREADS_APP_SECRET is missing: App Dashboard → App settings → Basic → Threads App secret.',
      );
    } else if (mode === 'threads' && value === simulatedApp.clientSecret) {
      problems.push('THREADS_APP_SECRET is that of the simulator, which everybody knows.');
    }
    return value ?? '';
  }

  function intact(name: string): string | undefined {
    const value = get(name);
    if (value && /[\s"']/.test(value)) {
      problems.push(`${name} has a space or a quotation mark in it. Copy it once more.`);
    }
    return value;
  }

  function callback(fallback: string): string {
    const value = get('THREADS_CALLBACK_URL');
    if (!value) {
      if (mode === 'threads') {
        problems.push(
          `THREADS_CALLBACK_URL is missing: App Dashboard → Use cases → Access the Threads API → Settings → Redirect Callback URLs, for example https://threads-login.test:3000${CALLBACK_PATH}.`,
        );
      }
      return fallback;
    }
    if (!URL.canParse(value)) {
      problems.push(
        `THREADS_CALLBACK_URL must be a whole URL, for example https://threads-login.test:3000${CALLBACK_PATH}.`,
      );
      return fallback;
    }
    const url = new URL(value);
    if (mode === 'threads' && url.protocol !== 'https:') {
      problems.push('THREADS_CALLBACK_URL must begin with https://, because Threads refuses plain http.');
    } else if (!['http:', 'https:'].includes(url.protocol)) {
      problems.push('THREADS_CALLBACK_URL must begin with https:// or http://.');
    }
    if (mode === 'threads' && isLocal(url.hostname)) {
      problems.push(
        `THREADS_CALLBACK_URL must not point to ${url.hostname}, which Threads refuses. Map a host name such as threads-login.test to 127.0.0.1 or use a tunnel; README.md says how.`,
      );
    }
    if (url.pathname !== CALLBACK_PATH && url.pathname !== `${CALLBACK_PATH}/`) {
      problems.push(
        `THREADS_CALLBACK_URL must have the path ${CALLBACK_PATH}, where this app listens (CALLBACK_PATH in src/config.ts).`,
      );
    }
    if (url.search || url.hash || url.username || url.password || /[?#]$/.test(value)) {
      problems.push(
        'THREADS_CALLBACK_URL must end after its path: no query, no fragment and no user name. Threads compares it to the letter.',
      );
    }
    return value;
  }

  function scopes(name: string, fallback: string): string[] {
    const list = (get(name) ?? fallback).split(/[\s,]+/).filter(Boolean);
    const wrong = list.filter((scope) => !/^[a-z0-9_]+$/.test(scope));
    if (wrong.length > 0) {
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
    } else if (value.length < 32) {
      problems.push(`SESSION_SECRET must have at least 32 characters. ${make}`);
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

function isLocal(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname.startsWith('127.') ||
    hostname === '[::1]' ||
    hostname === '0.0.0.0'
  );
}
