import type { Request } from 'express';
import type { ThreadsProfile } from './profile.js';

/** The token answer, as the verify function gets it. */
export interface TokenParams {
  /** The access token: the long-lived one with `longLived`. */
  access_token: string;
  /** The exact id of the person, as a string. */
  user_id?: string;
  /** Such as `bearer` (with `longLived`). */
  token_type?: string;
  /** Seconds until the token expires (with `longLived`). */
  expires_in?: number;
  /** Whatever else Threads sent. */
  [name: string]: unknown;
}

/** What a verify function calls when it is done: with an error; with a user; or with `false` and why. */
export type VerifyCallback = (error?: unknown, user?: Express.User | false | null, info?: object) => void;

/**
 * The app's verify function: `(accessToken, refreshToken, profile, done)`,
 * `(accessToken, refreshToken, params, profile, done)`, `async (accessToken, refreshToken, params, profile)` or
 * `async (accessToken, refreshToken, profile)`.
 *
 * TypeScript gives each parameter of an arrow function one type, whichever form it is. So the third is declared as
 * what both `params` and `profile` are, and the fourth as what both `profile` and `done` are.
 */
export type VerifyFunction = (
  accessToken: string,
  refreshToken: string | undefined,
  paramsOrProfile: TokenParams & ThreadsProfile,
  profileOrDone: ThreadsProfile & VerifyCallback,
  done: VerifyCallback,
) => unknown;

/** A {@link VerifyFunction} with the request in front (`passReqToCallback`). */
export type VerifyFunctionWithRequest = (req: Request, ...args: Parameters<VerifyFunction>) => unknown;

/** A verify function whose form is not known yet. */
export type AnyVerify = (...args: never[]) => unknown;

/**
 * Calls the app's verify function and hands its one outcome to `done`, whether it calls back, returns a promise
 * or throws.
 *
 * @param verify - the app's function
 * @param leading - the arguments that every form begins with
 * @param params - the token answer, for the forms that take it
 * @param profile - the person
 * @param done - called exactly once, unless `verify` never finishes
 */
export function callVerify(
  verify: AnyVerify,
  leading: readonly unknown[],
  params: TokenParams,
  profile: ThreadsProfile | undefined,
  done: VerifyCallback,
): void {
  let finished = false;
  const finish: VerifyCallback = (...outcome) => {
    if (finished) return;
    finished = true;
    try {
      done(...outcome);
    } catch (error) {
      done(error);
    }
  };

  // To `done`, a reason that is falsy would be none.
  const refuse = (reason: unknown) =>
    finish(reason || new Error('The verify function failed without saying why'));

  const form = formOf(verify, leading.length);
  const args = [...leading, ...(form.params ? [params] : []), profile, ...(form.done ? [finish] : [])];
  try {
    const outcome = Reflect.apply(verify, undefined, args) as unknown;
    if (!isPromiseLike(outcome)) {
      if (!form.done)
        finish(new TypeError('The verify function must take `done` and call it, or return a promise'));
      return;
    }
    outcome.then((user) => {
      // A function that takes `done` may call it later, after its promise.
      if (user !== undefined || !form.done) finish(null, user || false);
    }, refuse);
  } catch (error) {
    refuse(error);
  }
}

/**
 * Tells which arguments a verify function takes. As in passport-oauth2, their number decides; but a function with
 * four parameters (besides the request) is `(…, profile, done)` or `async (…, params, profile)`, and only its text
 * can tell which.
 */
function formOf(verify: AnyVerify, leading: number): { params: boolean; done: boolean } {
  const parameters = parametersOf(verify);
  const last = parameters.at(-1);
  const takesRest = last?.startsWith('...') === true;
  // The length of a function leaves out what comes after a default, and an adapter may have set it.
  const own = (takesRest ? verify.length : Math.max(verify.length, parameters.length)) - leading;
  if (own === 3) return { params: true, done: true };
  // Such adapters look for `done` at the end.
  if (takesRest) return { params: false, done: true };
  if (own === 1) return { params: false, done: false };
  if (own === 2 && last !== undefined && isProfile(last, verify)) return { params: true, done: false };
  return { params: false, done: true };
}

function isProfile(parameter: string, verify: AnyVerify): boolean {
  const name = /^[$\p{ID_Continue}]+/u.exec(parameter)?.[0];
  // Nobody takes `done` apart.
  if (name === undefined || /profile/i.test(name)) return true;
  if (/done|callback|^cb$|next|verified/i.test(name)) return false;
  const source = Function.prototype.toString.call(verify);
  const called = new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\s*(\\?\\.)?\\(`);
  const isAsync = Object.prototype.toString.call(verify) === '[object AsyncFunction]';
  return isAsync && !called.test(source.slice(source.indexOf(')')));
}

const TOKEN = /\/\*[\s\S]*?\*\/|\/\/.*|(['"`])(?:\\[\s\S]|(?!\1)[^\\])*\1|[\s\S]/g;

/** The parameters as the text of a function has them; none for a native or bound one. */
function parametersOf(verify: AnyVerify): string[] {
  const source = Function.prototype.toString.call(verify);
  const list = source.indexOf('(');
  if (source.slice(0, list).includes('=>')) return [];
  const parameters = [''];
  let depth = 0;
  for (const [token] of source.slice(list).matchAll(TOKEN)) {
    if (')]}'.includes(token)) depth -= 1;
    if (depth === 0 && token === ')') break;
    if (depth === 1 && token === ',') parameters.push('');
    else if (depth > 0 && !/^\/[/*]/.test(token)) parameters.push(`${parameters.pop()}${token}`);
    if ('([{'.includes(token)) depth += 1;
  }
  return parameters.map((parameter) => parameter.trim()).filter(Boolean);
}

function isPromiseLike(value: unknown): value is PromiseLike<Express.User | false | null | undefined> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
