import { nonEmptyString, toID } from '../transport/json.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import type { JSONResponse } from '../transport/request.js';
import type { TokenInfo } from './debug-token.js';

/**
 * A person on Threads, in Passport's normalized form.
 *
 * There is no email address: the Threads API has none.
 *
 * Sources: Threads, "Threads Profiles"; Passport, "Normalized User Profile".
 */
export interface ThreadsProfile {
  /** Always `'threads'`. */
  provider: 'threads';
  /** The exact id, as a string: it does not fit into a number. */
  id: string;
  /** The handle, without `@`. The person can change it, so do not use it as a key. */
  username?: string;
  /** The name that the person shows. */
  displayName?: string;
  /** The public profile page. */
  profileUrl?: string;
  /** The profile picture. Its URL expires, so do not keep it for long. */
  photos?: { value: string }[];
  /** The text about the person. */
  biography?: string;
  /** Whether the profile is verified. */
  isVerified?: boolean;
  /**
   * The permissions that the person grants: none where the grant has ended (`token.dataAccessExpiresAt`); `undefined`
   * where `debug_token` was not asked or gave no answer.
   */
  scopes?: string[];
  /** What `debug_token` answered. */
  token?: TokenInfo;
  /** The text of the `/me` answer; empty where it was not asked. */
  _raw: string;
  /** The `/me` answer; where it was not asked, the `debug_token` answer. */
  _json: Record<string, unknown>;
}

/** The fields that `/me` is asked for by default. */
export const PROFILE_FIELDS: readonly string[] = [
  'id',
  'username',
  'name',
  'threads_profile_picture_url',
  'threads_biography',
  'is_verified',
];

/**
 * Makes a profile of an answer of `/me`.
 *
 * @throws {@link ThreadsNetworkError} where the answer has no id
 */
export function profileFromMe({ body, text }: JSONResponse): ThreadsProfile {
  const id = toID(body.id);
  if (id === undefined) {
    throw new ThreadsNetworkError(
      'INVALID_RESPONSE',
      'The profile that Threads sent has no id. Check `graphURL`.',
    );
  }
  const username = nonEmptyString(body.username);
  const displayName = nonEmptyString(body.name);
  const picture = nonEmptyString(body.threads_profile_picture_url);
  const biography = nonEmptyString(body.threads_biography);

  const profile: ThreadsProfile = {
    provider: 'threads',
    id,
    _raw: text,
    _json: body,
  };
  if (username) {
    profile.username = username;
    // Half a character, as in a text that was cut, cannot be encoded.
    const handle = encodeURIComponent(username.replace(/\p{Surrogate}/gu, '\ufffd'));
    profile.profileUrl = `https://www.threads.com/@${handle}`;
  }
  if (displayName) profile.displayName = displayName;
  if (picture) profile.photos = [{ value: picture }];
  if (biography) profile.biography = biography;
  if (typeof body.is_verified === 'boolean') profile.isVerified = body.is_verified;
  return profile;
}
