import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { ROOT, read } from '../readme/markdown.js';

// Node.js, npm, and what npm puts on the path: there on Windows, macOS and Linux alike.
const PROGRAMS = [
  'node',
  'npm',
  'biome',
  'mocha',
  'tsc',
  'tsx',
  'playwright',
  'vitest',
  'passport-threads-oauth2',
];

const packages = execFileSync('git', ['ls-files', '*package.json'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');

describe('the npm scripts', () => {
  for (const file of packages) {
    const scripts: Record<string, string> = JSON.parse(read(file)).scripts ?? {};

    it(`of ${file} are commands that every shell understands, Windows' included`, () => {
      for (const [name, script] of Object.entries(scripts)) {
        const unquoted = script.replace(/"[^"]*"/g, '""');
        expect(unquoted, `${name}: quote with ", which cmd.exe knows too`).not.to.include("'");
        expect(unquoted, `${name}: no variables, pipes or lists but &&`).not.to.match(
          /[$%`|;<>*]|(?<!&)&(?!&)/,
        );
        for (const command of unquoted.split(' && ')) {
          expect(command.split(' ')[0], name).to.be.oneOf(PROGRAMS);
        }
      }
    });
  }

  it('run nothing where the package is installed', () => {
    const { scripts } = JSON.parse(read('package.json'));
    expect(scripts).not.to.have.any.keys('preinstall', 'install', 'postinstall', 'prepare', 'dependencies');
    expect(scripts).to.have.property('prepack', 'npm run build');
  });
});
