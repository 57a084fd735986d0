export { authenticateOptions, type ThreadsAuthenticateOptions } from './passport/authenticate-options.js';
export { CookieStateStore, type CookieStateStoreOptions } from './passport/cookie-state-store.js';
export type { ThreadsFailure } from './passport/failure.js';
export type { ThreadsStrategyOptions, ThreadsTokenStrategyOptions } from './passport/options.js';
export type {
  StateMetadata,
  StateStoredCallback,
  StateVerifiedCallback,
  ThreadsStateStore,
} from './passport/state-store.js';
export { ThreadsStrategy, ThreadsStrategy as Strategy } from './passport/strategy.js';
export { ThreadsTokenStrategy } from './passport/token-strategy.js';
export type {
  TokenParams,
  VerifyCallback,
  VerifyFunction,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
} from './passport/verify-function.js';
export type { RefreshOutcome, VerifyOutcome } from './threads/bulk/many-tokens.js';
export { type StoredToken, type TokenNeed, tokenNeeds } from './threads/bulk/token-needs.js';
export { ThreadsClient, type ThreadsClientOptions } from './threads/client.js';
export { type TokenInfo, verifyToken } from './threads/debug-token.js';
export type { ThreadsErrorReason } from './threads/error-codes.js';
export {
  isThreadsError,
  ThreadsAuthorizationError,
  type ThreadsError,
  ThreadsGraphAPIError,
  ThreadsSignedRequestError,
  ThreadsTokenError,
} from './threads/errors.js';
export type { ThreadsProfile } from './threads/profile.js';
export { parseSignedRequest } from './threads/signed-request.js';
export type { LongLivedTokenResult, TokenResult } from './threads/token-response.js';
export { ThreadsNetworkError } from './transport/network-error.js';
export { redactURL } from './transport/redact.js';
