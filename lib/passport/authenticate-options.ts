import type { AuthenticateOptions } from 'passport';
import type { Scope } from '../threads/protocol.js';

/** Options of `passport.authenticate('threads', …)` that this strategy reads, besides Passport's own. */
export interface ThreadsAuthenticateOptions {
  /** The permissions to ask for this time, in place of the strategy's. */
  scope?: Scope | undefined;
  /**
   * Application state: any JSON value, back as `info.state`. With the option `state: false`, a string is the parameter
   * `state` itself, which the app verifies on its own.
   */
  state?: unknown;
  /** The redirect URI of this login, in place of the strategy's. */
  callbackURL?: string | undefined;
}

/**
 * Lets `passport.authenticate` take application state that is no string, which Passport's own types do not foresee:
 * `passport.authenticate('threads', authenticateOptions({ state: { returnTo: '/settings' } }))`.
 *
 * @param options - those of this strategy, and Passport's own
 * @returns the same options
 */
export function authenticateOptions(
  options: ThreadsAuthenticateOptions & Omit<AuthenticateOptions, keyof ThreadsAuthenticateOptions>,
): AuthenticateOptions {
  return options as AuthenticateOptions;
}
