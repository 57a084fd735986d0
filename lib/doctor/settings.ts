import {
  AUTHORIZATION_URL,
  GRAPH_URL,
  isFormerWindow,
  isThreadsURL,
  permissionsIn,
  TOKEN_URL,
} from '../threads/protocol.js';
import type { Environment } from './environment.js';
import { type Finding, fine, note, problem } from './finding.js';

/** What is known of an app: a setting that is wrong is missing here. */
export interface Settings {
  clientID?: string;
  clientSecret?: string;
  callbackURL?: string;
  scope: string[];
  testerAccessToken?: string;
  endpoints: Endpoints;
}

/** The options of the strategy that say where Threads is. */
export interface Endpoints {
  authorizationURL: string;
  tokenURL: string;
  graphURL: string;
}

const THREADS: Endpoints = {
  authorizationURL: AUTHORIZATION_URL,
  tokenURL: TOKEN_URL,
  graphURL: GRAPH_URL,
};

const BASIC = 'App Dashboard → App settings → Basic';
const REDIRECT_URIS =
  'App Dashboard → Use cases → Access the Threads API → Settings → Redirect Callback URLs';
const MAKE_SECRET = 'Make one: node -e "console.log(crypto.randomBytes(32).toString(\'hex\'))"';

/**
 * Checks what can be told of the settings of an app without asking Threads.
 *
 * An empty value counts as not set. No value is quoted that could be a secret, be it in the wrong place.
 *
 * @param env - the environment
 * @returns what was found, and the settings that are right
 *
 * Sources: Threads, "Get Access Tokens and Permissions" and "Get Started".
 */
