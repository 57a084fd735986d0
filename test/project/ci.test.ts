import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'chai';
import { ROOT, read } from '../readme/markdown.js';

const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
// They measure for minutes.
const NOT_IN_CI = ['test:keeper:faults', 'test:load'];

// Programs of a POSIX shell stand in for npm and Debian's dpkg.
(process.platform === 'win32' ? describe.skip : describe)('.ci/run', () => {
  const bin = mkdtempSync(join(tmpdir(), 'ci-run-'));
  const stub = (name: string, text: string) => writeFileSync(join(bin, name), text, { mode: 0o755 });
  stub('dpkg', '#!/bin/sh\n');
  // Fails at the call whose number it is given.
  stub('npm', '#!/bin/sh\necho "npm $*" >> "$CALLS"\n[ "$(grep -c "" "$CALLS")" -ne "$FAILING" ]\n');
  after(() => rmSync(bin, { recursive: true }));

  let runs = 0;
  async function ciRun(failing: number): Promise<{ code: unknown; calls: string[] }> {
    runs += 1;
    const calls = join(bin, `calls-${runs}`);
    const path = [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    const env = { ...process.env, PATH: path, CALLS: calls, FAILING: String(failing) };
    const code = await new Promise((resolve) => {
      execFile('bash', [join(ROOT, '.ci/run')], { env }, (error) => resolve(error ? error.code : 0));
    });
    return { code, calls: execFileSync('cat', [calls], { encoding: 'utf8' }).trim().split('\n') };
  }

  it('runs every suite, and ends with 0 where each has passed', async () => {
    const { code, calls } = await ciRun(0);
    expect(code).to.equal(0);
    const suites = Object.keys(scripts).filter(
      (name) => name.startsWith('test:') && !NOT_IN_CI.includes(name),
    );
    expect(calls).to.include.members([
      'npm ci',
      'npm run check',
      'npm test',
      ...suites.map((name) => `npm run ${name}`),
    ]);
  });

  it('ends with another code where any suite has failed, and runs none after it', async () => {
    const { calls } = await ciRun(0);
    for (let number = 1; number <= calls.length; number += 1) {
      const failed = await ciRun(number);
      expect(failed.code, calls[number - 1]).not.to.equal(0);
      expect(failed.calls).to.deep.equal(calls.slice(0, number));
    }
  });
});

describe('the suites', () => {
  const tracked = execFileSync('git', ['ls-files', '*.test.ts', '*.e2e.ts'], { cwd: ROOT, encoding: 'utf8' })
    .trim()
    .split('\n');
  const runs = Object.values(scripts).flatMap((script) => {
    const [, folder, suffix] = /run-tests\.ts (\S+) (\S+)/.exec(script) ?? [];
    return folder && suffix ? [{ folder, suffix }] : [];
  });

  it('have every file of tests in one of them', () => {
    expect(tracked).to.have.length.above(100);
    for (const file of tracked) {
      const suites = runs.filter(
        ({ folder, suffix }) => file.startsWith(`${folder}/`) && file.endsWith(suffix),
      );
      expect(suites, file).to.have.length(1);
    }
  });
});
