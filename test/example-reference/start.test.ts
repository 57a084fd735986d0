import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { simulatedApp } from 'passport-threads-oauth2/simulator';
import { stoppedBy } from '../support/child.js';
import { freePort } from '../support/free-port.js';
import { runScript } from './process.js';
import { ADA, Browser, textOf } from './support.js';

const run = (env: NodeJS.ProcessEnv) => runScript('main.ts', env);

describe('example/reference: starting', () => {
  it('ends with all that is missing, and no stack trace, when it is half configured', async () => {
    const { exited, output } = run({ THREADS_APP_SECRET: 'hush-hush' });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.contain('THREADS_APP_ID is missing');
    expect(output.stderr).to.contain('THREADS_CALLBACK_URL is missing');
    expect(output.stderr).to.contain('SESSION_SECRET is missing');
    expect(output.stderr).not.to.match(/^\s+at /m);
    expect(output.stderr).not.to.contain('hush-hush');
  });

  it('says so when the port is taken', async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const { exited, output } = run({ PORT: String(port) });
      expect(await exited).to.equal(1);
      expect(output.stderr).to.contain(`Port ${port} is in use`);
      expect(output.stderr).not.to.match(/^\s+at /m);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('says so when the database does not answer, without its password', async () => {
    for (const url of [
      `postgres://me:hush-hush@127.0.0.1:${await freePort()}/app`,
      'postgres://me:hush hush@[half/an/address',
    ]) {
      const { exited, output } = run({ DATABASE_URL: url });
      expect(await exited).to.equal(1);
      expect(output.stderr).to.match(
        /^The database at .* cannot be opened \([\w ]+\)\. Check DATABASE_URL\.$/m,
      );
      expect(output.stderr + output.stdout).not.to.match(/^\s+at |hush.hush/m);
    }
  });

  it('starts no simulator in production, and does not listen', async () => {
    const { exited, output } = run({ NODE_ENV: 'production' });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.contain('THREADS_APP_SECRET is missing').and.to.contain('TOKEN_KEYS is missing');
    expect(output.stdout).to.equal('');
  });

  it('says so when Redis does not answer, without the password', async () => {
    const { exited, output } = run({
      REDIS_URL: `redis://:hush-hush@127.0.0.1:${await freePort()}`,
      SESSION_SECRET: 'a secret that is long enough for this',
    });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.match(/Redis at 127\.0\.0\.1:\d+ does not answer \(.*ECONNREFUSED/);
    expect(output.stderr).not.to.match(/^\s+at |hush/m);
  });

  it('opens beside a simulator without any configuration, and stops when asked', async () => {
    const port = await freePort();
    const { child, exited, output, printed } = run({ PORT: String(port) });
    await printed(`Open http://localhost:${port}`);
    await printed('SESSION_SECRET is not set');
    expect(output.stdout).to.contain('simulator');

    // A connection that is kept alive must not hold the app up.
    const [response] = await once(get(`http://localhost:${port}/auth/threads`), 'response');
    expect(response.statusCode).to.equal(302);
    const window = await fetch(response.headers.location);
    expect(window.status).to.equal(200);
    expect(await window.text()).to.contain('Spool');

    child.kill('SIGTERM');
    expect(await exited).to.equal(stoppedBy('SIGTERM'));
    expect(output.stderr).to.equal('');
  });

  it('hears from the simulator when a person removes the app there', async () => {
    const port = await freePort();
    const { child, exited, printed } = run({ PORT: String(port) });
    await printed(`Open http://localhost:${port}`);
    const browser = new Browser(`http://localhost:${port}`);
    const { html } = await browser.signIn();
    const simulator = /href="([^"]+)">Remove this app in the simulator/.exec(html)![1]!;

    const form = { app: simulatedApp.clientID, user: ADA, data: 'delete' };
    const report = textOf(await new Browser(simulator).open('/remove', form));
    expect(report)
      .to.contain('Uninstall callback HTTP 200')
      .and.to.contain('Data deletion callback HTTP 200');
    expect((await browser.request('/profile')).status).to.equal(303);

    child.kill('SIGTERM');
    expect(await exited).to.equal(stoppedBy('SIGTERM'));
  });

  it('is known to the simulator with the address that linking returns to', async () => {
    const port = await freePort();
    const { child, exited, printed } = run({ PORT: String(port) });
    await printed(`Open http://localhost:${port}`);
    const browser = new Browser(`http://localhost:${port}`);
    const { html } = await browser.signIn();
    const window = await browser.open(/href="(\/auth\/threads\/link\?[^"]+)"/.exec(html)![1]!);
    expect(window.status).to.equal(200);
    expect(textOf(window)).to.contain('Spool wants to access');

    child.kill('SIGTERM');
    expect(await exited).to.equal(stoppedBy('SIGTERM'));
  });
});
