const REDACTED = '[redacted]';

const SECRET_PARAMETERS = new Set([
  'access_token',
  'appsecret_proof',
  'client_secret',
  'code',
  'input_token',
  'signed_request',
  'state',
]);

/** So many URLs within one another are read; one that is deeper is redacted as a whole. */
const DEEPEST = 5;

/**
 * Replaces the value of every parameter that is a secret in a login with Threads by `[redacted]`: for logs and for the
 * hooks of tracing libraries, since Threads wants tokens in the query.
 *
 * The query begins at the first `?` and ends at the first `#`; the fragment is read like a query. `&` and `;` separate
 * parameters.
 *
 * @param url - a URL, or a part of one: a path with a query, or a query alone
 * @returns the same with `access_token`, `input_token`, `client_secret`, `appsecret_proof`, `code`, `state` and
 * `signed_request` redacted, however their names are spelt, also in URLs that are parameters; everything else to the
 * letter
 *
 * Source: RFC 6750 section 5.3, "Don't pass bearer tokens in page URLs".
 */
export function redactURL(url: string | URL): string {
  return redactParameters(String(url), DEEPEST);
}

function redactParameters(url: string, depth: number): string {
  const end = url.indexOf('#');
  if (end === -1) return redactQuery(url, depth);
  return `${redactQuery(url.slice(0, end), depth)}#${redactQuery(url.slice(end + 1), depth)}`;
}

/** Redacts a query; a path in front of it counts as part of the first name. */
function redactQuery(query: string, depth: number): string {
  let isSecret = false;
  const redacted = query.split(/(?=[&;])/).map((parameter) => {
    const equals = parameter.indexOf('=');
    if (equals === -1) {
      // Where the reader of the URL takes `;` for a character like any other, this is the rest of the secret.
      return isSecret && parameter.startsWith(';') ? '' : parameter;
    }
    const [name, value] = [parameter.slice(0, equals), parameter.slice(equals + 1)];
    isSecret = SECRET_PARAMETERS.has(parameterName(name));
    return `${name}=${isSecret ? REDACTED : redactValue(value, depth)}`;
  });
  return redacted.join('');
}

