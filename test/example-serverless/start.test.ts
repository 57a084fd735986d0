import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ADA, Browser } from '../frameworks/support.js';
import { watchChild } from '../support/child.js';

const EXAMPLE = new URL('../../example/serverless/', import.meta.url);
const GOOD = {
  NODE_ENV: 'test',
  THREADS_APP_ID: '1',
  THREADS_APP_SECRET: 'hush-hush',
  THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback',
  SESSION_SECRET: 'of the tests, with 32 characters and more',
};

function run(file: string, env: Record<string, string>) {
  const program = fileURLToPath(new URL(file, EXAMPLE));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watchChild(child);
}

describe('example/serverless: starting', () => {
  it('ends well with all settings', async () => {
    const { exited, output } = run('handlers.js', GOOD);
    expect(await exited, output.stderr).to.equal(0);
  });

  for (const [title, env, message] of [
    [
      'names all that is missing',
      { THREADS_APP_ID: '', SESSION_SECRET: '' },
      'Set THREADS_APP_ID, SESSION_SECRET',
    ],
    ['wants a secret that cannot be guessed', { SESSION_SECRET: 'short' }, 'at least 32 characters'],
    [
      'refuses a simulator in production',
      { NODE_ENV: 'production', THREADS_SIMULATOR_URL: 'http://localhost:4000' },
      'THREADS_SIMULATOR_URL signs anyone in',
    ],
  ] as const) {
    it(title, async () => {
      const { exited, output } = run('handlers.js', { ...GOOD, ...env });
      expect(await exited).to.equal(1);
      expect(output.stderr).to.contain(message).and.not.to.contain('hush-hush');
    });
  }

  it('does not start with a simulator in production', async () => {
    const { exited, output } = run('local/start.js', { NODE_ENV: 'production' });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.contain('for development');
  });

  it('signs a person in on this machine, behind the gateway of npm start', async () => {
    const { child, exited, output, printed } = run('local/start.js', { NODE_ENV: 'test', PORT: '0' });
    try {
      await printed('Ctrl+C');
      const browser = new Browser(/Open (\S+)/.exec(output.stdout)![1]!);
      await browser.open(await browser.decide(await browser.start()));
      expect((await browser.open('/')).text).to.contain(ADA);
    } finally {
      child.kill();
      await exited;
    }
  });
});
