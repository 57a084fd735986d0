import { types } from 'node:util';
import type { Request } from 'express';
import type { Strategy } from 'passport-strategy';
import { reasonOf, throwUncaught } from './from-callback.js';

/** Marks the copy of a strategy that serves one request. */
const COPY = Symbol('copy for one request');

/**
 * A copy of a strategy for one request, which keeps the `success`, `fail`, `redirect`, `pass` and `error` of this request.
 *
 * `passport.authenticate` that is given a strategy itself, in place of a name, puts them on that strategy, which all
 * requests share: while Threads is asked, the next request replaces them, and one person would be signed in as another.
 *
 * @param strategy - as Passport calls it
 * @returns a copy, whose own members can be set without another request seeing them; a copy is returned as it is
 */
export function perRequest<Given extends Strategy>(strategy: Given): Given {
  if (Object.hasOwn(strategy, COPY)) return strategy;
  // Copied, not `Object.create(strategy)`: V8 converts an object that becomes a prototype, which doubles the CPU of a
  // callback.
  return Object.assign(Object.create(Object.getPrototypeOf(strategy)), strategy, { [COPY]: true });
}

/**
 * Has the copy made before any override of `authenticate` runs: one that is `async` calls `super.authenticate` when another
 * request has replaced `success` and `fail`.
 *
 * @param strategy - one that is being constructed
 */
export function copyBeforeOverrides(strategy: Strategy): void {
  Object.defineProperty(strategy, 'authenticate', {
    configurable: true,
    writable: true,
    value(this: Strategy, req: Request, options?: object): void {
      const copy = perRequest(this);
      const { authenticate } = Object.getPrototypeOf(strategy) as Strategy;
      const returned: unknown = authenticate.call(copy, req, options);
      if (!types.isPromise(returned)) return;
      returned
        .catch((reason) => copy.error(reasonOf(reason, '`authenticate`') as Error))
        .catch(throwUncaught);
    },
  });
}
