import { createHmac, timingSafeEqual } from 'node:crypto';
import { nonEmptyString, parseJSONObject, toID, toNumber } from '../transport/json.js';
import { ThreadsSignedRequestError } from './errors.js';

/** Options of {@link parseSignedRequest}. */
export interface SignedRequestOptions {
  /** Milliseconds after which a request is too old to act on. Default: no limit. */
  maxAge?: number | undefined;
  /** The clock: milliseconds since the epoch. Default: `Date.now`. */
  now?: (() => number) | undefined;
}

/** What a signed request contains. */
export interface SignedRequest {
  /** The exact id of the person who removed the app, or wants their data deleted. */
  userId: string;
  /** When Meta signed the request. */
  issuedAt: Date;
  /** The whole payload. */
  raw: Record<string, unknown>;
}

const CLOCK_SKEW = 5 * 60 * 1000;

/**
 * Reads the `signed_request` that Meta posts to an app's uninstall and data deletion callbacks.
 *
 * @param signedRequest - the form field `signed_request`
 * @param clientSecret - the Threads app secret
 * @param options - `maxAge` in milliseconds; `now`: the clock, in milliseconds since the epoch
 * @returns whom the request is about, and from when it is
 * @throws {@link ThreadsSignedRequestError} when it is malformed, not signed by Meta, or too old
 * @throws TypeError when `clientSecret` is missing, or `maxAge` no number of milliseconds
 *
 * Source: Meta, "Data Deletion Request Callback".
 */
export function parseSignedRequest(
  signedRequest: string,
  clientSecret: string,
  { maxAge, now = Date.now }: SignedRequestOptions = {},
): SignedRequest {
  if (!nonEmptyString(clientSecret)) throw new TypeError('parseSignedRequest needs the Threads app secret');
  if (maxAge !== undefined && !(typeof maxAge === 'number' && maxAge >= 0)) {
    throw new TypeError('`maxAge` must be a number of milliseconds');
  }
  const parts = typeof signedRequest === 'string' ? /^([\w-]+)=*\.([\w-]+=*)$/.exec(signedRequest) : null;
  const [, signature, payload] = parts ?? [];
  if (!signature || !payload)
    throw new ThreadsSignedRequestError('MALFORMED', 'signed_request is not "signature.payload"');

  const given = Buffer.from(signature, 'base64url');
  const expected = createHmac('sha256', clientSecret).update(payload).digest();
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new ThreadsSignedRequestError('SIGNATURE', 'signed_request is not signed with this app secret');
  }

  const raw = parseJSONObject(Buffer.from(payload, 'base64url').toString());
  if (String(raw?.algorithm).toUpperCase() !== 'HMAC-SHA256') {
    throw new ThreadsSignedRequestError(
      'ALGORITHM',
      'signed_request names another algorithm than HMAC-SHA256',
    );
  }
  const userId = toID(raw?.user_id);
  const issuedAt = new Date((toNumber(raw?.issued_at) ?? Number.NaN) * 1000);
  if (!raw || !userId || Number.isNaN(issuedAt.getTime())) {
    throw new ThreadsSignedRequestError(
      'MALFORMED',
      'signed_request lacks a well-formed user_id or issued_at',
    );
  }
  const age = now() - issuedAt.getTime();
  if (maxAge !== undefined && !(age <= maxAge && age >= -CLOCK_SKEW)) {
    throw new ThreadsSignedRequestError(
      'EXPIRED',
      `signed_request is ${Math.round(age / 1000)} seconds old, which is not accepted`,
    );
  }
  return { userId, issuedAt, raw };
}
