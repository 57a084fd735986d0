export {
  type CallOptions,
  ThreadsClient,
  type ThreadsClientOptions,
  type TokenResult,
} from './client.js';
export {
  ThreadsAuthorizationError,
  type ThreadsErrorReason,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  type ThreadsNetworkErrorCode,
  ThreadsSignedRequestError,
  type ThreadsSignedRequestErrorCode,
  ThreadsTokenError,
} from './errors.js';
export type { ThreadsStrategyOptions, TokenVerification } from './options.js';
export type { ThreadsProfile } from './profile.js';
export type { Scope } from './scope.js';
export { parseSignedRequest, type SignedRequest, type SignedRequestOptions } from './signed-request.js';
export { CookieStateStore, type CookieStateStoreOptions } from './state/cookie-state-store.js';
export type {
  StateMetadata,
  StateStoredCallback,
  StateVerifiedCallback,
  ThreadsStateStore,
} from './state/state-store.js';
export { type ThreadsAuthenticateOptions, ThreadsStrategy, ThreadsStrategy as Strategy } from './strategy.js';
export type {
  TokenParams,
  VerifyCallback,
  VerifyFunction,
  VerifyFunctionWithRequest,
} from './verify.js';
export { type TokenInfo, type VerifyTokenOptions, verifyToken } from './verify-token.js';
