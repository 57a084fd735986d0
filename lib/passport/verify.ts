import { types } from 'node:util';
import type { Request } from 'express';
import type { ThreadsProfile } from '../threads/profile.js';
import { onPromise, reasonOf } from './from-callback.js';
import type { AnyVerify, TokenParams, VerifyCallback } from './verify-function.js';
import { guardDone, guardParams, userWithoutID } from './verify-guards.js';
import { warnIfSlow, warnOnce } from './warnings.js';

/** What a verify callback is told about a login. */
export interface VerifiedLogin {
  req: Request;
  accessToken: string;
  refreshToken: string | undefined;
  params: TokenParams;
  /** `undefined` with `skipUserProfile`. */
  profile: ThreadsProfile | undefined;
}

/** Calls the app's verify callback: the user, or false, and the info that came with it. */
export type VerifyCaller = (login: VerifiedLogin) => Promise<[user: Express.User | false, info?: object]>;

const RETURNED_A_USER = 'The verify callback returned a user, but takes `done`: leave `done` out or call it';

/**
 * Makes one form of all the forms of verify callbacks.
 *
 * @param verify - the app's function
 * @param passReqToCallback - whether it takes the request first
 * @param timeout - milliseconds after which a verify callback that has not ended the login is reported
 * @returns a function that calls it
 * @throws TypeError where the number of parameters is none of the forms'
 */
export function verifyCaller(verify: AnyVerify, passReqToCallback: boolean, timeout: number): VerifyCaller {
  const { takesParams, takesDone } = arityOf(verify, passReqToCallback);
  const signature = `(${[
    ...(passReqToCallback ? ['req'] : []),
    'accessToken, refreshToken',
    ...(takesParams ? ['params'] : []),
    'profile',
    ...(takesDone ? ['done'] : []),
  ].join(', ')})`;
  const remedy = takesDone ? 'It takes `done`: call it.' : 'Let its promise settle.';

  return async ({ req, accessToken, refreshToken, params, profile }) => {
    const stop = warnIfSlow('The verify callback', remedy, timeout);
    // A promise keeps its first outcome: a second call of `done` changes nothing.
    return new Promise<[Express.User | false, object?]>((resolve, reject) => {
      let hasEnded = false;
      const refuse = (reason: unknown) => {
        if (hasEnded) return;
        if (reason instanceof TypeError) {
          warnOnce(
            'shifted parameters',
            `The verify callback ended in a TypeError. It is called with ${signature}, by the number of parameters that it declares and by \`passReqToCallback\`: does it expect others?`,
          );
        }
        reject(reasonOf(reason, 'The verify callback'));
      };
      const finish: VerifyCallback = (error, user, info) => {
        const wrong = wrongError(error) ?? (error || userWithoutID(user));
        if (wrong) return refuse(wrong);
        hasEnded = true;
        resolve([user || false, info]);
      };
      const args = [
        ...(passReqToCallback ? [req] : []),
        accessToken,
        refreshToken,
        ...(takesParams ? [guardParams(params)] : []),
        profile,
        ...(takesDone ? [guardDone(finish)] : []),
      ];
      try {
        const returned: unknown = Reflect.apply(verify, undefined, args);
        if (takesDone) onPromise(returned, refuse, RETURNED_A_USER);
        else
          assertPromise(returned)
            .then((user) => finish(null, userOf(user)))
            .then(undefined, refuse);
      } catch (thrown) {
        refuse(thrown);
      }
    }).finally(stop);
  };
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
  // `true` names no user.
  if (!user || user === true) throw noUser(`a promise of ${user === '' ? 'an empty string' : String(user)}`);
  return user as Express.User;
}

function noUser(what: string): TypeError {
  return new TypeError(
    `The verify callback takes no \`done\` and returned ${what}: return the user, or false, from an async function`,
  );
}

/** The error of `done(user)`, which has the user in the place of the error. */
function wrongError(error: unknown): TypeError | undefined {
  if (typeof error !== 'object' || error === null || error instanceof Error || types.isNativeError(error)) {
    return undefined;
  }
  return new TypeError(
    'The verify callback called `done` with an object that is no Error, as the error: call `done(null, user)`, or `done(error)` with an Error',
  );
}
