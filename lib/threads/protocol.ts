import { httpURL, parseURL } from '../transport/request.js';

/** Where Threads is. */
export interface Endpoints {
  /** The authorization window. */
  authorizationURL: string;
  /** The token endpoint. */
  tokenURL: string;
  /** The Graph API, with its version. */
  graphURL: string;
}

/** The options for where Threads is. */
export type EndpointOptions = { [Name in keyof Endpoints | 'simulator']?: string | undefined };

/** Source: Threads, "Get Access Tokens and Permissions". */
export const AUTHORIZATION_URL = 'https://www.threads.com/oauth/authorize';

/** Source: Threads, "Get Access Tokens and Permissions". */
export const TOKEN_URL = 'https://graph.threads.net/oauth/access_token';

/** Source: Threads, "Threads Profiles". */
export const GRAPH_URL = 'https://graph.threads.net/v1.0';

/**
 * Finds the endpoints that options name: those of a simulator, or each of the three on its own.
 *
 * @param options - as the app gave them; an empty `simulator` counts as none
 * @returns the endpoints, without a slash at the end
 * @throws TypeError that names the option: an address that is wrong, `simulator` beside another address, or a simulator
 * under `NODE_ENV=production`
 */
export function resolveEndpoints({ simulator, ...given }: EndpointOptions): Endpoints {
  const { authorizationURL = AUTHORIZATION_URL, tokenURL = TOKEN_URL, graphURL = GRAPH_URL } = given;
  if (simulator === undefined || simulator === '') {
    return {
      authorizationURL: windowURL(authorizationURL),
      tokenURL: endpointURL('tokenURL', tokenURL),
      graphURL: endpointURL('graphURL', graphURL),
    };
  }
  const isOrigin = typeof simulator === 'string' && /^https?:\/\/[^\s/?#@\\]+\/?$/i.test(simulator);
  const origin = isOrigin ? parseURL(simulator)?.origin : undefined;
  if (origin === undefined) {
    throw new TypeError(
      `\`simulator\` must be an http(s) origin such as "http://127.0.0.1:4000", not ${JSON.stringify(simulator)}`,
    );
  }
  for (const name of ['authorizationURL', 'tokenURL', 'graphURL'] as const) {
    if (given[name] !== undefined) {
      throw new TypeError(`\`simulator\` and \`${name}\` contradict each other: leave one of them out`);
    }
  }
  if (process.env.NODE_ENV === 'production') {
    throw new TypeError('`simulator` is refused under NODE_ENV=production: a simulator signs anyone in');
  }
  return {
    authorizationURL: `${origin}/oauth/authorize`,
    tokenURL: `${origin}/oauth/access_token`,
    graphURL: `${origin}/v1.0`,
  };
}

/** The address of the authorization window, which may have a query that the parameters of a login are added to. */
function windowURL(value: string): string {
  const url = httpURL('authorizationURL', value);
  if (/#|[?&](client_id|redirect_uri|response_type|scope|state)=/.test(value)) {
    throw new TypeError(
      `\`authorizationURL\` must have no fragment, and none of the parameters that each login has of its own: ${JSON.stringify(value)}`,
    );
  }
  return url;
}

/**
 * Checks the URL of an endpoint that paths and queries are added to. A doubled slash would ask for another path, and
 * behind some proxies another host.
 *
 * @param name - the option that it came in
 * @returns the URL without a slash at the end
 * @throws TypeError
 */
export function endpointURL(name: 'tokenURL' | 'graphURL', value: string): string {
  const url = httpURL(name, value);
  if (/[?#\s]/.test(value) || new URL(value).pathname.includes('//')) {
    throw new TypeError(
      `\`${name}\` must have no query, no fragment, no white space and no doubled slash in its path: ${JSON.stringify(value)}`,
    );
  }
  return url;
}

/**
 * Tells whether a URL is one of Threads itself, and not of a simulator or a proxy. The API answers at `threads.net` and
 * `threads.com` alike; the authorization window has moved to `threads.com`.
 *
 * @param url - an absolute URL
 *
 * Source: Threads, "Changelog".
 */
export function isThreadsURL(url: string): boolean {
  return /^(.+\.)?threads\.(com|net)$/.test(new URL(url).hostname);
}

/**
 * Tells whether a URL names the former host of the authorization window. It redirects to the new one, and loses the
 * query for some people: that was observed and is not documented.
 *
 * @param authorizationURL - an absolute URL
 */
export function isFormerWindow(authorizationURL: string): boolean {
  return isThreadsURL(authorizationURL) && new URL(authorizationURL).hostname.endsWith('.net');
}

/** One permission, or several: an array, or a string with commas or spaces between them. */
export type Scope = string | readonly string[];

/**
 * Brings a scope into the form that Threads wants: each permission once, with `threads_basic`, which Threads always
 * requires, and joined with commas. Permissions that this library does not know pass.
 *
 * @param scope - the permissions to ask for
 * @param required - permissions to add where they are absent
 * @returns the parameter `scope`
 * @throws TypeError for anything but strings
 *
 * Source: Threads, "Get Access Tokens and Permissions".
 */
export function scopeParameter(scope: Scope, required: readonly string[] = []): string {
  const asked = [...permissionsIn(scope, 'scope'), ...required];
  return [...new Set(asked.includes('threads_basic') ? asked : ['threads_basic', ...asked])].join(',');
}

/**
 * Lists the permissions in a scope, each once.
 *
 * @param scope - the permissions
 * @param name - the option that they came in
 * @throws TypeError for anything but strings
 */
export function permissionsIn(scope: Scope, name: string): string[] {
  const parts: readonly unknown[] = Array.isArray(scope) ? scope : [scope];
  const permissions = parts.flatMap((part) => {
    if (typeof part !== 'string') throw new TypeError(`\`${name}\` must be a string or an array of strings`);
    return part.split(/[\s,]+/).filter(Boolean);
  });
  return [...new Set(permissions)];
}

/**
 * Takes off the `#_` that Threads ends its redirect with, where a client copied it along with the whole URL.
 *
 * @param value - the last parameter of the copied URL: the authorization code, or the `state`
 * @returns the value without `#_`, or `%23_`
 *
 * Source: Threads, "Get Access Tokens and Permissions".
 */
export function withoutFragment(value: string): string {
  return value.replace(/(#|%23)_$/, '');
}

/** The permissions that are known today. Meta adds to them. Source: Threads, "Get Access Tokens and Permissions". */
const PERMISSIONS = [
  'threads_basic',
  'threads_content_publish',
  'threads_read_replies',
  'threads_manage_replies',
  'threads_manage_insights',
  'threads_manage_mentions',
  'threads_keyword_search',
  'threads_location_tagging',
  'threads_delete',
  'threads_profile_discovery',
  'threads_share_to_instagram',
];

/**
 * Finds the permission that a name which is none was probably meant for, by the words that they share.
 *
 * @returns the nearest permission; empty where none is near; `undefined` for a known permission
 */
export function misspelt(permission: string): string | undefined {
  if (PERMISSIONS.includes(permission)) return undefined;
  const words = new Set(permission.toLowerCase().split('_'));
  let nearest = '';
  let most = 0;
  for (const known of PERMISSIONS) {
    const knownWords = known.split('_');
    const shared = knownWords.filter((word) => words.has(word)).length;
    const likeness = (2 * shared) / (knownWords.length + words.size);
    if (likeness > most) [nearest, most] = [known, likeness];
  }
  return nearest;
}
