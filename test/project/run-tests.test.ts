import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../readme/markdown.js';

const delay = 'const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));';

/** Files that must fail a run, and what the run says of them. */
const BAD: Record<string, [text: string, told: string]> = {
  'a test that fails': ["it('a', () => { throw new Error('wrong'); });", 'Error: wrong'],
  'an unhandled rejection': [
    `${delay} it('a', async () => { Promise.reject(new Error('unheard')); await delay(50); }); it('b', () => {});`,
    'Error: unheard',
  ],
  'an unhandled rejection at its very end': [
    "it('a', () => { setImmediate(() => Promise.reject(new Error('unheard'))); });",
    'Error: unheard',
  ],
  'an exception during a later test': [
    `${delay} it('a', () => { setTimeout(() => { throw new Error('late'); }, 20); }); it('b', () => delay(60));`,
    'Error: late',
  ],
  'an exception after its last test': [
    "it('a', () => { setTimeout(() => { throw new Error('late'); }, 50); });",
    'Error: late',
  ],
  'a rejection after its last test': [
    "it('a', () => { setTimeout(() => { Promise.reject(new Error('late')); }, 50); });",
    'Error: late',
  ],
  'an import that does not exist': ["import './nothing.js'; it('a', () => {});", 'nothing.js'],
  'an import that does not compile': ["import './broken.js'; it('a', () => {});", 'TransformError'],
  'an exception while it loads': ["it('a', () => {}); throw new Error('no file');", 'Error: no file'],
  'an end of the process with 0': ["it('a', () => { process.exit(0); });", 'Its process ended with 0'],
  'a killed process': [
    "it('a', async () => { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); });",
    'Its process ended with SIGKILL',
  ],
  'a failing hook': ["after(() => { throw new Error('hook'); }); it('a', () => {});", 'Error: hook'],
  'no test': ['export {};', 'There is no test in it'],
  'a test marked as the only one': ["it.only('a', () => {});", '`.only` forbidden'],
};

describe('the run of the tests', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'run-tests-'));
    write('package.json', '{ "type": "module" }');
    write('broken.ts', 'const x: = 1;');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('ends with 0 where every file has run and passed, and says how many there are', async () => {
    write('a.test.ts', "it('a', () => {});");
    write('b.test.ts', "it('a', () => {}); it.skip('b', () => {});");
    write('c.e2e.ts', "it('a', () => { throw new Error(); });");
    const { code, output } = await run(2);
    expect(output).to.include('2 passing, 0 failing, 1 pending; 2 test files found, 2 run, 0 with problems');
    expect(code).to.equal(0);
  });

  for (const [what, [text, told]] of Object.entries(BAD)) {
    it(`fails for a file with ${what}, and runs the others`, async () => {
      write('a.test.ts', text);
      write('b.test.ts', "it('fine', () => {});");
      const { code, output } = await run(1);
      expect(code).to.equal(1);
      expect(output)
        .to.include(told)
        .and.match(/ 2 test files found, .*: FAILED$/m);
      expect(output).to.match(/^\s*✔ fine|late/m);
    });
  }

  it('fails where there is no file', async () => {
    const { code, output } = await run(1);
    expect(code).to.equal(1);
    expect(output).to.include('0 test files found');
  });

  it('is not that of mocha --parallel, which refuses to start', async () => {
    write('a.test.ts', "it('a', () => {});");
    const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
    const { code, output } = await node(mocha, '--parallel', join(folder, 'a.test.ts'));
    expect(code).to.equal(1);
    expect(output).to.include('use npm test');
  });

  function write(name: string, text: string): void {
    writeFileSync(join(folder, name), text);
  }

  function run(processes: number) {
    return node('--import', 'tsx', 'test/support/run-tests.ts', folder, '.test.ts', String(processes));
  }
});

function node(...args: string[]): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    const { MOCHA_WORKER_ID, ...env } = process.env;
    execFile(process.execPath, args, { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, output: stdout + stderr });
    });
  });
}
