import { randomBytes } from 'node:crypto';

/** An answer that ends a request. Throw it anywhere below a route. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: object,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What Threads shows in the browser instead of the authorization window. It never comes back to the app
 * (*observed*, from public reports; Meta documents none of these codes).
 */
export class AuthorizationWindowError extends Error {
  /** The code that Threads shows, such as 1349168 for a redirect URI that is not registered. */
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.name = 'AuthorizationWindowError';
    this.errorCode = errorCode;
  }
}

/** The flat shape of the code exchange (Meta: Get Access Tokens and Permissions). */
export function tokenRefusal(message: string): Refusal {
  return new Refusal(400, { error_type: 'OAuthException', code: 400, error_message: message }, message);
}

/** The shape of the Graph API (Meta: Graph API, Handle Errors). */
export function graphRefusal(
  code: number,
  message: string,
  {
    subcode,
    type = 'OAuthException',
    status = 400,
  }: { subcode?: number; type?: string; status?: number } = {},
): Refusal {
  const error = {
    message,
    type,
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    fbtrace_id: `A${randomBytes(8).toString('base64url')}`,
  };
  return new Refusal(status, { error }, message);
}

/** A code that was traded before (*observed*: no `message`, and words for the person in their language). */
export function usedCodeRefusal(): Refusal {
  const error = {
    code: 100,
    error_subcode: 4279030,
    error_user_title: 'Invalid Authorization Code Specified',
    error_user_msg: 'The authorization code is not valid. Reason: used_authorization_code.',
  };
  return new Refusal(400, { error }, error.error_user_msg);
}

/** An app id and secret that do not belong together (*observed*). */
export function applicationRefusal(): Refusal {
  return graphRefusal(
    101,
    'Error validating application. Cannot get application info due to a system error.',
  );
}

/** What the authorization window shows when no other code says what is wrong. */
export function unknownWindowError(): AuthorizationWindowError {
  return new AuthorizationWindowError(1, 'An unknown error has occurred');
}
