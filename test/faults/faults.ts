import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** Answers a request wrongly: all it gets is the socket, and the text of the right answer. */
export type Fault = (socket: Socket, good: string) => void;

interface Head {
  status?: number;
  headers?: Record<string, string>;
}

function head({ status = 200, headers = {} }: Head = {}): string {
  const all = { 'content-type': 'application/json', connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`;
}

function whole(body: string | Buffer, { status, headers }: Head = {}): Fault {
  const bytes = Buffer.from(body as string);
  const lines = head({ status, headers: { 'content-length': String(bytes.length), ...headers } });
  return (socket) => socket.end(Buffer.concat([Buffer.from(lines), bytes]));
}

const html = '<!doctype html><title>Sign in to the hotel Wi-Fi</title>';
const halfOf = (good: string) => good.slice(0, good.length / 2);
const isUnsplit = (byte: number) => byte < 0x80;
const changed =
  (change: (good: string) => string | Buffer, options?: Head): Fault =>
  (socket, good) =>
    whole(change(good), options)(socket, good);

function every(milliseconds: number, socket: Socket, write: () => void): void {
  const timer = setInterval(write, milliseconds);
  socket.on('close', () => clearInterval(timer));
}

function refusal(status: number, body: unknown, headers: Record<string, string> = {}): Fault {
  return whole(JSON.stringify(body), { status, headers });
}

const rateLimit = {
  error: { message: 'Application request limit reached', type: 'OAuthException', code: 4 },
};

/** What an upstream, or something in its place, is known or able to do. */
export const faults = {
  // In time
  'never answers': () => {},
  'stalls after the headers': (socket) => socket.write(head({ headers: { 'content-length': '99' } })),
  'stalls in the middle of the body': (socket, good) =>
    socket.write(head({ headers: { 'content-length': String(Buffer.byteLength(good)) } }) + halfOf(good)),
  'drips the headers': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-drip: ');
    every(5, socket, () => socket.write('.'));
  },
  'drips the body': (socket) => {
    socket.write(head());
    every(5, socket, () => socket.write(' '));
  },

  // On the wire
  'closes before the headers': (socket) => socket.end(),
  'resets before the headers': (socket) => socket.resetAndDestroy(),
  'resets after the headers': (socket) =>
    socket.write(head({ headers: { 'content-length': '99' } }), () => socket.resetAndDestroy()),
  'cuts a body with Content-Length short': (socket, good) =>
    socket.end(head({ headers: { 'content-length': String(Buffer.byteLength(good)) } }) + halfOf(good)),
  'cuts a chunked body short': (socket, good) => {
    const part = halfOf(good);
    const size = Buffer.byteLength(part).toString(16);
    socket.end(`${head({ headers: { 'transfer-encoding': 'chunked' } })}${size}\r\n${part}\r\n`);
  },
  'speaks something else than HTTP': (socket) => socket.end('220 mail.example ESMTP\r\n'),
  'sends 100 KB of headers': (socket) => socket.end(head({ headers: { 'x-long': 'x'.repeat(100_000) } })),
  'sends a body without end': (socket) => {
    const chunk = ' '.repeat(16_384);
    const more = () => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on('drain', more);
    socket.write(head());
    more();
  },
  'sends a gzip bomb': whole(gzipSync(' '.repeat(20_000_000)), {
    headers: { 'content-encoding': 'gzip' },
  }),
  'says gzip and sends text': changed((good) => good, { headers: { 'content-encoding': 'gzip' } }),
  'sends gzip unasked': changed(gzipSync, { headers: { 'content-encoding': 'gzip' } }),
  'sends an unknown encoding': changed((good) => good, { headers: { 'content-encoding': 'x-rot13' } }),
  'splits characters between packets': (socket, good) => {
    const bytes = Buffer.from(good);
    const border = bytes.findIndex((byte) => !isUnsplit(byte)) + 1 || 1;
    socket.setNoDelay(true);
    socket.write(head());
    socket.write(bytes.subarray(0, border));
    // Or both arrive in one.
    setTimeout(() => socket.end(bytes.subarray(border)), 20);
  },
  'hints before it answers': (socket, good) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
    whole(good)(socket, good);
  },

  // Not an answer of Threads
  'redirects with 302': (socket) =>
    socket.end(head({ status: 302, headers: { location: '/elsewhere', 'content-length': '0' } })),
  'redirects with 307': (socket) =>
    socket.end(head({ status: 307, headers: { location: '/elsewhere', 'content-length': '0' } })),
  'answers 204': (socket) => socket.end(head({ status: 204 })),
  'answers HTML': whole(html, { headers: { 'content-type': 'text/html' } }),
  'answers HTML with 502': whole(html, { status: 502, headers: { 'content-type': 'text/html' } }),
  'answers HTML that calls itself JSON': whole(html),
  'answers nothing': whole(''),
  'answers null': whole('null'),
  'answers []': whole('[]'),
  'answers a number': whole('42'),
  'answers a string': whole('"access_token=x"'),
  'answers true': whole('true'),
  'answers {}': whole('{}'),
  'answers {} with 500': whole('{}', { status: 500 }),
  'answers the right thing with 500': changed((good) => good, { status: 500 }),
  'answers half a document': changed(halfOf),
  'answers JSON and then more': changed((good) => `${good}{}`),
  'nests 30,000 arrays': changed(
    (good) => `${good.slice(0, -1)},"deep":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
  ),
  'repeats a key with another value': changed(
    (good) => `${good.slice(0, -1)},"access_token":"other","id":"1","data":{}}`,
  ),
  'puts an object where text belongs': whole(
    '{"access_token":{"toString":"x"},"id":{"a":1},"data":{"is_valid":{},"user_id":{}}}',
  ),
  'puts everything into __proto__': changed((good) => `{"__proto__":${good}}`),
  'sends an enormous number': changed((good) =>
    good
      .replace(/"(user_id|id)":"?\d+"?/g, `"$1":${'9'.repeat(400)}`)
      .replace(/"expires_in":\d+/, '"expires_in":1e999'),
  ),

  // Odd, but right
  'adds keys of Object.prototype': changed(
    (good) =>
      `${good.slice(0, -1)},"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"hasOwnProperty":1}`,
  ),
  'begins with a byte order mark': changed((good) => `\uFEFF${good}`),
  'calls itself text/html': changed((good) => good, { headers: { 'content-type': 'text/html' } }),
  'has bytes that are not UTF-8': changed((good) =>
    Buffer.concat([
      Buffer.from(`${good.slice(0, -1)},"note":"`),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('"}'),
    ]),
  ),

  // Refusals
  'refuses as the code exchange does': refusal(400, {
    error_type: 'OAuthException',
    code: 400,
    error_message: 'Matching code was not found or was already used',
  }),
  'refuses an expired token': refusal(400, {
    error: {
      message: 'Error validating access token: Session has expired',
      type: 'OAuthException',
      code: 190,
      error_subcode: 463,
      fbtrace_id: 'H2il2t5bn4e',
    },
  }),
  'refuses for want of a permission': refusal(403, {
    error: { message: 'Application does not have the permission', type: 'OAuthException', code: 10 },
  }),
  'refuses with a temporary problem': refusal(500, {
    error: { message: 'An unexpected error has occurred', type: 'OAuthException', code: 2 },
  }),
  'refuses as RFC 6749 does': refusal(400, {
    error: 'invalid_grant',
    error_description: 'The code has expired',
  }),
  'refuses with HTTP 200': refusal(200, {
    error: { message: 'Invalid OAuth access token', type: 'OAuthException', code: 190 },
  }),
  'refuses with 429 and Retry-After': refusal(429, rateLimit, { 'retry-after': '7' }),
  'refuses with 429 and HTML': whole(html, {
    status: 429,
    headers: { 'content-type': 'text/html', 'retry-after': '7' },
  }),
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
