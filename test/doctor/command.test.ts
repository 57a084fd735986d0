import { spawnSync } from 'node:child_process';
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

  for (const example of ['example/express', 'example/nestjs']) {
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
