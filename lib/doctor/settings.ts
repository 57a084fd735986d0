import { WHERE } from '../threads/error-messages.js';
import {
  AUTHORIZATION_URL,
  type Endpoints,
  GRAPH_URL,
  isFormerWindow,
  isThreadsURL,
  permissionsIn,
  TOKEN_URL,
} from '../threads/protocol.js';
import type { Environment } from './environment.js';
import { error, type Finding, ok, warning } from './finding.js';

/** What is known of an app: a setting that is wrong is missing here. */
export interface Settings {
  clientID?: string;
  clientSecret?: string;
  callbackURL?: string;
  scope: string[];
  testerAccessToken?: string;
  endpoints: Endpoints;
}

const MAKE_SECRET = 'Make one: node -e "console.log(crypto.randomBytes(32).toString(\'hex\'))"';

/** Secrets that stand in this package's pages and examples. */
const PUBLISHED_SECRETS = [
  'simulated-app-secret',
  'simulated-secret',
  's3cret',
  'secret',
  'known to everyone, and good for a simulator',
  'at-least-32-characters-that-nobody-can-guess',
  'at-least-32-characters-of-any-kind',
];

/** The settings of an app while they are checked, one check after the other. */
interface Checkup {
  /** A setting without the white space around it; an empty one counts as not set. */
  get: (name: string) => string | undefined;
  report: (finding: Finding) => void;
}

/**
 * Checks what can be told of the settings of an app without asking Threads.
 *
 * No value is quoted that could be a secret in the wrong place.
 *
 * @param env - the environment
 * @returns what was found, and the settings that are right
 *
 * Sources: Threads, "Get Access Tokens and Permissions" and "Get Started".
 */
export function readSettings(env: Environment): { settings: Settings; findings: Finding[] } {
  const findings: Finding[] = [];
  const checkup: Checkup = {
    get: (name) => env[name]?.trim() || undefined,
    report: (finding) => findings.push(finding),
  };
  checkProxy(env, checkup);
  const endpoints = checkEndpoints(checkup);
  const atThreads = isThreadsURL(endpoints.authorizationURL);
  const settings: Settings = {
    clientID: checkClientID(checkup),
    clientSecret: checkClientSecret(checkup, atThreads),
    callbackURL: checkCallbackURL(checkup, atThreads),
    scope: [...checkScopes('THREADS_SCOPE', checkup), ...checkScopes('THREADS_REQUIRED_SCOPES', checkup)],
    testerAccessToken: checkSecret('THREADS_TESTER_ACCESS_TOKEN', checkup),
    endpoints,
  };
  checkSessionSecret(checkup, atThreads);
  checkWhiteSpace(env, checkup);
  return { settings, findings };
}

function checkProxy(env: Environment, { report }: Checkup): void {
  const name = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => env[name]);
  if (name === undefined || env.NODE_USE_ENV_PROXY === '1') return;
  report(
    warning(
      `${name} is set, but Node.js goes through it only with NODE_USE_ENV_PROXY=1, from 22.21 and 24.0 on. With an older one, give the strategy a \`dispatcher\`.`,
    ),
  );
}

function checkEndpoints(checkup: Checkup): Endpoints {
  const simulator = checkURL('THREADS_SIMULATOR_URL', checkup);
  const at = (name: string, address: string) =>
    simulator === undefined
      ? (checkURL(name, checkup) ?? address)
      : new URL(new URL(address).pathname, simulator).href;
  const endpoints = {
    authorizationURL: at('THREADS_AUTHORIZATION_URL', AUTHORIZATION_URL),
    tokenURL: at('THREADS_TOKEN_URL', TOKEN_URL),
    graphURL: at('THREADS_GRAPH_URL', GRAPH_URL),
  };
  if (isFormerWindow(endpoints.authorizationURL)) {
    checkup.report(
      error(
        'THREADS_AUTHORIZATION_URL names threads.net, which redirects to www.threads.com and loses the query for some people, who then land on the home page. Leave it out, or change the host.',
      ),
    );
  }
  const others = Object.values(endpoints).filter((address) => !isThreadsURL(address));
  if (others.length > 0) {
    const hosts = [...new Set(others.map((address) => new URL(address).host))];
    checkup.report(warning(`This is not Threads itself, but ${hosts.join(', ')}.`));
  }
  return endpoints;
}

function checkURL(name: string, { get, report }: Checkup): string | undefined {
  const value = get(name);
  if (value === undefined) return undefined;
  const { protocol, username, password } = URL.canParse(value) ? new URL(value) : {};
  if ((protocol === 'https:' || protocol === 'http:') && !username && !password) {
    return value.replace(/\/+$/, '');
  }
  report(error(`${name} must be a whole URL that begins with https:// or http://, without a user name.`));
  return undefined;
}

function checkClientID({ get, report }: Checkup): string | undefined {
  const value = get('THREADS_APP_ID');
  if (!value) {
    report(error(`THREADS_APP_ID is missing: ${WHERE.clientID}.`));
    return undefined;
  }
  if (!/^\d+$/.test(value)) {
    report(
      error(
        `THREADS_APP_ID must consist of digits only. It is ${WHERE.clientID}, not the App ID at the top, which belongs to Facebook.`,
      ),
    );
    return undefined;
  }
  report(ok(`THREADS_APP_ID is a number: ${value}.`));
  return value;
}

