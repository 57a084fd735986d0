import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const MAIN = fileURLToPath(new URL('../../example/express/src/main.ts', import.meta.url));

// An empty value counts as not set, and keeps a developer's own .env out of the tests.
const NOTHING = Object.fromEntries(
  [
    'THREADS_APP_ID',
    'THREADS_APP_SECRET',
    'THREADS_CALLBACK_URL',
    'THREADS_SCOPE',
    'THREADS_REQUIRED_SCOPES',
    'THREADS_TESTER_ACCESS_TOKEN',
    'THREADS_SIMULATOR_URL',
    'SESSION_SECRET',
    'PORT',
    'SIMULATOR_PORT',
    'HTTPS_KEY',
    'HTTPS_CERT',
    'TRUST_PROXY',
    'REDIS_URL',
  ].map((name) => [name, '']),
);

function run(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: { ...process.env, ...NOTHING, DATABASE_URL: 'file::memory:', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const printed = async (text: string) => {
    while (!output.stdout.includes(text)) {
      const more = await Promise.race([
        once(child.stdout, 'data').then(() => true),
        exited.then(() => false),
      ]);
      if (!more) throw new Error(`the app stopped: ${output.stderr}`);
    }
  };
  return { child, output, exited, printed };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('example/express: starting', function () {
  this.timeout(30_000);

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
    expect(await exited).to.equal(0);
    expect(output.stderr).to.equal('');
  });
});
