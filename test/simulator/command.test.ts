import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { run } from '../../lib/simulator/command.js';
import { stoppedBy, watchChild } from '../support/child.js';
import { statusFor } from './support.js';

const BIN = join(import.meta.dirname, '../../bin/passport-threads-oauth2.js');

function runToEnd(...args: string[]) {
  return spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', timeout: 20_000 });
}

describe('the command', () => {
  it('without a command, or with an unknown one, shows the commands and ends with 2', () => {
    for (const args of [[], ['nothing'], ['../simulator'], ['constructor']]) {
      const { status, stderr, stdout } = runToEnd(...args);
      expect([status, stdout]).to.deep.equal([2, '']);
      expect(stderr)
        .to.contain('Usage: passport-threads-oauth2 <command>')
        .and.contain('  simulator  runs a Threads');
    }
  });

  it('shows its help and its version', () => {
    for (const flag of ['--help', '-h', 'help']) {
      const { status, stdout } = runToEnd(flag);
      expect(status).to.equal(0);
      expect(stdout).to.contain('  simulator  runs a Threads on this machine');
    }
    for (const flag of ['--version', '-v']) {
      expect(runToEnd(flag).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    }
    for (const command of ['simulator', 'doctor']) {
      const { status, stdout } = runToEnd(command, '--help');
      expect(stdout).to.contain(`Usage: passport-threads-oauth2 ${command} [options]`);
      for (const args of [
        [command, '-h'],
        ['help', command],
      ]) {
        expect(runToEnd(...args)).to.include({ status, stdout });
      }
    }
  });
});

describe('the command simulator refuses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = (text: string) => {
    const path = join(folder, 'config.json');
    writeFileSync(path, text);
    return path;
  };

  for (const [what, args, exitCode, message] of [
    ['an unknown option', () => ['--prot', '1'], 2, "Unknown option '--prot'"],
    ['a word too many', () => ['4000'], 2, "Unexpected argument '4000'"],
    ['a port that is none', () => ['--port', '65536'], 2, '--port must be a number from 0 to 65535'],
    ['a port that is no number', () => ['--port', '4e3'], 2, '--port must be a number'],
    ['an app without a redirect URI', () => ['--app', '1:hidden'], 2, '--app must be ID:SECRET:REDIRECT_URI'],
    ['an app without an id', () => ['--app', ':hidden:http://a/'], 2, '--app must be ID:SECRET:REDIRECT_URI'],
    ['an app whose id is no number', () => ['--app', 'a:hidden:http://a/'], 2, 'an ID of digits'],
    ['an app without a secret', () => ['--app', '1::http://a/'], 2, '--app must be ID:SECRET:REDIRECT_URI'],
    ['a redirect URI that is none', () => ['--app', '1:hidden:callback'], 2, 'an http or https URL'],
    ['a redirect URI with a fragment', () => ['--app', '1:hidden:http://a/#_'], 2, 'without a fragment'],
    [
      'two secrets of one app',
      () => ['--app', '1:hidden:http://a/', '--app', '1:hidden2:http://b/'],
      2,
      'another secret',
    ],
    ['a host name with a scheme', () => ['--allow-host', 'http://x'], 2, '--allow-host must be a host'],
    ['a host that is empty', () => ['--host', ''], 2, '--host must be a host'],
    ['a host that is not of this machine', () => ['--host', '192.0.2.1'], 1, 'Cannot listen on 192.0.2.1'],
    ['a file that is missing', () => ['--config', join(folder, 'none.json')], 1, 'could not be read'],
    ['a file that is no JSON', () => ['--config', file('{"apps": hidden')], 1, 'it is no JSON'],
    [
      'a file with a list',
      () => ['--config', file('[]')],
      1,
      'config.json: The configuration must be an object',
    ],
    ['a file with an unknown member', () => ['--config', file('{"people": []}')], 1, 'has no member people'],
    [
      'a file with one app in place of a list',
      () => ['--config', file('{"apps": {}}')],
      1,
      'apps must be a list',
    ],
    [
      'a file with an app without an id',
      () => ['--config', file('{"apps": [{}]}')],
      1,
      'config.json: clientID',
    ],
    [
      'a file with a misspelt setting',
      () => ['--config', file('{"users": [{ "id": "1", "username": "a", "testers": [] }]}')],
      1,
      'has no member testers',
    ],
  ] as const) {
    it(what, async () => {
      const error = await run([...args()]).catch((reason: NodeJS.ErrnoException) => reason);
      if (!(error instanceof Error)) throw new Error('It runs');
      expect(error.message).to.contain(message).and.not.contain('hidden');
      expect(String(error.code).startsWith('ERR_PARSE_ARGS')).to.equal(exitCode === 2);
    });
  }

  it('without a stack trace, with 2 for an argument that is wrong and with 1 for anything else', () => {
    expect(runToEnd('simulator', '--port', 'x')).to.include({
      status: 2,
      stdout: '',
      stderr: '--port must be a number from 0 to 65535\nAdd --help to see the options.\n',
    });
    const { status, stdout, stderr } = runToEnd('simulator', '--config', 'none.json');
    expect([status, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(/^none\.json could not be read: .*\n$/);
  });

  it('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as { port: number };
      const { status, stderr } = runToEnd('simulator', '--port', String(port));
      expect([status, stderr]).to.deep.equal([
        1,
        `Port ${port} is taken: choose another with --port, or --port 0 for any that is free\n`,
      ]);
    } finally {
      server.close();
    }
  });
});

