import type { Strategy } from 'passport-strategy';

/**
 * A strategy for one request, which keeps the `success`, `fail`, `redirect`, `pass` and `error` of this request.
 *
 * `passport.authenticate` that is given a strategy itself, in place of a name, puts them on that strategy, which all
 * requests share: while Threads is asked, the next request replaces them, and one person would be signed in as another.
 *
 * @param strategy - as Passport calls it
 * @returns one like it, whose own members can be set without another request seeing them
 */
export function perRequest<Given extends Strategy>(strategy: Given): Given {
  // Not one that inherits from it: to become a prototype costs an object as much as all the rest of a callback.
  return Object.assign(Object.create(Object.getPrototypeOf(strategy)), strategy);
}
