import { randomBytes } from 'node:crypto';
import { simulatedApp } from 'passport-threads-oauth2/simulator';

/** Where Threads sends people back to. The route of the same name is in `auth/auth.controller.ts`. */
export const CALLBACK_PATH = '/auth/threads/callback';

/** What `ConfigService` knows. */
export interface Config {
  server: {
    port: number;
    /** The origin that people open in their browser, taken from the callback URL. */
    publicURL: string;
    /** True unless NODE_ENV is `production`: pages show developers what the library says about a problem. */
    development: boolean;
  };
  threads: { clientID: string; clientSecret: string; callbackURL: string; scope: string };
  /** Instead of Threads: a simulator to start on a port (0: any free one), or one that runs already. */
  simulator?: { port: number } | { url: string };
  session: {
    /** Signs the cookie that says who is signed in. */
    secret: string;
    secretIsRandom: boolean;
  };
  /** How many requests a minute one address may make under `/auth/threads`. A sign-in takes two. */
  signInLimit: number;
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

const WHERE = {
  THREADS_APP_ID: 'Dashboard: Use cases → Access the Threads API → Settings → "Threads App ID".',
  THREADS_APP_SECRET: 'Dashboard: Use cases → Access the Threads API → Settings → "Threads App Secret".',
  THREADS_CALLBACK_URL: `For example https://threads-login.test${CALLBACK_PATH}, registered in the dashboard to the letter.`,
};

export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const get = (name: string) => env[name]?.trim() || undefined;

  const names = ['THREADS_APP_ID', 'THREADS_APP_SECRET', 'THREADS_CALLBACK_URL'] as const;
  const production = get('NODE_ENV') === 'production';
  const simulatorURL = originOf('THREADS_SIMULATOR_URL');
  if (production && get('THREADS_SIMULATOR_URL')) {
    problems.push(
      'THREADS_SIMULATOR_URL must not be set with NODE_ENV=production: a simulator lets everybody sign in as anybody.',
    );
  }
  // Any of them counts, so that one with a typo in its name does not open the app to everybody.
  const configured = Object.keys(env).some((name) => name.startsWith('THREADS_') && get(name));
  const simulated = !production && (get('THREADS_SIMULATOR_URL') !== undefined || !configured);
  // Beside a simulator that runs already the callback may stand alone, but no id without its secret.
  const needed = simulated ? names.slice(0, 2).some(get) && names.slice(0, 2) : names;
  for (const name of needed || []) if (!get(name)) problems.push(`${name} is missing. ${WHERE[name]}`);

  if (!simulated && get('THREADS_APP_SECRET') === simulatedApp.clientSecret) {
    problems.push('THREADS_APP_SECRET is that of the simulator, which everybody knows.');
  }

  const port = numberOf('PORT', 3000, 1, 65535);
  const callbackURL = get('THREADS_CALLBACK_URL') ?? `http://localhost:${port}${CALLBACK_PATH}`;
  const url = URL.canParse(callbackURL) ? new URL(callbackURL) : undefined;
  const path = url?.pathname.replace(/\/$/, '');
  if (!url || !/^https?:$/.test(url.protocol) || path !== CALLBACK_PATH || url.search || url.hash) {
    problems.push(`THREADS_CALLBACK_URL must be a whole URL that ends in ${CALLBACK_PATH}.`);
  } else if (!simulated && url.protocol !== 'https:' && get('THREADS_CALLBACK_URL')) {
    problems.push('THREADS_CALLBACK_URL must begin with https://, because Threads refuses plain http.');
  }

  const secret = get('JWT_SECRET');
  if (!secret && production) {
    problems.push('JWT_SECRET is missing; it signs the cookie that says who is signed in.');
  }
  if (secret && secret.length < 32) problems.push('JWT_SECRET must have at least 32 characters.');

  const config: Config = {
    server: { port, publicURL: url?.origin ?? '', development: !production },
    threads: {
      clientID: get('THREADS_APP_ID') ?? simulatedApp.clientID,
      clientSecret: get('THREADS_APP_SECRET') ?? simulatedApp.clientSecret,
      callbackURL,
      scope:
        get('THREADS_SCOPE') ??
        (simulated ? 'threads_basic,threads_content_publish,threads_manage_insights' : 'threads_basic'),
    },
    signInLimit: numberOf('SIGN_IN_LIMIT', 60, 1, 1_000_000),
    session: { secret: secret ?? randomBytes(32).toString('hex'), secretIsRandom: !secret },
  };
  if (simulated) {
    config.simulator = simulatorURL
      ? { url: simulatorURL }
      : { port: numberOf('SIMULATOR_PORT', 0, 0, 65535) };
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;

  function numberOf(name: string, fallback: number, lowest: number, highest: number): number {
    const value = get(name) ?? String(fallback);
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < lowest || number > highest) {
      problems.push(`${name} must be a number from ${lowest} to ${highest}.`);
    }
    return number;
  }

  function originOf(name: string): string | undefined {
    const value = get(name);
    if (value === undefined) return undefined;
    if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
      problems.push(`${name} must be the origin of a running simulator, for example http://localhost:4000.`);
      return undefined;
    }
    return new URL(value).origin;
  }
}
