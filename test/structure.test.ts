import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { expect } from 'chai';

const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

const FILES = {
  index: 'lib/index.ts',
  passport: 'lib/passport/strategy.ts',
  state: 'lib/passport/state/response.ts',
  threads: 'lib/threads/client.ts',
  transport: 'lib/transport/http.ts',
  doctor: 'lib/doctor/command.ts',
  simulator: 'lib/simulator/index.ts',
};
type Room = keyof typeof FILES;
const ROOMS = Object.keys(FILES) as Room[];

/** What each room may import. Every other arrow is refused. */
const DOWN: Record<Room, readonly Room[]> = {
  index: ['passport', 'state', 'threads', 'transport'],
  passport: ['state', 'threads', 'transport'],
  state: ['threads', 'transport'],
  threads: ['transport'],
  transport: [],
  doctor: ['threads', 'transport'],
  simulator: [],
};

type Arrow = readonly [from: Room, to: Room];
const ARROWS = ROOMS.flatMap((from) => ROOMS.map((to): Arrow => [from, to])).filter(
  ([from, to]) => from !== to,
);
const ALLOWED = ARROWS.filter(([from, to]) => DOWN[from].includes(to));
const REFUSED = ARROWS.filter(([from, to]) => !DOWN[from].includes(to));
const named = (arrows: readonly Arrow[]) => arrows.map(([from, to]) => `${from} → ${to}`);

type Form = (path: string) => string;
const DECLARATIONS: Record<string, Form> = {
  'an import': (path) => `import { a } from '${path}';\nexport const b = a;\n`,
  'an import of a type': (path) => `import type { A } from '${path}';\nexport type B = A;\n`,
  'an import for its effect': (path) => `import '${path}';\n`,
  'import = require()': (path) => `import x = require('${path}');\nexport const b = x;\n`,
  'a re-export': (path) => `export { a } from '${path}';\n`,
  'a re-export of a type': (path) => `export type { A } from '${path}';\n`,
  'a re-export of everything': (path) => `export * from '${path}';\n`,
  'import()': (path) => `export const a = import('${path}');\n`,
};
const OTHERS: Record<string, Form> = {
  'require()': (path) => `export const a = require('${path}');\n`,
  'typeof import()': (path) => `export type A = typeof import('${path}');\n`,
  'a type out of import()': (path) => `export type B = import('${path}').A;\n`,
  'import() of a template': (path) => `export const a = import(\`${path}\`);\n`,
  'createRequire()': (path) =>
    `import { createRequire } from 'node:module';\nexport const a = createRequire(__filename)('${path}');\n`,
};
const DETOURS: Record<string, Form> = {
  'an import by a detour': (path) => DECLARATIONS['an import']!(`./nowhere/../${path}`),
  'an import of what is built': (path) =>
    DECLARATIONS['an import']!(path.replace(/^(?:\.+\/)*/, '../../dist/')),
};

describe('the linter, on the direction of imports', () => {
  let folder: string;
  const written: { file: string; form: string; arrow: Arrow }[] = [];
  let complaints: { category: string; file: string }[];

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }

  // One run for everything: the linter takes longer to start than to read.
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'structure-'));
    for (const file of ['.biome.json', '.biome-imports.grit']) cpSync(file, join(folder, file));
    for (const file of Object.values(FILES)) write(file, 'export const a = 1;\nexport type A = number;\n');

    for (const [form, text] of Object.entries({ ...DECLARATIONS, ...OTHERS, ...DETOURS })) {
      for (const arrow of ARROWS) {
        const [from, to] = arrow;
        const path = posix.relative(dirname(FILES[from]), FILES[to]).replace(/\.ts$/, '.js');
        const file = posix.join(dirname(FILES[from]), `arrow-${written.length}.ts`);
        write(file, text(path.startsWith('.') ? path : `./${path}`));
        written.push({ file, form, arrow });
      }
    }
    for (const room of ['passport', 'threads', 'transport', 'doctor', 'simulator']) {
      write(`lib/${room}/itself.ts`, "import { a } from 'passport-threads-oauth2';\nexport const b = a;\n");
    }
    write('lib/simulator/one.ts', "import type { B } from './two.js';\nexport type A = B;\n");
    write('lib/simulator/two.ts', "import type { A } from './one.js';\nexport type B = A;\n");

    const args = [BIOME, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', 'lib'];
    const { stdout } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    const { diagnostics } = JSON.parse(stdout);
    complaints = diagnostics.map(
      ({ category, location }: { category: string; location: { path: string } }) => ({
        category,
        file: location.path.replaceAll('\\', '/'),
      }),
    );
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const isRefused = (name: string, category = /noRestrictedImports|plugin/) =>
    complaints.some((complaint) => complaint.file === name && category.test(complaint.category));

  const refused = (name: string, of: readonly Arrow[]) =>
    named(
      written
        .filter(({ form, file, arrow }) => form === name && of.includes(arrow) && isRefused(file))
        .map(({ arrow }) => arrow),
    );

  for (const form of Object.keys({ ...DECLARATIONS, ...OTHERS, ...DETOURS })) {
    it(`refuses ${form} against it`, () => {
      expect(refused(form, REFUSED)).to.deep.equal(named(REFUSED));
    });
  }

  for (const form of Object.keys(DECLARATIONS)) {
    it(`accepts ${form} along it`, () => {
      expect(refused(form, ALLOWED)).to.deep.equal([]);
    });
  }

  it('refuses the way round by the name of the package', () => {
    for (const room of ['passport', 'threads', 'transport', 'doctor', 'simulator']) {
      expect(isRefused(`lib/${room}/itself.ts`), room).to.equal(true);
    }
  });

  it('refuses two files that import each other, though it be types alone', () => {
    for (const name of ['one', 'two']) {
      expect(isRefused(`lib/simulator/${name}.ts`, /noImportCycles/), name).to.equal(true);
    }
  });
});
