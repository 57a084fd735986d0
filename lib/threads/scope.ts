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
