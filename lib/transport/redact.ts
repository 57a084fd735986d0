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

/** So many URLs within one another are looked into. Nobody needs more, and whoever sends more wants them to cost. */
const DEEPEST = 5;

/**
 * Replaces the value of every parameter that is a secret in a login with Threads, in the query or the fragment, by
 * `[redacted]`: for logs and for the hooks of tracing libraries, since Threads wants tokens in the query.
 *
 * @param url - a URL, or a part of one: a path with a query, or a query alone
 * @returns the same with `access_token`, `input_token`, `client_secret`, `appsecret_proof`, `code`, `state` and
 * `signed_request` redacted, however their names are spelt, also in URLs that are parameters; everything else to the
 * letter
 *
 * Source: RFC 6750 section 5.3, "Don't pass bearer tokens in page URLs".
 */
export function redactURL(url: string | URL): string {
  return withoutValues(String(url), DEEPEST);
}

function withoutValues(url: string, depth: number): string {
  return url
    .split(/([?&#])/)
    .map((part) => withoutValue(part, depth))
    .join('');
}

function withoutValue(part: string, depth: number): string {
  const equals = part.indexOf('=');
  if (equals === -1) return part;
  const [name, value] = [part.slice(0, equals), part.slice(equals + 1)];
  if (SECRET_PARAMETERS.has(nameIn(name))) return `${name}=${REDACTED}`;

  // A value may be a URL itself, as where a login page is told what comes next.
  const inner = percentDecoded(value);
  if (inner === value) return part;
  const redacted = depth > 0 ? withoutValues(inner, depth - 1) : REDACTED;
  return redacted === inner ? part : `${name}=${encodeURIComponent(redacted)}`;
}

/** The bare name of a parameter: `Code%5B0%5D`, as some parsers read it, is `code` too. */
function nameIn(spelt: string): string {
  const [name = ''] = percentDecoded(spelt).split('[');
  return name.trim().toLowerCase();
}

/** The most characters of a text from outside that are quoted. */
const LONGEST_QUOTE = 500;

/** The fewest characters that can be a secret: fewer are found in any text. */
const SHORTEST_SECRET = 6;

/** So many characters are enough to know a secret by. Whatever else of it follows is redacted too. */
const PREFIX = 64;

/**
 * A text that is longer than a quote is cut this much behind it, so that no part of a secret can stand at its end, be
 * it percent-encoded twice.
 */
const MARGIN = 9 * PREFIX;

/**
 * Makes a function that prepares a text from outside for being quoted: without secrets, without control characters,
 * and bounded in its length. Its cost does not grow with what it is given.
 *
 * A secret is found as it is, percent-encoded (be it several times), in base64, base64url and hex, and in any mixture
 * of capital and small letters. Nothing else is assertPromise: whoever wants to hide a secret from this function can.
 *
 * @param secrets - what must not be quoted; what is too short to be a secret is ignored
 * @returns a function that returns `undefined` for anything but a string that says something
 */
export function createRedactor(secrets: readonly string[]): (value: unknown) => string | undefined {
  const spellings = [...new Set(secrets.flatMap(partsOf).flatMap(encodingsOf))];
  spellings.sort((a, b) => b.length - a.length);

  return (value) => {
    if (typeof value !== 'string') return undefined;
    const bounded = value.slice(0, LONGEST_QUOTE + MARGIN);
    const redacted = redactAll(spellings, bounded);
    const whole = bounded.length === value.length ? redacted : redacted.slice(0, -MARGIN);
    const printable = whole.replace(/\p{Cc}+/gu, ' ').trim();
    if (printable === '') return undefined;
    return printable.length > LONGEST_QUOTE || whole !== redacted
      ? `${printable.slice(0, LONGEST_QUOTE)}…`
      : printable;
  };
}

/** An app access token spells the app secret out: `TH|<app id>|<app secret>`. */
function partsOf(secret: string): string[] {
  const bounded = secret.slice(0, LONGEST_QUOTE + MARGIN);
  return [bounded, bounded.slice(bounded.lastIndexOf('|') + 1)];
}

function encodingsOf(secret: string): string[] {
  if (secret.length < SHORTEST_SECRET) return [];
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].map((offset) => base64Within(bytes, offset));
  const urlSafe = encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret, bytes.toString('hex'), ...encoded, ...urlSafe].map(toASCIILowerCase);
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

function redactAll(spellings: readonly string[], text: string): string {
  let shown = text;
  let read = text;
  for (let times = 0; times <= 2; times += 1) {
    const redacted = spellings.reduce(withoutOne, read);
    if (redacted !== read) shown = redacted;
    read = percentDecoded(redacted);
    if (read === redacted) break;
  }
  return shown;
}

function withoutOne(text: string, spelling: string): string {
  const small = toASCIILowerCase(text);
  const prefix = spelling.slice(0, PREFIX);
  let rest = 0;
  let result = '';
  for (let at = small.indexOf(prefix); at !== -1; at = small.indexOf(prefix, rest)) {
    result += text.slice(rest, at) + REDACTED;
    rest = at + prefix.length;
    while (rest < small.length && small[rest] === spelling[rest - at]) rest += 1;
  }
  return result + text.slice(rest);
}

/** Without changing the length, which letters beyond ASCII could. */
function toASCIILowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Undoes percent-encoding, be it once or more, of whatever is encoded in a text. */
function percentDecoded(text: string): string {
  return text.replace(/(?:%(?:25)*[\da-f]{2})+/gi, (run) =>
    Buffer.from(run.replace(/%(?:25)*(?=[\da-f]{2})/gi, ''), 'hex').toString(),
  );
}
