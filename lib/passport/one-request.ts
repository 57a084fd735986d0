import type { Strategy } from 'passport-strategy';

/**
 * A strategy for one request, which keeps the `success`, `fail`, `redirect`, `pass` and `error` of this request.
 *
 * `passport.authenticate` that is given a strategy itself, in place of a name, puts them on that strategy, which all
 * requests share: while Threads is asked, the next request replaces them, and one person would be signed in as another.
 *
 * @param strategy - as Passport calls it
 * @returns an object that inherits from it
 */
export function forOneRequest<Given extends Strategy>(strategy: Given): Given {
  const { success, fail, redirect, pass, error } = strategy;
  return Object.assign(Object.create(strategy), { success, fail, redirect, pass, error });
}
