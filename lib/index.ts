export { authenticateOptions, type ThreadsAuthenticateOptions } from './passport/authenticate-options.js';
export type { TokenFromRequest } from './passport/bearer-token.js';
export {
  type BegunLogin,
  CookieStateStore,
  type CookieStateStoreOptions,
  type FinishedLogin,
} from './passport/cookie-state-store.js';
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
  VerifyResult,
} from './passport/verify-function.js';
export type {
  ManyTokensOptions,
  ManyTokensProgress,
  RefreshInput,
  RefreshOutcome,
  TokenInput,
  VerifyOutcome,
} from './threads/bulk/many-tokens.js';
export {
  type StoredToken,
  type TokenNeed,
  type TokenNeedsOptions,
  tokenNeeds,
} from './threads/bulk/token-needs.js';
export {
  type AuthorizationRequest,
  type CallOptions,
  type ExchangeCodeOptions,
  ThreadsClient,
  type ThreadsClientOptions,
} from './threads/client.js';
export { type TokenInfo, type VerifyTokenOptions, verifyToken } from './threads/debug-token.js';
export type { ThreadsErrorReason } from './threads/error-codes.js';
export {
  isThreadsError,
  ThreadsAuthorizationError,
  type ThreadsError,
  ThreadsGraphAPIError,
  ThreadsSignedRequestError,
  type ThreadsSignedRequestErrorCode,
  ThreadsTokenError,
} from './threads/errors.js';
export type { TesterAccessToken, TokenVerification } from './threads/inspector.js';
export type { ThreadsProfile } from './threads/profile.js';
export type { Scope } from './threads/protocol.js';
export {
  parseSignedRequest,
  type SignedRequest,
  type SignedRequestOptions,
} from './threads/signed-request.js';
export type { LongLivedTokenResult, ParseError, TokenResult } from './threads/token-response.js';
export { ThreadsNetworkError, type ThreadsNetworkErrorCode } from './transport/network-error.js';
export { redactURL } from './transport/redact.js';
