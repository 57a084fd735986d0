/**
 * Keeps `done` and `params` from being taken for the profile.
 *
 * The number of parameters that a verify callback declares decides what it is called with, and builds change that number:
 * TypeScript and Babel drop a parameter that has a default or follows one, wrappers declare five around a function of
 * three. A function that expects the profile then gets `done` or `params` there, reads `id` from it, and everyone who
 * signs in shares the account whose id is `undefined`. So each member of a profile throws when it is read from them.
 */
import type { ThreadsProfile } from '../threads/profile.js';
import { isObject } from '../transport/json.js';
import type { TokenParams, VerifyCallback } from './verify-function.js';

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

const SHIFTED =
  'How many parameters the function declares decides what it is called with. With `passReqToCallback`, `req` comes first, and without it there is no `req`';

/**
 * An own enumerable property, which `{ ...done }` reads, and which throws then. A symbol, since `once` of lodash and
 * similar wrappers copy the properties that `Object.keys` lists, and must not throw.
 */
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

/** `done`, from which no member of a profile can be read. */
export function guardDone(finish: VerifyCallback): VerifyCallback {
  const call: VerifyCallback = (error, user, info) =>
    finish((user as unknown) === done ? mistakenForProfile('made a user of') : error, user, info);
  Object.defineProperty(call, COPY_MARK, { enumerable: true });
  const done = new Proxy(call, doneGuard);
  return done;
}

function mistakenForProfile(what: string): TypeError {
  return new TypeError(
    `The verify callback ${what} its last parameter, which is \`done\`: the profile is the parameter before it. ${SHIFTED}`,
  );
}

/** `params`, from which no member of a profile can be read. A copy or a printout of it has none of the guards. */
export function guardParams(params: TokenParams): TokenParams {
  const guarded = { ...params };
  for (const member of PROFILE_MEMBERS) {
    if (Object.hasOwn(guarded, member)) continue;
    Object.defineProperty(guarded, member, {
      get() {
        throw new TypeError(
          `The verify callback read \`${String(member)}\` from \`params\`, the token response: the profile is the parameter after it, and the id in \`params\` is \`user_id\`. ${SHIFTED}`,
        );
      },
    });
  }
  return guarded;
}

/** The error where the `id` of a user is undefined: it was read from another parameter than the profile. */
export function userWithoutID(user: unknown): TypeError | undefined {
  if (!isObject(user) || !Object.hasOwn(user, 'id') || user.id !== undefined) return undefined;
  return new TypeError(
    `The verify callback made a user whose \`id\` is undefined: its parameters are not the ones that it is called with. ${SHIFTED}`,
  );
}
