import { isThreadsError, type ThreadsClient, type TokenInfo } from 'passport-threads-oauth2';

/**
 * Says why a token is dead, in the words of the library. `debug_token` of Threads only says that it is; asked with the
 * token itself, `/me` says why.
 *
 * @throws an error of Threads that may pass
 */
export async function whyDead(threads: ThreadsClient, token: string, info: TokenInfo): Promise<string> {
  if (info.error) return info.error.reason;
  try {
    await threads.getProfile(token);
  } catch (error) {
    if (!isThreadsError(error) || !('requiresLogin' in error)) throw error;
    if (error.requiresLogin) return error.reason;
    if (error.isTransient) throw error;
  }
  return 'invalid_token';
}
