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

/** What the authorization window shows: bare JSON, which never comes back to the app. */
export function windowRefusal(code: number, message: string): Refusal {
  return new Refusal(400, { error_message: message, error_code: code }, message);
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