export function readSettings(env: Environment): { settings: Settings; findings: Finding[] } {
  const findings: Finding[] = [];
  const padded = new Set<string>();
  const get = (name: string) => {
    const value = env[name]?.trim() || undefined;
    if (value !== undefined && value !== env[name]) padded.add(name);
    return value;
  };
  const accept = <T>(value: T, text: string): T => {
    findings.push(fine(text));
    return value;
  };
  const refuse = (text: string): undefined => {
    findings.push(problem(text));
  };

  proxy();
  const endpoints = readEndpoints();
  const real = isThreadsURL(endpoints.authorizationURL);
  const settings: Settings = {
    clientID: clientID(),
    clientSecret: clientSecret(),
    callbackURL: callbackURL(),
    scope: [...scopes('THREADS_SCOPE'), ...scopes('THREADS_REQUIRED_SCOPES')],
    testerAccessToken: secret('THREADS_TESTER_ACCESS_TOKEN'),
    endpoints,
  };
  sessionSecret();
  for (const name of padded) refuse(`${name} has white space before or after its value. Take it away.`);
  return { settings, findings };

  function proxy(): void {
    const name = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => env[name]);
    if (name === undefined || env.NODE_USE_ENV_PROXY === '1') return;
    findings.push(
      note(
        `${name} is set, but Node.js goes through it only with NODE_USE_ENV_PROXY=1, from 22.21 and 24.0 on. With an older one, give the strategy a \`dispatcher\`.`,
      ),
    );
  }

  function readEndpoints(): Endpoints {
    const simulator = url('THREADS_SIMULATOR_URL');
    const found: Endpoints = {
      authorizationURL: url('THREADS_AUTHORIZATION_URL') ?? THREADS.authorizationURL,
      tokenURL: url('THREADS_TOKEN_URL') ?? THREADS.tokenURL,
      graphURL: url('THREADS_GRAPH_URL') ?? THREADS.graphURL,
    };
    if (simulator !== undefined) {
      for (const [name, address] of Object.entries(THREADS)) {
        found[name as keyof Endpoints] = new URL(new URL(address).pathname, simulator).href;
      }
    }
    if (isFormerWindow(found.authorizationURL)) {
      findings.push(
        problem(
          'THREADS_AUTHORIZATION_URL names threads.net, which redirects to www.threads.com and loses the query for some people, who then land on the home page. Leave it out, or change the host.',
        ),
      );
    }
    const others = Object.values(found).filter((address) => !isThreadsURL(address));
    if (others.length > 0) {
      const hosts = [...new Set(others.map((address) => new URL(address).host))];
      findings.push(note(`This is not Threads itself, but ${hosts.join(', ')}.`));
    }
    return found;
  }

  function url(name: string): string | undefined {
    const value = get(name);
    if (value === undefined) return undefined;
    const { protocol, username, password } = URL.canParse(value) ? new URL(value) : {};
    if ((protocol === 'https:' || protocol === 'http:') && !username && !password) {
      return value.replace(/\/+$/, '');
    }
    return refuse(`${name} must be a whole URL that begins with https:// or http://, without a user name.`);
  }

  function clientID(): string | undefined {
    const value = get('THREADS_APP_ID');
    if (!value) return refuse(`THREADS_APP_ID is missing: ${BASIC} → Threads App ID.`);
    if (!/^\d+$/.test(value)) {
      return refuse(
        `THREADS_APP_ID must consist of digits only. It is ${BASIC} → Threads App ID, not the App ID at the top, which belongs to Facebook.`,
      );
    }
    return accept(value, `THREADS_APP_ID is a number: ${value}.`);
  }

  function clientSecret(): string | undefined {
    const value = secret('THREADS_APP_SECRET');
    if (!get('THREADS_APP_SECRET')) {
      return refuse(`THREADS_APP_SECRET is missing: ${BASIC} → Threads App secret.`);
    }
    return value && accept(value, 'THREADS_APP_SECRET is there.');
  }

  function secret(name: string): string | undefined {
    const value = get(name);
    if (!value || !/[\s"']/.test(value)) return value;
    return refuse(`${name} has a space or a quotation mark in it. Copy it once more.`);
  }

  function callbackURL(): string | undefined {
    const name = 'THREADS_CALLBACK_URL';
    const value = get(name);
    const example = 'for example https://threads-login.test:3000/auth/threads/callback';
    if (!value) return refuse(`${name} is missing: ${REDIRECT_URIS}, ${example}.`);
    if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
      return refuse(`${name} must be a whole URL, to the letter as it is registered, ${example}.`);
    }
    const { protocol, hostname, username, password } = new URL(value);
    if (value.includes('#') || username || password) {
      return refuse(`${name} must have no fragment and no user name.`);
    }

    const wrong: string[] = [];
    if (protocol !== 'https:') {
      wrong.push(`${name} must begin with https://: Threads refuses plain http (error_code 1349187).`);
    }
    if (isLocal(hostname)) {
      wrong.push(
        `${name} must not point to ${hostname}, which Threads refuses. Map a host name such as threads-login.test to 127.0.0.1 and serve it with a local certificate, or use a tunnel.`,
      );
    }
    if (real && wrong.length > 0) {
      findings.push(...wrong.map(problem));
      return undefined;
    }
    findings.push(...wrong.map((text) => note(`For Threads itself, ${text}`)));
    if (wrong.length === 0) findings.push(fine(`${name} is https, and not on localhost: ${value}`));
    findings.push(note(slash(value)));
    return value;
  }

  function slash(value: string): string {
    return value.endsWith('/')
      ? 'THREADS_CALLBACK_URL ends in a slash. Without the same slash in the dashboard Threads refuses it.'
      : 'The dashboard may have added a slash to the callback that you registered. It must be the same, to the letter.';
  }

  function scopes(name: string): string[] {
    const list = permissionsIn(get(name) ?? '', name);
    // Every permission has an underscore, and no secret in the wrong place has: the list is shown in an address.
    if (list.every((scope) => /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(scope))) return list;
    findings.push(problem(`${name} must list permissions such as threads_basic, separated by commas.`));
    return [];
  }

  function sessionSecret(): void {
    const value = env.SESSION_SECRET?.trim();
    if (value && value.length < 32) {
      findings.push(problem(`SESSION_SECRET must have at least 32 characters. ${MAKE_SECRET}`));
    }
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
