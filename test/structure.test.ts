import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';

const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

const FILES = {
  index: 'lib/index.ts',
  passport: 'lib/passport/strategy.ts',
  state: 'lib/passport/state/response.ts',
  threads: 'lib/threads/client.ts',
  transport: 'lib/transport/http.ts',
  simulator: 'lib/simulator/index.ts',
};
type Room = keyof typeof FILES;

const REFUSED: readonly (readonly [Room, Room])[] = [
  ['transport', 'threads'],
  ['transport', 'passport'],
  ['transport', 'index'],
  ['transport', 'simulator'],
  ['threads', 'passport'],
  ['threads', 'state'],
  ['threads', 'index'],
  ['threads', 'simulator'],
  ['passport', 'index'],
  ['passport', 'simulator'],
  ['state', 'index'],
  ['state', 'simulator'],
  ['simulator', 'transport'],
  ['simulator', 'threads'],
  ['simulator', 'passport'],
  ['simulator', 'index'],
];

const ALLOWED: readonly (readonly [Room, Room])[] = [
  ['index', 'passport'],
  ['passport', 'threads'],
  ['passport', 'transport'],
  ['state', 'threads'],
  ['threads', 'transport'],
];

const FORMS: Record<string, (path: string) => string> = {
  'an import': (path) => `import { a } from '${path}';\nexport const b = a;\n`,
  'an import of a type': (path) => `import type { A } from '${path}';\nexport type B = A;\n`,
  'a re-export': (path) => `export { a } from '${path}';\n`,
  'import()': (path) => `export const a = import('${path}');\n`,
  'require()': (path) => `export const a = require('${path}');\n`,
  'typeof import()': (path) => `export type A = typeof import('${path}');\n`,
};

describe('the linter, on the direction of imports', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'structure-'));
    for (const file of ['.biome.json', '.biome-imports.grit']) cpSync(file, join(folder, file));
    for (const file of Object.values(FILES)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), 'export const a = 1;\nexport type A = number;\n');
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The files, one an arrow, in which the linter finds a wrong import. */
  function refused(arrows: readonly (readonly [Room, Room])[], form: (path: string) => string): string[] {
    const written = arrows.map(([from, to], index) => {
      const file = join(folder, dirname(FILES[from]), `arrow-${index}.ts`);
      const path = relative(dirname(FILES[from]), FILES[to]).replace(/\.ts$/, '.js');
      writeFileSync(file, form(path.startsWith('.') ? path : `./${path}`));
      return { file, name: `${from} → ${to}` };
    });
    const args = [BIOME, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', 'lib'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    for (const { file } of written) rmSync(file);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: object }[] };
    const places = diagnostics
      .filter(({ category }) => /noRestrictedImports|plugin/.test(category))
      .map(({ location }) => JSON.stringify(location));
    return written
      .filter(({ file }) => places.some((place) => place.includes(relative(folder, file))))
      .map(({ name }) => name);
  }

  for (const [name, form] of Object.entries(FORMS)) {
    it(`refuses ${name} against it`, () => {
      expect(refused(REFUSED, form)).to.deep.equal(REFUSED.map(([from, to]) => `${from} → ${to}`));
    });
  }

  it('accepts an import along it', () => {
    expect(refused(ALLOWED, FORMS['an import']!)).to.deep.equal([]);
  });
});
