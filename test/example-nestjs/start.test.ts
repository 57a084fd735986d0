import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { simulatedApp } from 'passport-threads-oauth2/simulator';
import { watchChild } from '../support/child.js';
import { buildExample, MAIN, NOTHING } from './support.js';

function run(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...NOTHING, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watchChild(child);
}

async function listening() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise((resolve) => server.close(resolve)) };
}

describe('example/nestjs: starting', () => {
  before(buildExample);

  it('ends with all that is missing, and no stack trace, when it is half configured', async () => {
    const { exited, output } = run({ THREADS_APP_SECRET: 'hush-hush' });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.contain('THREADS_APP_ID is missing');
    expect(output.stderr).to.contain('THREADS_CALLBACK_URL is missing');
    expect(output.stderr).not.to.contain('THREADS_APP_SECRET is missing');
    expect(output.stderr).not.to.match(/^\s+at |hush-hush/m);
  });

  it('ends with all that is wrong', async () => {
    const { exited, output } = run({
      THREADS_APP_ID: '1234',
      THREADS_APP_SECRET: 'hush-hush',
      THREADS_CALLBACK_URL: 'http://app.example/auth/threads/callback',
      JWT_SECRET: 'short',
      PORT: '-1',
    });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.match(/CALLBACK_URL must begin with https/);
    expect(output.stderr).to.match(/JWT_SECRET must have at least 32/);
    expect(output.stderr).to.match(/PORT must be a number/);
  });

  it('starts no simulator in production, nor beside a setting of Threads that is not even one of the three', async () => {
    for (const env of [{ NODE_ENV: 'production' }, { THREADS_SCOPE: 'threads_basic' }]) {
      const { exited, output } = run(env);
      expect(await exited).to.equal(1);
      for (const name of ['THREADS_APP_ID', 'THREADS_APP_SECRET', 'THREADS_CALLBACK_URL']) {
        expect(output.stderr).to.contain(`${name} is missing`);
      }
      expect(output.stdout).to.equal('');
    }
    const beside = run({ NODE_ENV: 'production', THREADS_SIMULATOR_URL: 'http://localhost:4000' });
    expect(await beside.exited).to.equal(1);
    expect(beside.output.stderr).to.contain('THREADS_SIMULATOR_URL must not be set');
  });

  it('fills in no published secret beside an app ID', async () => {
    const { exited, output } = run({ THREADS_SIMULATOR_URL: 'http://localhost:4000', THREADS_APP_ID: '1' });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.contain('THREADS_APP_SECRET is missing');
  });

  it("does not start with the simulator's secret, which everybody knows", async () => {
    const { exited, output } = run({
      THREADS_APP_ID: '1',
      THREADS_APP_SECRET: simulatedApp.clientSecret,
      THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback',
    });
    expect(await exited).to.equal(1);
    expect(output.stderr).to.contain('THREADS_APP_SECRET is that of the simulator');
  });

  it('says so when the port is taken', async () => {
    const taken = await listening();
    try {
      const { exited, output } = run({ PORT: String(taken.port) });
      expect(await exited).to.equal(1);
      expect(output.stderr)
        .to.contain(`Port ${taken.port} is in use`)
        .and.not.match(/^\s+at /m);
    } finally {
      await taken.close();
    }
  });

  it('opens beside a simulator without any configuration, and stops when asked', async () => {
    const { port, close } = await listening();
    await close();
    const { child, exited, output, printed } = run({ PORT: String(port) });
    await printed(`Open http://localhost:${port}`);
    await printed('JWT_SECRET is not set');
    expect(output.stdout).to.contain('simulator');

    // A connection that is kept alive must not hold the app up.
    const [response] = await once(get(`http://localhost:${port}/auth/threads`), 'response');
    response.resume();
    expect(response.statusCode).to.equal(302);
    const window = await fetch(response.headers.location);
    expect(await window.text()).to.contain('Spool');

    child.kill('SIGTERM');
    expect(await exited).to.equal('SIGTERM');
    expect(output.stderr).to.equal('');
  });

  it('sends people to Threads itself once it is configured', async () => {
    const { port, close } = await listening();
    await close();
    const { child, exited, output, printed } = run({
      THREADS_APP_ID: '1234',
      THREADS_APP_SECRET: 'hush-hush',
      THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback',
      PORT: String(port),
    });
    try {
      await printed('Open https://app.example');
      expect(output.stdout).to.contain('with app 1234').and.not.contain('hush-hush');
      const answer = await fetch(`http://localhost:${port}/auth/threads`, { redirect: 'manual' });
      const window = new URL(answer.headers.get('location') ?? '');
      expect(window.origin + window.pathname).to.equal('https://www.threads.com/oauth/authorize');
      expect(window.searchParams.get('client_id')).to.equal('1234');
      expect(window.searchParams.get('scope')).to.equal('threads_basic');
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  });
});
