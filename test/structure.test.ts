import { readdirSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { expect } from 'chai';

/** Which rooms of `lib/` a room may import. Imports go down these arrows and never up. */
const ARROWS: Record<string, readonly string[]> = {
  index: ['passport', 'threads', 'transport'],
  passport: ['threads', 'transport'],
  threads: ['transport'],
  transport: [],
  doctor: ['threads', 'transport'],
  simulator: [],
};

/** Whatever names a file of this package: `from '…'`, `import '…'`, `import('…')`, `require('…')`. */
const SPECIFIER = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"`]([^'"`]+)['"`]/g;

function room(file: string): string {
  return posix.relative('lib', file).split('/')[0]!.replace(/\.ts$/, '');
}

/** The arrows of one file that leave its room and are not allowed. */
function forbidden(file: string, text: string): string[] {
  const from = room(file);
  return [...text.matchAll(SPECIFIER)]
    .map(([, specifier = '']) => specifier)
    .filter((specifier) => specifier.startsWith('.') || specifier.startsWith('passport-threads-oauth2'))
    .map((specifier) => (specifier.startsWith('.') ? posix.join(dirname(file), specifier) : specifier))
    .filter((target) => room(target) !== from && !ARROWS[from]?.includes(room(target)))
    .map((target) => `${file} → ${target}`);
}

describe('the direction of imports in lib/', () => {
  it('goes from index through passport and threads to transport; the simulator imports no other room', () => {
    const files = readdirSync('lib', { recursive: true, encoding: 'utf8' })
      .map((name) => posix.join('lib', name.replaceAll('\\', '/')))
      .filter((name) => name.endsWith('.ts'));
    expect(files.flatMap((file) => forbidden(file, readFileSync(file, 'utf8')))).to.deep.equal([]);
    expect(new Set(files.map(room))).to.deep.equal(new Set(Object.keys(ARROWS)));
  });

  it('is refused the other way, as an import, a type, an import(), a require(), or by the name of the package', () => {
    for (const text of [
      "import { a } from '../threads/client.js';",
      "import type { A } from '../passport/strategy.js';",
      "export * from '../index.js';",
      "import '../threads/client.js';",
      "type A = typeof import('../threads/client.js');",
      "require('../threads/client.js');",
      "import { a } from 'passport-threads-oauth2';",
    ]) {
      expect(forbidden('lib/transport/http.ts', text), text).to.have.lengthOf(1);
    }
    expect(forbidden('lib/threads/bulk/pool.ts', "import { a } from '../../transport/json.js';")).to.be.empty;
  });
});
