import { inspect } from 'node:util';

/**
 * Throws where a value, or anything that can be reached from it, contains one of the secrets as it is or
 * percent-encoded: own and inherited properties, enumerable or not, symbols, causes, collections, bytes, and
 * whatever a logger would print.
 */
export function expectNoSecretIn(value: unknown, secrets: readonly string[]): void {
  const seen = new Set<unknown>();
  const check = (text: string, path: string) => {
    for (const form of [text, decoded(text)]) {
      const secret = secrets.find((one) => form.includes(one) || form.includes(encodeURIComponent(one)));
      if (secret) throw new Error(`${path} contains the secret ${secret}: ${text.slice(0, 500)}`);
    }
  };
  const walk = (part: unknown, path: string) => {
    if (typeof part === 'string' || typeof part === 'number' || typeof part === 'bigint')
      return check(String(part), path);
    if (typeof part === 'symbol') return check(part.description ?? '', path);
    // A function holds no data, and its own properties lead to every built-in object.
    if (typeof part !== 'object' || part === null || seen.has(part)) return;
    seen.add(part);
    if (ArrayBuffer.isView(part)) check(Buffer.from(part.buffer).toString('latin1'), path);
    if (part instanceof Map || part instanceof Set) walk([...part], `${path} entries`);
    for (let owner: object | null = part; owner; owner = Object.getPrototypeOf(owner)) {
      for (const key of Reflect.ownKeys(owner)) {
        walk(key, `${path}, key`);
        walk(Reflect.get(owner, key, part), `${path}.${String(key)}`);
      }
    }
  };

  walk(value, 'value');
  check(inspect(value, { depth: Infinity, showHidden: true, maxStringLength: Infinity }), 'util.inspect');
  check(JSON.stringify(value) ?? '', 'JSON.stringify');
  check(String(value), 'String');
}

function decoded(text: string): string {
  return text.replace(/%[\da-f]{2}/gi, (byte) => {
    try {
      return decodeURIComponent(byte);
    } catch {
      return byte;
    }
  });
}
