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
