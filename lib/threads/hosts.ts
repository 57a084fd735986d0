/**
 * Tells whether a URL is one of Threads itself, and not of a simulator or a proxy. The API answers at `threads.net` and
 * `threads.com` alike; the authorization window has moved to `threads.com`.
 *
 * Source: Threads, "Changelog".
 *
 * @param url - an absolute URL
 */
export function isThreadsURL(url: string): boolean {
  return /^(.+\.)?threads\.(com|net)$/.test(new URL(url).hostname);
}

/**
 * Tells whether a URL names the former host of the authorization window. It redirects to the new one, and loses the
 * query for some people: that was observed and is not documented.
 *
 * @param authorizationURL - an absolute URL
 */
export function isFormerWindow(authorizationURL: string): boolean {
  return isThreadsURL(authorizationURL) && new URL(authorizationURL).hostname.endsWith('.net');
}
