import type { Request } from 'express';
import type { ThreadsProfile } from '../threads/profile.js';
import { isObject } from '../transport/json.js';
import { onPromise, reasonOf } from './from-callback.js';

/** The token answer, as the verify callback gets it. */
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

/** What a verify callback is told about a login. */
export interface VerifiedLogin {
  req: Request;
  accessToken: string;
  refreshToken: string | undefined;
  params: TokenParams;
  /** `undefined` with `skipUserProfile`. */
  profile: ThreadsProfile | undefined;
}

/** Calls the app's verify callback with what it takes: the user, or false, and the info that came with it. */
export type VerifyCaller = (login: VerifiedLogin) => Promise<[user: Express.User | false, info?: object]>;

const RETURNED_A_USER = 'The verify callback returned a user, but takes `done`: leave `done` out or call it';

/**
 * Makes one form of all the forms of verify callbacks.
 *
 * @param verify - the app's function
 * @param passReqToCallback - whether it takes the request first
 * @returns a function that ends every login once
 * @throws TypeError where the number of parameters is none of the forms'
 */
export function verifyCaller(verify: AnyVerify, passReqToCallback: boolean): VerifyCaller {
  const { takesParams, takesDone } = arityOf(verify, passReqToCallback);

  return ({ req, accessToken, refreshToken, params, profile }) =>
    // A promise keeps its first outcome: that the app calls `done` twice changes nothing.
    new Promise((resolve, reject) => {
      const refuse = (reason: unknown) => reject(reasonOf(reason, 'The verify callback'));
      const finish: VerifyCallback = (error, user, info) => {
        const wrong = error || withoutID(user);
        if (wrong) refuse(wrong);
        else resolve([user || false, info]);
      };
      const args = [
        ...(passReqToCallback ? [req] : []),
        accessToken,
        refreshToken,
        ...(takesParams ? [guardParams(params)] : []),
        profile,
        ...(takesDone ? [guardDone(finish)] : []),
      ];
      const returned: unknown = Reflect.apply(verify, undefined, args);
      if (takesDone) onPromise(returned, refuse, RETURNED_A_USER);
      else
        assertPromise(returned)
          .then((user) => finish(null, userOf(user)))
          .then(undefined, refuse);
    });
}

function arityOf(
  verify: AnyVerify,
  passReqToCallback: boolean,
): { takesParams: boolean; takesDone: boolean } {
  const declared = verify.length - (passReqToCallback ? 1 : 0);
  if (declared === 3) return { takesParams: false, takesDone: false };
  if (declared === 4 || verify.length === 0) return { takesParams: false, takesDone: true };
  if (declared === 5) return { takesParams: true, takesDone: true };
  const req = passReqToCallback ? 'req, ' : '';
  throw new TypeError(
    `The verify callback declares ${verify.length} parameters. Declare (${req}accessToken, refreshToken, profile) and return a promise of the user; or add \`done\`, or \`params, profile, done\`, and call it. A parameter with a default value is not counted, nor is any after it`,
  );
}

/** The promise that a function of three parameters must return. */
function assertPromise(returned: unknown): PromiseLike<unknown> {
  if (typeof (returned as PromiseLike<unknown> | null | undefined)?.then === 'function') {
    return returned as PromiseLike<unknown>;
  }
  throw noUser('no promise');
}

function userOf(user: unknown): Express.User | false {
  if (user === false || user === null) return false;
  // `true` says that somebody may come in, and not who.
  if (!user || user === true) throw noUser(`a promise of ${user === '' ? 'an empty string' : String(user)}`);
  return user as Express.User;
}

function noUser(what: string): TypeError {
  return new TypeError(
    `The verify callback takes no \`done\` and returned ${what}: return the user, or false, from an async function`,
  );
}

/** A user whose `id` was read from something else than the profile, which two people would share. */
function withoutID(user: unknown): TypeError | undefined {
  if (!isObject(user) || !Object.hasOwn(user, 'id') || user.id !== undefined) return undefined;
  return new TypeError(
    'The verify callback made a user whose `id` is undefined: its parameters are not the ones that it is called with. With `passReqToCallback`, `req` comes first',
  );
}

const PROFILE_MEMBERS: ReadonlySet<string | symbol> = new Set<keyof ThreadsProfile | 'emails'>([
  'provider',
  'id',
  'username',
  'displayName',
  'profileUrl',
  'photos',
  'emails',
  'biography',
  'isVerified',
  'scopes',
  'token',
  '_raw',
  '_json',
]);

/** What every copy of `done` reads: `{ ...done }` would be a profile without an id. */
const COPY_MARK = Symbol('no profile');

const doneGuard: ProxyHandler<VerifyCallback> = {
  get(done, member, receiver) {
    if (member === COPY_MARK) throw mistakenForProfile('copied');
    if (PROFILE_MEMBERS.has(member)) throw mistakenForProfile(`read \`${String(member)}\` from`);
    return Reflect.get(done, member, receiver);
  },
  has(done, member) {
    if (PROFILE_MEMBERS.has(member)) throw mistakenForProfile(`looked for \`${String(member)}\` in`);
    return Reflect.has(done, member);
  },
};

/**
 * Keeps `done` from being taken for the profile, as by a function that expects `params` too: two people whose `id` is
 * `undefined` would share an account.
 */
function guardDone(finish: VerifyCallback): VerifyCallback {
  const call: VerifyCallback = (error, user, info) =>
    finish((user as unknown) === done ? mistakenForProfile('made a user of') : error, user, info);
  // Wrappers such as `once` copy what `Object.keys` tells of a function; it tells of no symbol.
  Object.defineProperty(call, COPY_MARK, { enumerable: true });
  const done = new Proxy(call, doneGuard);
  return done;
}

function mistakenForProfile(what: string): TypeError {
  return new TypeError(
    `The verify callback ${what} its last parameter, which is \`done\`: the profile is the parameter before it. How many parameters the function declares decides`,
  );
}

/**
 * Keeps the token answer from being taken for the profile, as by a wrapper that declares five parameters around a function
 * of three. Whoever copies or prints it meets nothing of this.
 */
function guardParams(params: TokenParams): TokenParams {
  const answer = { ...params };
  for (const member of PROFILE_MEMBERS) {
    if (Object.hasOwn(answer, member)) continue;
    Object.defineProperty(answer, member, {
      get() {
        throw new TypeError(
          `The verify callback read \`${String(member)}\` from \`params\`, the token answer: the profile is the parameter after it, and the id in \`params\` is \`user_id\``,
        );
      },
    });
  }
  return answer;
}
