import type { Request } from 'express';
import type { ThreadsProfile } from '../threads/profile.js';

/** The token response, as the verify callback gets it. */
export interface TokenParams {
  /** The access token: the long-lived one with `longLived`. */
  access_token: string;
  /** The exact id of the person, as a string. */
  user_id?: string;
  /** Such as `bearer` (with `longLived`). */
  token_type?: string;
  /** Seconds until the token expires (always there with `longLived`). */
  expires_in?: number;
}

/** What a verify callback calls when it is done: with an error; with a user; or with `false` and why. */
export type VerifyCallback = (error?: unknown, user?: Express.User | false | null, info?: object) => void;

/**
 * What a verify callback returns: with three parameters, a promise of the user, or of `false` for "not this one"; with
 * `done`, nothing.
 */
export type VerifyResult = Promise<Express.User | false | null> | Promise<void> | void;

/**
 * The verify callback: `async (accessToken, refreshToken, profile) => user`, or with `done` as a fourth parameter.
 * How many parameters the function declares decides, as in passport-oauth2.
 */
export type VerifyFunction = (
  accessToken: string,
  refreshToken: string | undefined,
  profile: ThreadsProfile,
  done: VerifyCallback,
) => VerifyResult;

/** A verify callback that takes the token answer too: `(accessToken, refreshToken, params, profile, done)`. */
export type VerifyFunctionWithParams = (
  accessToken: string,
  refreshToken: string | undefined,
  params: TokenParams,
  profile: ThreadsProfile,
  done: VerifyCallback,
) => VerifyResult;

/** A {@link VerifyFunction} with the request in front (`passReqToCallback`). */
export type VerifyFunctionWithRequest = (req: Request, ...args: Parameters<VerifyFunction>) => VerifyResult;

/** A {@link VerifyFunctionWithParams} with the request in front (`passReqToCallback`). */
export type VerifyFunctionWithRequestAndParams = (
  req: Request,
  ...args: Parameters<VerifyFunctionWithParams>
) => VerifyResult;

/**
 * The same function where it returns the user. Beside {@link VerifyResult}, it lets a function return `false` and nothing
 * else, which TypeScript would read as a `boolean`, and it is what a wrong function is compared with.
 */
export type Returning<Verify extends (...args: never[]) => VerifyResult> = (
  ...args: Parameters<Verify>
) => Promise<Express.User | false | null>;

/** A verify callback whose form is not known yet. */
export type AnyVerify =
  | VerifyFunction
  | VerifyFunctionWithParams
  | VerifyFunctionWithRequest
  | VerifyFunctionWithRequestAndParams;