function checkClientSecret(checkup: Checkup, atThreads: boolean): string | undefined {
  const { get, report } = checkup;
  if (!get('THREADS_APP_SECRET')) {
    report(error(`THREADS_APP_SECRET is missing: ${WHERE.clientSecret}.`));
    return undefined;
  }
  const value = checkSecret('THREADS_APP_SECRET', checkup);
  if (value === undefined) return undefined;
  if (atThreads && PUBLISHED_SECRETS.includes(value)) {
    report(
      error(
        `THREADS_APP_SECRET is the published secret of an example, for a simulator alone. Take yours: ${WHERE.clientSecret}. To use a simulator, set THREADS_SIMULATOR_URL.`,
      ),
    );
    return undefined;
  }
  report(ok('THREADS_APP_SECRET is there.'));
  return value;
}

function checkSecret(name: string, { get, report }: Checkup): string | undefined {
  const value = get(name);
  if (!value || !/[\s"']/.test(value)) return value;
  report(error(`${name} has a space or a quotation mark in it. Copy it once more.`));
  return undefined;
}

/** The value comes back where it is an http(s) URL, also with an error: the window is asked about it all the same. */
function checkCallbackURL({ get, report }: Checkup, atThreads: boolean): string | undefined {
  const name = 'THREADS_CALLBACK_URL';
  const value = get(name);
  const example = 'for example https://threads-login.test:3000/auth/threads/callback';
  if (!value) {
    report(error(`${name} is missing: ${WHERE.callbackURL}, ${example}.`));
    return undefined;
  }
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    report(error(`${name} must be a whole URL, to the letter as it is registered, ${example}.`));
    return undefined;
  }
  const { protocol, hostname, username, password } = new URL(value);
  if (value.includes('#') || username || password) {
    report(error(`${name} must have no fragment and no user name.`));
    return undefined;
  }
  if (protocol === 'https:') report(ok(`${name} is https: ${value}`));
  else {
    const text = `${name} must begin with https://: Threads refuses plain http (error_code 1349187).`;
    report(atThreads ? error(text) : warning(`For Threads itself, ${text}`));
  }
  if (isLocal(hostname)) {
    report(
      warning(
        `${name} points to ${hostname}. Whether the dashboard takes such an address is reported both ways: some apps have one, others are refused. Where yours is refused, map a host name such as threads-login.test to 127.0.0.1 and serve it with a local certificate, or use a tunnel.`,
      ),
    );
  }
  report(
    warning(
      value.endsWith('/')
        ? `${name} ends in a slash. Without the same slash in the dashboard Threads refuses it.`
        : 'The dashboard may have added a slash to the callback that you registered. It must be the same, to the letter.',
    ),
  );
  return value;
}

function isLocal(hostname: string): boolean {
  return isThisMachine(hostname) || hostname.endsWith('.localhost') || hostname === '0.0.0.0';
}

/** Tells whether a host name can be this machine alone, whatever a name server answers. */
export function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function checkScopes(name: string, { get, report }: Checkup): string[] {
  const list = permissionsIn(get(name) ?? '', name);
  // Every permission has an underscore, and no secret in the wrong place has: the list is shown in an address.
  if (list.every((scope) => /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(scope))) return list;
  report(error(`${name} must list permissions such as threads_basic, separated by commas.`));
  return [];
}

function checkSessionSecret({ get, report }: Checkup, atThreads: boolean): void {
  const value = get('SESSION_SECRET');
  if (value && value.length < 32) {
    report(error(`SESSION_SECRET must have at least 32 characters. ${MAKE_SECRET}`));
  } else if (atThreads && value && PUBLISHED_SECRETS.includes(value)) {
    report(error(`SESSION_SECRET is the published secret of an example. ${MAKE_SECRET}`));
  }
}

const NAMES = [
  'THREADS_APP_ID',
  'THREADS_APP_SECRET',
  'THREADS_CALLBACK_URL',
  'THREADS_SCOPE',
  'THREADS_REQUIRED_SCOPES',
  'THREADS_TESTER_ACCESS_TOKEN',
  'THREADS_SIMULATOR_URL',
  'THREADS_AUTHORIZATION_URL',
  'THREADS_TOKEN_URL',
  'THREADS_GRAPH_URL',
];

function checkWhiteSpace(env: Environment, { get, report }: Checkup): void {
  for (const name of NAMES) {
    if (get(name) === undefined || get(name) === env[name]) continue;
    report(error(`${name} has white space before or after its value. Take it away.`));
  }
}

/**
 * Says which secrets of the environment must stay here: where only a file in the folder names an address that is
 * neither Threads nor this machine, the secrets of the environment are not sent there.
 *
 * @param processEnv - the environment without the file
 * @param endpoints - where the secrets would go
 */
export function withholdSecrets(processEnv: Environment, { tokenURL, graphURL }: Endpoints): Finding[] {
  const secrets = ['THREADS_APP_SECRET', 'THREADS_TESTER_ACCESS_TOKEN'].filter((name) => processEnv[name]);
  const inEnvironment = ['THREADS_SIMULATOR_URL', 'THREADS_TOKEN_URL', 'THREADS_GRAPH_URL'].flatMap((name) =>
    processEnv[name] && URL.canParse(processEnv[name]) ? [new URL(processEnv[name]).origin] : [],
  );
  const others = [tokenURL, graphURL]
    .map((url) => new URL(url))
    .filter(({ href, hostname, origin }) => {
      return !isThreadsURL(href) && !isThisMachine(hostname) && !inEnvironment.includes(origin);
    });
  if (secrets.length === 0 || others.length === 0) return [];
  const hosts = [...new Set(others.map(({ host }) => host))].join(', ');
  return [
    error(
      `${secrets.join(' and ')} of the environment ${secrets.length > 1 ? 'were' : 'was'} not sent to ${hosts}, an address that only the file names. Take the address out of the file, or set it in the environment too.`,
    ),
  ];
}
