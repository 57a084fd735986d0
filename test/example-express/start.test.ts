import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { simulatedApp } from 'passport-threads-oauth2/simulator';
import { openPeople } from '../../example/express/people.js';
import { ADA, Browser, textOf } from '../example-reference/support.js';
import { watchChild } from '../support/child.js';
import { freePort } from '../support/free-port.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
// An empty value counts as not set, and keeps a developer's own .env out of the tests.
const NAMES = ['APP_ID', 'APP_SECRET', 'CALLBACK_URL', 'SCOPE', 'REQUIRED_SCOPES', 'SIMULATOR_URL'];
const NOTHING = Object.fromEntries([
  ...NAMES.map((name) => [`THREADS_${name}`, '']),
  ['SESSION_SECRET', ''],
  ['NODE_ENV', ''],
  ['DATABASE_URL', 'file::memory:'],
]);

/** Starts the app as `npm start` does, with nothing set but `env`. */
function run(env: NodeJS.ProcessEnv) {
  const start = join(ROOT, 'example/express/start.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', start], {
    env: { ...process.env, ...NOTHING, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watchChild(child);
}

describe('example/express: starting', function () {
  this.timeout(60_000);

  it('names what is missing by the checks of the doctor, and the file that it read, and does not listen', async () => {
    const { exited, output } = run({ THREADS_APP_ID: 'abc', THREADS_APP_SECRET: 'hush-hush' });
    expect(await exited).to.equal(1);
    expect(output.stderr)
      .to.contain(join(ROOT, '.env'))
      .and.to.contain('THREADS_APP_ID must consist of digits only')
      .and.to.contain('THREADS_CALLBACK_URL is missing')
      .and.to.contain('SESSION_SECRET is missing')
      .and.not.to.match(/^\s+at |hush-hush/m);
    expect(output.stdout).to.equal('');
  });

  it('starts no simulator in production', async () => {
    const { exited, output } = run({ NODE_ENV: 'production' });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.contain('THREADS_APP_SECRET is missing');
    expect(output.stdout).to.equal('');
  });

  it('signs nobody in through a simulator that runs already, in production', async () => {
    const { exited, output } = run({
      NODE_ENV: 'production',
      THREADS_SIMULATOR_URL: 'http://127.0.0.1:9',
      THREADS_APP_ID: '1234',
      THREADS_APP_SECRET: 'hush-hush',
      THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback',
      SESSION_SECRET: 'a secret that is long enough for this',
    });
    expect(await exited).to.equal(1);
    expect(output.stderr)
      .to.contain('a simulator signs anyone in')
      .and.not.match(/^\s+at |hush-hush/m);
  });

  for (const name of ['PORT', 'SIMULATOR_PORT']) {
    it(`says what to do when ${name} is taken`, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      try {
        const ports = { PORT: String(await freePort()), SIMULATOR_PORT: String(await freePort()) };
        const { exited, output } = run({ ...ports, [name]: String(port) });
        expect(await exited).to.equal(1);
        expect(output.stderr)
          .to.contain(`Port ${port} is in use.`)
          .and.to.contain(`${name}=${port + 1}`);
        expect(output.stderr).not.to.match(/^\s+at /m);
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });
  }

  it('signs in with the simulator when nothing is set, hears of a removal, and keeps people over a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'threads-express-'));
    const [port, simulatorPort] = [await freePort(), await freePort()];
    const env = {
      PORT: String(port),
      SIMULATOR_PORT: String(simulatorPort),
      DATABASE_URL: `file:${join(folder, 'people.sqlite')}`,
      SESSION_SECRET: 'the same secret before and after',
    };
    try {
      const first = run(env);
      await first.printed(`Open http://localhost:${port}`);
      await first.printed(`a simulator, http://127.0.0.1:${simulatorPort}`);
      expect(first.output.stdout).to.contain(`there is no ${join(ROOT, '.env')}`);
      const browser = new Browser(`http://localhost:${port}`);
      expect(textOf(await browser.signIn())).to.contain('Ada Okafor');
      first.child.kill('SIGTERM');
      await first.exited;
      const people = await openPeople(env.DATABASE_URL);
      expect(await people.find(ADA)).to.include({ displayName: 'Ada Okafor' });
      people.close();

      const second = run(env);
      await second.printed(`Open http://localhost:${port}`);
      const form = { app: simulatedApp.clientID, user: ADA, data: 'delete' };
      // The second simulator is a new one: Ada allows the app there first.
      expect(textOf(await browser.signIn())).to.contain('Ada Okafor');
      const report = await new Browser(`http://127.0.0.1:${simulatorPort}`).open('/remove', form);
      expect(textOf(report))
        .to.contain('Uninstall callback HTTP 200')
        .and.to.contain('Data deletion callback HTTP 200');
      expect((await browser.request('/profile')).status).to.equal(303);
      second.child.kill('SIGTERM');
      await second.exited;
      expect(second.output.stderr).to.equal('');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
