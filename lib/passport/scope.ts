/** One permission, or several: an array, or a string with commas or spaces between them. */
export type Scope = string | readonly string[];

/**
 * Brings a scope into the form that Threads wants: no repetitions, and `threads_basic`, which Threads always
 * requires, among them. Permissions that this library does not know pass.
 *
 * @param scope - the permissions to ask for
 * @returns the permissions, one an item
 * @throws TypeError for anything but strings
 *
 * Source: Threads, "Get Access Tokens and Permissions".
 */
export function normalizeScope(scope: Scope): string[] {
  const permissions = permissionsIn(scope, 'scope');
  return permissions.includes('threads_basic') ? permissions : ['threads_basic', ...permissions];
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
