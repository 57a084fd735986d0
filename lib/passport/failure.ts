/**
 * Why a login did not work out though nothing broke: what Passport hands on as `info`, to a callback of your own, to
 * `failureMessage` and to `failureFlash`. Told apart by `type`; every `message` is a sentence for the person.
 */
export type ThreadsFailure =
  /** 403. The person pressed Cancel. */
  | { type: 'access_denied'; message: string; reason: string }
  /** 403. The `state` of the callback is not that of a login of this browser. */
  | { type: 'invalid_state'; message: string; reason: InvalidStateReason }
  /** 400. The request is not an authorization response of Threads, or no page that starts a login. */
  | { type: 'invalid_request'; message: string }
  /** 403. The person did not grant these permissions of `requiredScopes`. */
  | { type: 'missing_scopes'; message: string; missing: string[] };

/**
 * Why a `state` was refused.
 *
 * - `no_state`: the callback has none
 * - `no_cookie`: the cookie of this login did not come: another browser, blocked or stripped cookies, a start over http,
 *   or more time than the cookie lives
 * - `expired`: the login took longer than `maxAge`
 * - `used`: this login was finished before, or `passport.authenticate` ran twice for one request
 * - `other_redirect_uri`: the login started with another `callbackURL`
 * - `forged`: the state or the signature of the cookie is wrong
 * - `no_session`: the state is kept in the session, and the request has none or a new one
 * - `unknown`: a state store of the app did not say why
 */
export type InvalidStateReason = (typeof INVALID_STATE_REASONS)[number];

const INVALID_STATE_REASONS = [
  'no_state',
  'no_cookie',
  'expired',
  'used',
  'other_redirect_uri',
  'forged',
  'no_session',
  'unknown',
] as const;

/** What a person is told, by reason. */
export const INVALID_STATE_MESSAGES: Readonly<Record<InvalidStateReason, string>> = {
  no_state: 'This login did not start here. Please start again.',
  no_cookie:
    'This login started in another browser, took too long, or this browser kept no cookie of it. Please start again.',
  expired: 'This login took too long. Please start again.',
  used: 'This login was finished already. Please start again.',
  other_redirect_uri: 'This login started at another address. Please start again.',
  forged: 'This login did not start here. Please start again.',
  no_session: 'This browser has no session of this login. Please start again.',
  unknown: 'This login did not start in this browser. Please start again.',
};

/** What the developer is told once per process: the causes, and what to do. */
export const INVALID_STATE_WARNINGS: Readonly<Partial<Record<InvalidStateReason, string>>> = {
  no_cookie:
    'A login came back without its cookie (reason `no_cookie`). Likely causes: it started on another host than that of `callbackURL`, or over http while `callbackURL` is https; something on the way strips cookies (Firebase Hosting passes on `__session` alone); the browser blocks cookies; the person switched browsers, or took longer than 15 minutes. Start logins at the host and protocol of `callbackURL`, let `Cookie` and `Set-Cookie` through, or keep the state in the session: `state: true`',
  no_session:
    'A login came back without the session that it started with (reason `no_session`). Likely causes: no session middleware before passport.authenticate; a session cookie that is `SameSite=Strict`, or `Secure` on http; a session that is stored nowhere, or in the memory of another process. Use `SameSite=Lax`, and a store that all processes share, or leave out `state` and `store`: the default needs no session',
  other_redirect_uri:
    'A login came back at another redirect URI than the one it started with (reason `other_redirect_uri`): `callbackURL` was given to passport.authenticate at one leg alone, or is not the same at both. Give both legs the same `callbackURL`, or neither. A relative one depends on the host and the protocol of the request: behind a proxy, trust the proxy',
};

/**
 * Finds the reason in the `info` of a state store, if it is one that this library knows.
 *
 * @param info - what the store called back with beside `false`
 */
export function reasonIn(info: unknown): InvalidStateReason | undefined {
  const { reason } = (info ?? {}) as { reason?: unknown };
  return INVALID_STATE_REASONS.find((known) => known === reason);
}
