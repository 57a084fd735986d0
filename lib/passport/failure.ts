/**
 * Why a login did not work out though nothing broke: what Passport hands on as `info`, to a callback of your own, to
 * `failureMessage` and to `failureFlash`. Told apart by `type`; every `message` is a sentence for the person.
 */
export type ThreadsFailure =
  /** 403. The person pressed Cancel. */
  | { type: 'access_denied'; message: string; reason: string }
  /** 403. The login did not start in this browser, was finished already, or took too long. */
  | { type: 'invalid_state'; message: string }
  /** 400. The request is not an answer that Threads gives. */
  | { type: 'invalid_request'; message: string }
  /** 403. The person did not grant these permissions of `requiredScopes`. */
  | { type: 'missing_scopes'; message: string; missing: string[] };
