import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../support/free-port.js';
import { firstApp } from './first-app.js';
import { ROOT, read, snippets } from './markdown.js';

describe('the test of an app in the README', () => {
  const blocks = snippets(read('README.md'));
  const settings = blocks.find(({ language }) => language === 'ini')?.code ?? '';
  const test = blocks.find(({ code }) => code.includes("from 'node:test'"))?.code ?? '';

  /** Runs it beside the first app, and tells its exit code and what it printed. */
  async function run(change = (code: string) => code): Promise<{ code: number; output: string }> {
    const folder = mkdtempSync(join(ROOT, 'test', 'readme', '.own-test-'));
    try {
      const port = await freePort();
      const onPort = (text: string) => text.replaceAll('3000', String(port));
      writeFileSync(join(folder, 'app.mjs'), onPort(firstApp('app.mjs')));
      writeFileSync(join(folder, 'sign-in.test.mjs'), change(onPort(test)));
      writeFileSync(join(folder, '.env'), onPort(settings));
      const child = spawn(process.execPath, ['--env-file=.env', '--test', 'sign-in.test.mjs'], {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          output += chunk;
        });
      }
      const [code] = await once(child, 'close');
      return { code, output };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('has at most 20 lines, and passes', async () => {
    expect(test.trimEnd().split('\n').length).to.be.within(10, 20);
    const { code, output } = await run();
    expect(code, output).to.equal(0);
  });

  it('fails where the person is not signed in', async () => {
    const { code } = await run((text) =>
      text.replace("'location'))", "'location'), { decision: 'cancel' })"),
    );
    expect(code).to.equal(1);
  });
});
