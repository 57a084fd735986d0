// It travels in a cookie.
const MAX_LENGTH = 1024;

// Never a place to come back to: the sign-in would start again, or the answer would be a 404.
const NOT_PAGES = ['/auth/', '/sign-in/', '/sign-out/'];

/**
 * The page to show after sign-in, as a path on this host, or `undefined` when `value` is anything else.
 * It comes out of a query string that anyone can write, so a path that a browser could read as another
 * host (`//evil.example`, `/\evil.example`, `/.//evil.example`) must never get through.
 */
export function localPath(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (!value.startsWith('/') || hasControlCharacter(value) || value.includes('\\')) return undefined;
  const base = 'http://here.invalid';
  if (!URL.canParse(value, base)) return undefined;
  const url = new URL(value, base);
  // The URL parser resolves `.` and `..`, which can bring a leading `//` about, so look again behind it.
  if (url.origin !== base || url.pathname.startsWith('//')) return undefined;
  if (NOT_PAGES.some((page) => `${url.pathname}/`.toLowerCase().startsWith(page))) return undefined;
  const path = url.pathname + url.search + url.hash;
  return path.length > MAX_LENGTH ? undefined : path;
}

/**
 * `path` with a fragment of its own. Threads ends its redirects in `#_`, and a browser carries a fragment
 * along through every redirect whose `Location` has none, so without this people land on `/profile#_`.
 * `#top` is the one fragment that HTML defines for every page; `public/page.js` tidies it away.
 */
export function withFragment(path: string): string {
  const [page, fragment] = path.split('#', 2);
  return fragment && fragment !== '_' ? path : `${page}#top`;
}

function hasControlCharacter(value: string): boolean {
  for (const character of value) {
    const code = character.codePointAt(0)!;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}