/** Redacts a value that is a URL itself, such as the address that a login page leads to. */
function redactValue(value: string, depth: number): string {
  const decoded = percentDecoded(value);
  const isEncoded = decoded !== value;
  if (!isEncoded && !/[?#]/.test(value)) return value;
  if (depth === 0) return REDACTED;
  const redacted = redactParameters(decoded, depth - 1);
  if (redacted === decoded) return value;
  return isEncoded ? encodeURIComponent(redacted) : redacted;
}

/** The bare name of a parameter: `Code%5B0%5D`, as some parsers read it, is `code` too. */
function parameterName(spelt: string): string {
  const [name = ''] = percentDecoded(spelt)
    .replace(/^(.*[?#]|[&;])/s, '')
    .split('[');
  return name.trim().toLowerCase();
}

/** The most characters of a text from outside that are quoted. */
const LONGEST_QUOTE = 500;

/** The fewest characters that can be a secret: fewer are found in any text. */
const SHORTEST_SECRET = 6;

/** The most characters of a secret that are looked for. Tokens and codes of Threads are shorter. */
const LONGEST_SECRET = 4096;

/** So many characters in a row that are also in a secret, or in an encoding of it, are redacted. */
const RUN = 12;

/**
 * A text that is longer than a quote is cut this much behind it, so that no part of a secret can stand at its end, even
 * percent-encoded twice.
 */
const MARGIN = 9 * RUN;

/**
 * Makes a function that prepares a text from outside for being quoted: without secrets, without control characters,
 * and bounded in its length. Its cost is bounded, whatever it is given.
 *
 * A secret, or any part of it that is as long as {@link RUN}, is found as it is, percent-encoded (up to three times), in
 * base64, base64url and hex, and in any mixture of capital and small letters. This is for an upstream that echoes what
 * it was sent, and no defence against one that wants to hide a secret in its text.
 *
 * @param secrets - what must not be quoted; what is too short to be a secret is ignored
 * @returns a function that returns `undefined` for anything but a text with a printable character
 */
export function createRedactor(secrets: readonly string[]): (value: unknown) => string | undefined {
  const encodings = [...new Set(secrets.flatMap(encodingsOf))];

  return (value) => {
    if (typeof value !== 'string') return undefined;
    const bounded = value.slice(0, LONGEST_QUOTE + MARGIN);
    const redacted = redactAll(encodings, bounded);
    const whole = bounded.length === value.length ? redacted : redacted.slice(0, -MARGIN);
    const printable = whole.replace(/\p{Cc}+/gu, ' ').trim();
    if (printable === '') return undefined;
    return printable.length > LONGEST_QUOTE || whole !== redacted
      ? `${printable.slice(0, LONGEST_QUOTE)}…`
      : printable;
  };
}

function encodingsOf(secret: string): string[] {
  // An app access token is `TH|<app id>|<app secret>`, of which the first two parts may be quoted.
  const bare = secret.replace(/^TH\|\d+\|/, '').slice(0, LONGEST_SECRET);
  if (bare.length < SHORTEST_SECRET) return [];
  const bytes = Buffer.from(bare);
  const encoded = [0, 1, 2].map((offset) => base64Within(bytes, offset));
  const urlSafe = encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [bare, bytes.toString('hex'), ...encoded, ...urlSafe].map(toASCIILowerCase);
}

/** What stands for the bytes in the base64 of a longer text, at any of the three places of its first byte. */
function base64Within(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  // The characters at the ends also stand for the neighbours.
  const shared = (offset + bytes.length) % 3 === 0 ? 0 : 1;
  return text.slice(Math.ceil((offset * 4) / 3), text.length - shared);
}

function redactAll(encodings: readonly string[], text: string): string {
  let shown = text;
  let read = text;
  for (let times = 0; times <= 2; times += 1) {
    const redacted = redactRuns(encodings, read);
    if (redacted !== read) shown = redacted;
    read = percentDecoded(redacted);
    if (read === redacted) break;
  }
  return shown;
}

/** Redacts each run of a text that is also in one of the encodings, and each encoding that is shorter than a run. */
function redactRuns(encodings: readonly string[], text: string): string {
  const small = toASCIILowerCase(text);
  const marks = new Uint8Array(text.length);
  const hashes = new Set<number>();
  forEachRun(small, (hash) => hashes.add(hash));

  const runs = new Set<string>();
  for (const encoding of encodings) {
    forEachRun(encoding, (hash, at) => {
      if (hashes.has(hash)) runs.add(encoding.slice(at, at + RUN));
    });
    if (encoding.length >= RUN) continue;
    for (let at = small.indexOf(encoding); at !== -1; at = small.indexOf(encoding, at + 1)) {
      marks.fill(1, at, at + encoding.length);
    }
  }
  for (let at = 0; runs.size > 0 && at + RUN <= small.length; at += 1) {
    if (runs.has(small.slice(at, at + RUN))) marks.fill(1, at, at + RUN);
  }
  return withoutMarked(text, marks);
}

/**
 * Calls back with a hash of each run of a text, and where it begins. The hash of a run is made of that of the one before
 * (Rabin–Karp): a long text costs a few nanoseconds a character.
 */
function forEachRun(text: string, call: (hash: number, at: number) => void): void {
  let hash = 0;
  for (let end = 0; end < text.length; end += 1) {
    hash = Math.imul(hash, BASE) + text.charCodeAt(end);
    if (end >= RUN) hash -= Math.imul(LAST_POWER, text.charCodeAt(end - RUN));
    hash |= 0;
    if (end >= RUN - 1) call(hash, end - RUN + 1);
  }
}

const BASE = 31;
const LAST_POWER = Array(RUN).fill(BASE).reduce(Math.imul);

function withoutMarked(text: string, marks: Uint8Array): string {
  let result = '';
  let at = 0;
  while (at < text.length) {
    const isMarked = marks[at] === 1;
    const next = marks.indexOf(isMarked ? 0 : 1, at);
    const end = next === -1 ? text.length : next;
    result += isMarked ? REDACTED : text.slice(at, end);
    at = end;
  }
  return result;
}

/** Without changing the length, which letters beyond ASCII could. */
function toASCIILowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Undoes percent-encoding, once or more, of whatever is encoded in a text. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%(?:25)*[\da-f]{2})+/gi, (run) =>
    Buffer.from(run.replace(/%(?:25)*(?=[\da-f]{2})/gi, ''), 'hex').toString(),
  );
}
