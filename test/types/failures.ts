import type { ThreadsFailure } from '../../lib/index.js';
import type { Equal, Expect } from './expect.js';

/** `type` is a closed set: a case that is missing here would not compile. */
export function describe(failure: ThreadsFailure): string {
  switch (failure.type) {
    case 'access_denied':
      return failure.reason;
    case 'missing_scopes':
      return failure.missing.join(' ');
    case 'invalid_state':
    case 'invalid_request':
      return failure.message;
    default:
      return failure satisfies never;
  }
}

export function isClosed(failure: ThreadsFailure) {
  switch (failure.type) {
    case 'access_denied':
    case 'invalid_state':
    case 'invalid_request':
      return;
    default:
      // @ts-expect-error `missing_scopes` is left
      failure satisfies never;
  }
  // @ts-expect-error not a type of a failure
  if (failure.type === 'cancelled') return;
  // @ts-expect-error one kind alone has a reason
  failure.reason;
}

export type FailureIs = [
  Expect<Equal<ThreadsFailure['message'], string>>,
  Expect<
    Equal<ThreadsFailure['type'], 'access_denied' | 'invalid_state' | 'invalid_request' | 'missing_scopes'>
  >,
  Expect<Equal<Extract<ThreadsFailure, { type: 'missing_scopes' }>['missing'], string[]>>,
];
