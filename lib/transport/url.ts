/**
 * Parses an absolute URL. Not with `URL.canParse`: in Node.js 20, once it has been called some thousand times, it no longer
 * knows a URL with a letter such as `ü`.
 *
 * @returns `undefined` for what is none
 */
export function parsedURL(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