describe('the command simulator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  after(() => rmSync(folder, { recursive: true }));
  const running: ReturnType<typeof watchChild>[] = [];
  afterEach(() => {
    for (const { child } of running.splice(0)) child.kill('SIGKILL');
  });

  const start = (...args: string[]) => startWith({}, ...args);

  async function startWith(env: NodeJS.ProcessEnv, ...args: string[]) {
    const child = spawn(process.execPath, [BIN, 'simulator', '--port', '0', ...args], {
      env: { ...process.env, FORCE_COLOR: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const app = watchChild(child);
    running.push(app);
    await app.printed('Ctrl+C stops it.');
    const json = app.output.stdout.split('\n').find((line) => line.startsWith('{')) ?? '';
    const endpoints = JSON.parse(json) as Record<'authorizationURL' | 'tokenURL' | 'graphURL', string>;
    return { ...app, endpoints, origin: new URL(endpoints.graphURL).origin };
  }

  it('shows its help, with every option and the app that is there by default', () => {
    const { status, stdout } = runToEnd('simulator', '--help');
    expect(status).to.equal(0);
    for (const text of ['--port', '--host', '--app', '--config', '--allow-host', '/health', '/_simulator']) {
      expect(stdout).to.contain(text);
    }
    expect(stdout).to.contain('1234567890123456, secret simulated-app-secret');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).to.be.at.most(80);
  });

  it('prints the three URLs as environment variables and as JSON, without colours for a pipe', async () => {
    const { output, endpoints, origin } = await start();
    expect(endpoints).to.deep.equal({
      authorizationURL: `${origin}/oauth/authorize`,
      tokenURL: `${origin}/oauth/access_token`,
      graphURL: `${origin}/v1.0`,
    });
    expect(output.stdout).to.contain(`\nTHREADS_SIMULATOR_URL=${origin}\n`);
    expect(output.stdout).to.contain(`\nTHREADS_AUTHORIZATION_URL=${endpoints.authorizationURL}\n`);
    expect(output.stdout).to.contain(`\nTHREADS_TOKEN_URL=${endpoints.tokenURL}\n`);
    expect(output.stdout).to.contain(`\nTHREADS_GRAPH_URL=${endpoints.graphURL}\n`);
    expect(output.stdout).not.to.contain('\u001b');
    expect(output.stderr).to.equal('');
  });

  it('colours what FORCE_COLOR forces, unless NO_COLOR says no', async () => {
    expect((await startWith({ FORCE_COLOR: '1' })).output.stdout).to.contain('\u001b[1mSimulated Threads');
    expect((await startWith({ NO_COLOR: '1' })).output.stdout).not.to.contain('\u001b');
  });

  it('listens on an IPv6 address, with brackets and without', async function () {
    const addresses = Object.values(networkInterfaces()).flat();
    if (!addresses.some((one) => one?.address === '::1')) this.skip();
    for (const host of ['::1', '[::1]']) {
      const { origin } = await start('--host', host);
      expect(origin).to.match(/^http:\/\/\[::1\]:\d+$/);
      expect((await fetch(`${origin}/health`)).status).to.equal(200);
    }
  });

  it('is ready when /health answers 200', async () => {
    const { origin } = await start();
    const response = await fetch(`${origin}/health`);
    expect([response.status, await response.json()]).to.deep.equal([200, { status: 'ok' }]);
  });

  it('logs one line a request, without the query and without the ready-checks', async () => {
    const { origin, printed, output } = await start();
    await (await fetch(`${origin}/health`)).text();
    await (await fetch(`${origin}/v1.0/me?access_token=THhidden`)).text();
    await printed('GET /v1.0/me 400');
    expect(output.stdout).to.match(/\nGET \/v1\.0\/me 400 \d+ ms\n$/);
    expect(output.stdout).not.to.contain('hidden').and.not.to.contain('/health');
  });

  it('logs what Threads lets pass undocumented, and how to register what it refuses, without a secret', async () => {
    const { printed, output, endpoints } = await start('--app', '1:hidden:http://a.test/callback');
    const open = (query: Record<string, string>) =>
      fetch(`${endpoints.authorizationURL}?${new URLSearchParams({ scope: 'threads_basic', ...query })}`, {
        redirect: 'manual',
      });
    await open({ client_id: '1', redirect_uri: 'http://a.test/callback' });
    await printed('  There is no response_type: Threads is reported to let this pass');
    await open({ client_id: '1', redirect_uri: 'http://b.test/callback' });
    await printed('--app 1:SECRET:http://b.test/callback');
    await open({ client_id: '2', redirect_uri: 'http://b.test/callback' });
    await printed('--app 2:SECRET:http://b.test/callback');
    expect(output.stdout).not.to.contain('hidden');
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`stops cleanly on ${signal}, even while a request hangs`, async () => {
      const { origin, child, exited, output } = await start();
      await post(origin, 'fail', { endpoint: '/me', stall: true });
      const hanging = fetch(`${origin}/me`).catch((error: Error) => error);
      while (!(await (await fetch(`${origin}/_simulator/requests`)).text()).includes('/me'));
      child.kill(signal);
      expect(await exited).to.equal(stoppedBy(signal));
      expect(await hanging).to.be.an('error');
      expect(output.stderr).to.equal('');
    });
  }

  it('takes apps from options, several redirect URIs of one included', async () => {
    const { endpoints, output } = await start(
      '--app',
      '1:hidden:http://localhost:3000/callback',
      '--app',
      '1:hidden:https://app.example/callback?a=b:c',
      '--app',
      '2:hid:den:http://localhost:3000/callback',
    );
    for (const [client_id, redirect_uri, status] of [
      ['1', 'http://localhost:3000/callback', 200],
      ['1', 'https://app.example/callback?a=b:c', 200],
      ['2', 'http://localhost:3000/callback', 200],
      ['1234567890123456', 'http://localhost:3000/auth/threads/callback', 302],
    ] as const) {
      const query = { client_id, redirect_uri, response_type: 'code', scope: 'threads_basic' };
      const url = `${endpoints.authorizationURL}?${new URLSearchParams(query)}`;
      expect((await fetch(url, { redirect: 'manual' })).status).to.equal(status);
    }
    expect(output.stdout).not.to.contain('hid');
    const tokens = { grant_type: 'client_credentials', client_id: '2', client_secret: 'hid:den' };
    const asked = await fetch(`${endpoints.tokenURL}?${new URLSearchParams(tokens)}`);
    expect(asked.status, 'a secret with a colon').to.equal(200);
  });

  it('takes apps, people, testers and hosts from a file', async () => {
    const config = join(folder, 'config.json');
    const apps = [{ clientID: '1', clientSecret: 's', redirectURIs: ['http://localhost/a'], live: false }];
    const users = [
      { id: '7', username: 'tester', testerOf: ['1'] },
      { id: '8', username: 'stranger', testerOf: [] },
    ];
    writeFileSync(config, JSON.stringify({ apps, users, hosts: ['sim.test'], loggedIn: false }));
    const { origin } = await start('--config', config, '--app', '2:s:http://localhost/b');
    expect(await post(origin, 'issueToken', { clientID: '1', userId: '7' })).to.have.property('accessToken');
    expect(await post(origin, 'issueToken', { clientID: '1', userId: '8' })).to.have.property('error');
    expect(await post(origin, 'issueToken', { clientID: '2', userId: '8' })).to.have.property('accessToken');
    const window = await fetch(`${origin}/oauth/authorize?client_id=1`, { redirect: 'manual' });
    expect(window.headers.get('location')).to.match(/^\/login\?next=/);
    expect(await statusFor(origin, 'sim.test')).to.equal(200);
    expect(await statusFor(origin, 'other.test')).to.equal(403);
  });

  it('lets in the host names of --allow-host, and no other (DNS rebinding)', async () => {
    const { origin } = await start('--allow-host', 'threads', '--host', '127.0.0.1');
    expect(await statusFor(origin, 'threads:4000')).to.equal(200);
    expect(await statusFor(origin, 'evil.example')).to.equal(403);
  });

  it('goes on when whoever read its log has gone', async () => {
    const { child, origin } = await start();
    child.stdout.destroy();
    for (let count = 0; count < 3; count++) await (await fetch(`${origin}/me`)).text();
    expect((await fetch(`${origin}/health`)).status).to.equal(200);
  });

  it('is driven by fetch alone: a denial, a missing permission, an expired token, Threads being down', async () => {
    const { origin, endpoints } = await start('--app', '1:s:http://localhost:3000/callback');
    const window = `${endpoints.authorizationURL}?${new URLSearchParams({
      client_id: '1',
      redirect_uri: 'http://localhost:3000/callback',
      response_type: 'code',
      scope: 'threads_basic,threads_delete',
      state: 'xyz',
    })}`;
    const denied = await post(origin, 'answer', { location: window, decision: 'cancel' });
    expect(denied.location).to.match(/callback\?error=access_denied&.+&state=xyz#_$/);

    const allowed = await post(origin, 'answer', { location: window, scope: 'threads_basic' });
    const code = new URL(String(allowed.location)).searchParams.get('code') ?? '';
    const form = { client_id: '1', client_secret: 's', grant_type: 'authorization_code', code };
    const body = new URLSearchParams({ ...form, redirect_uri: 'http://localhost:3000/callback' });
    const { access_token } = (await (await fetch(endpoints.tokenURL, { method: 'POST', body })).json()) as {
      access_token: string;
    };
    const inspection = `${endpoints.graphURL}/debug_token?access_token=TH|1|s&input_token=${access_token}`;
    const { data } = (await (await fetch(inspection)).json()) as { data: { scopes: string[] } };
    expect(data.scopes).to.deep.equal(['threads_basic']);

    await post(origin, 'expireToken', { accessToken: access_token });
    const me = `${endpoints.graphURL}/me?access_token=${access_token}`;
    expect(await (await fetch(me)).text()).to.contain('"error_subcode":463');

    await post(origin, 'fail', { endpoint: '*', status: 503 });
    expect((await fetch(me)).status).to.equal(503);
  });
});

async function post(origin: string, call: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${origin}/_simulator/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}
