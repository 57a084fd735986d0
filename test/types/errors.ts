import { type AuthorizationError, type InternalOAuthError, TokenError } from 'passport-oauth2';
import {
  isThreadsError,
  ThreadsAuthorizationError,
  type ThreadsError,
  type ThreadsErrorReason,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  ThreadsSignedRequestError,
  ThreadsTokenError,
} from '../../lib/index.js';
import type { Equal, Expect, IsAny, Not } from './expect.js';

/** What an Express error handler does, from `unknown` down to what there is to say. */
export function describe(error: unknown): string | number | undefined {
  if (error instanceof ThreadsAuthorizationError) return error.hint ?? error.reason ?? error.errorCode;
  if (error instanceof ThreadsTokenError) return error.requiresLogin ? error.reason : error.traceId;
  if (error instanceof ThreadsGraphAPIError) return error.isTransient ? error.retryAfter : error.subcode;
  if (error instanceof ThreadsNetworkError) return byCode(error);
  if (error instanceof ThreadsSignedRequestError)
    return error.code === 'SIGNATURE' ? error.status : undefined;
  // @ts-expect-error whatever is left is unknown still
  return error.message;
}

/** `code` is a closed set: a case that is missing here would not compile. */
function byCode({ code }: ThreadsNetworkError): string {
  switch (code) {
    case 'TIMEOUT':
      return 'later';
    case 'NETWORK':
      return 'the network';
    case 'RESPONSE_TOO_LARGE':
    case 'INVALID_RESPONSE':
      return 'not Threads';
    default:
      return code satisfies never;
  }
}

export function refused(error: ThreadsNetworkError, reason: ThreadsErrorReason) {
  // @ts-expect-error not a code of this error
  if (error.code === 'ECONNRESET') return;
  // @ts-expect-error not a reason
  if (reason === 'session_expired') return;
  // @ts-expect-error what an error says is not for changing
  error.code = 'TIMEOUT';
}

type Statuses =
  | ThreadsAuthorizationError['status']
  | ThreadsTokenError['status']
  | ThreadsGraphAPIError['status']
  | ThreadsNetworkError['status']
  | ThreadsSignedRequestError['status'];

export type ErrorsAre = [
  Expect<Equal<Statuses, number>>,
  Expect<Equal<ThreadsAuthorizationError['code'], string>>,
  Expect<Equal<ThreadsAuthorizationError['errorCode'], number | undefined>>,
  Expect<Not<IsAny<ThreadsTokenError['code']>>>,
  Expect<Equal<ThreadsTokenError['subcode'], number | undefined>>,
  Expect<Equal<ThreadsGraphAPIError['code'], number | string | undefined>>,
  Expect<Equal<ThreadsGraphAPIError['reason'], ThreadsErrorReason>>,
  Expect<Equal<ThreadsGraphAPIError['requiresLogin'], boolean>>,
  Expect<Equal<ThreadsGraphAPIError['retryAfter'], number | undefined>>,
];

/** What all of them have in common needs no look at the class. */
export function answer(error: unknown): [number, string] | undefined {
  return isThreadsError(error) ? [error.status, error.message] : undefined;
}

/** Whatever is thrown becomes the union, and no more than that. */
export function narrowed(error: unknown, known: ThreadsError | SyntaxError) {
  if (isThreadsError(error)) {
    type _ = Expect<Equal<typeof error, ThreadsError>>;
  } else {
    type _ = Expect<Equal<typeof error, unknown>>;
  }
  if (!isThreadsError(known)) {
    type _ = Expect<Equal<typeof known, SyntaxError>>;
  }
}

export type UnionIs = Expect<
  Equal<
    ThreadsError,
    | ThreadsAuthorizationError
    | ThreadsTokenError
    | ThreadsGraphAPIError
    | ThreadsNetworkError
    | ThreadsSignedRequestError
  >
>;

export function isClosed(error: ThreadsError): number | undefined {
  if (error instanceof ThreadsAuthorizationError) return error.errorCode;
  if (error instanceof ThreadsSignedRequestError) return error.status;
  // The rest comes from an answer, or from none.
  return error.httpStatus;
}

/** Code that knows passport-oauth2's errors alone keeps working. */
export function asInPassportOAuth2(
  authorization: ThreadsAuthorizationError,
  token: ThreadsTokenError,
  network: ThreadsNetworkError,
) {
  const known: [AuthorizationError, InternalOAuthError, Error] = [authorization, network, token];
  return [known, token instanceof TokenError];
}
