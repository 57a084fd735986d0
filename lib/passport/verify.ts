import type { Request } from 'express';
import type { ThreadsProfile } from '../threads/profile.js';

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
 * what both `params` and `profile` are, and the fourth as what both `profile` and `done` are (without the `name` that
 * every function has).
 */
export type VerifyFunction = (
  accessToken: string,
  refreshToken: string | undefined,
  paramsOrProfile: TokenParams & ThreadsProfile,
  profileOrDone: ThreadsProfile & VerifyCallback & { readonly name?: undefined },
  done: VerifyCallback,
) => unknown;

/** A {@link VerifyFunction} with the request in front (`passReqToCallback`). */
export type VerifyFunctionWithRequest = (req: Request, ...args: Parameters<VerifyFunction>) => unknown;

/** A verify function whose form is not known yet. */
export type AnyVerify = (...args: never[]) => unknown;

/** Calls the app's verify function with what it takes, and hands its outcome to `done`, once. */
export type VerifyCaller = (
  req: Request,
  accessToken: string,
  refreshToken: string | undefined,
  params: TokenParams,
  profile: ThreadsProfile | undefined,
  done: VerifyCallback,
) => void;

/**
 * Makes one form of all the forms of verify functions.
 *
 * @param verify - the app's function
 * @param passReqToCallback - whether it takes the request first
 * @returns a function that passes on the one outcome, whether `verify` calls back, returns a promise or throws
 */
export function verifyCaller(verify: AnyVerify, passReqToCallback: boolean): VerifyCaller {
  const form = formOf(verify, passReqToCallback ? 3 : 2);

  return (req, accessToken, refreshToken, params, profile, done) => {
    const finish = once(done);
    // To `done`, a reason that is falsy would be none.
    const refuse = (reason: unknown) =>
      finish(reason || new Error('The verify function failed without saying why'));
    const args = [
      ...(passReqToCallback ? [req] : []),
      accessToken,
      refreshToken,
      ...(form.params ? [params] : []),
      profile,
      ...(form.done ? [finish] : []),
    ];

    try {
      const outcome = Reflect.apply(verify, undefined, args) as unknown;
      if (isPromiseLike(outcome)) {
        outcome.then((user) => {
          // A function that takes `done` may call it later, after its promise.
          if (user !== undefined || !form.done) finish(null, user || false);
        }, refuse);
      } else if (!form.done) {
        refuse(new TypeError('The verify function must take `done` and call it, or return a promise'));
      }
    } catch (error) {
      refuse(error);
    }
  };
}

function once(done: VerifyCallback): VerifyCallback {
  let finished = false;
  return (...outcome) => {
    if (finished) return;
    finished = true;
    try {
      done(...outcome);
    } catch (error) {
      done(error);
    }
  };
}

/**
 * Tells which arguments a verify function takes, besides the `leading` ones. As in passport-oauth2, their number
 * decides; but of two, the second is either `done` or `profile`, and only the text of the function can tell which.
 */
function formOf(verify: AnyVerify, leading: number): { params: boolean; done: boolean } {
  const parameters = parametersOf(verify);
  const declared = verify.length - leading;
  // Adapters that take `...args` may give the function a length, and look for `done` at the end.
  if (parameters.at(-1)?.startsWith('...')) return { params: declared === 3, done: true };

  // The length of a function leaves out what comes after a default.
  const own = declared >= 2 ? declared : parameters.length - leading;
  if (own === 3) return { params: true, done: true };
  const [third = '', fourth = ''] = parameters.slice(leading);
  if (own === 2 && isProfile(fourth, third, verify)) return { params: true, done: false };
  return { params: false, done: own !== 1 };
}

function isProfile(parameter: string, before: string, verify: AnyVerify): boolean {
  const name = /^[$\p{ID_Continue}]*/u.exec(parameter)?.[0] ?? '';
  // Nobody takes `done` apart.
  if (parameter.startsWith('{') || /profile/i.test(name)) return true;
  if (name === '' || /done|callback|^cb$|next|verified/i.test(name)) return false;
  if (/^(_|\$)*param/i.test(before)) return true;
  if (/^(_|\$)*profile/i.test(before)) return false;
  const isAsync = Object.prototype.toString.call(verify) === '[object AsyncFunction]';
  const called = new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\s*(\\?\\.)?\\(`);
  return isAsync && !called.test(Function.prototype.toString.call(verify));
}

/** The parameters as the text of a function has them; native and bound functions show none. */
function parametersOf(verify: AnyVerify): string[] {
  const source = Function.prototype.toString.call(verify).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const parameters = [''];
  let depth = 1;
  for (const character of source.slice(source.indexOf('(') + 1)) {
    if (')]}'.includes(character)) depth -= 1;
    if (depth === 0) break;
    if (depth === 1 && character === ',') parameters.push('');
    else parameters.push(parameters.pop() + character);
    if ('([{'.includes(character)) depth += 1;
  }
  return parameters.map((parameter) => parameter.trim()).filter(Boolean);
}

function isPromiseLike(value: unknown): value is PromiseLike<Express.User | false | null | undefined> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
