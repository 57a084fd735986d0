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
 * Tells whether a URL is one of Threads itself, and not of a simulator or a proxy. The API answers at `threads.net` and
 * `threads.com` alike; the authorization window has moved to `threads.com`.
 *
 * Source: Threads, "Changelog".
 *
 * @param url - an absolute URL
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
