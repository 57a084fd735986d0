import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { npm } from '../support/npm.mjs';
import { READY, useFolder } from './support.js';

const COMMAND = fileURLToPath(new URL('../../bin/passport-threads-oauth2.js', import.meta.url));

describe('npx passport-threads-oauth2 doctor', () => {
  const folder = useFolder();
  const command = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [COMMAND, ...args], { cwd: folder(), env, encoding: 'utf8' });

  it('ends with 1 when something must be mended', () => {
    const { status, stdout, stderr } = command(['doctor', '--offline']);
    expect(status).to.equal(1);
    expect(stdout).to.include('THREADS_APP_ID is missing').and.include('To be mended: 3.');
    expect(stderr).to.equal('');
  });

  it('ends with 0 when nothing must', () => {
    const { status, stdout, stderr } = command(['doctor', '--offline'], READY);
    expect(status).to.equal(0);
    expect(stdout).to.include('THREADS_APP_SECRET is there').and.not.include('hush');
    expect(stderr).to.equal('');
  });

  it('ends with 2 for an argument that it does not know, and says so where errors go', () => {
    for (const args of [['--ofline'], ['hush'], ['--env-file']]) {
      const { status, stdout, stderr } = command(['doctor', ...args], READY);
      expect([status, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.include('Add --help to see the options.');
    }
  });

  it('reads the file that is named; Node.js itself says when it is not there', () => {
    const lines = Object.entries(READY).map(([name, value]) => `${name}=${value}`);
    writeFileSync(join(folder(), 'app.env'), lines.join('\n'));
    expect(command(['doctor', '--offline', '--env-file', 'app.env']).status).to.equal(0);
    for (const args of [['--env-file', 'none.env'], ['--env-file=none.env']]) {
      const { status, stdout, stderr } = command(['doctor', '--offline', ...args], READY);
      expect(status).not.to.equal(0);
      expect(stdout + stderr).to.include('none.env');
    }
  });

  for (const example of ['example/reference', 'example/nestjs']) {
    it(`is what ${example} calls`, () => {
      const [program, args] = npm(['run', 'doctor', '--workspace', example, '--', '--offline']);
      const env = { ...process.env, ...READY };
      const { status, stdout } = spawnSync(program, args, { env, encoding: 'utf8' });
      expect(stdout).to.include('THREADS_APP_SECRET is there');
      expect(status).to.equal(0);
    });
  }

  it('ends with 2 for a command that there is not, and names those that there are', () => {
    for (const args of [[], ['docter'], ['constructor']]) {
      const { status, stderr } = command(args);
      expect(status).to.equal(2);
      expect(stderr).to.match(/^ {2}doctor {2,}\S/m);
    }
  });
});
