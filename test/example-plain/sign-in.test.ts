import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { ADA, Browser } from '../frameworks/support.js';
import { watchChild } from '../support/child.js';

const EXAMPLE = new URL('../../example/plain/', import.meta.url);
const NAMES = ['THREADS_APP_ID', 'THREADS_APP_SECRET', 'THREADS_CALLBACK_URL'] as const;
// An empty value counts as not set, and keeps a developer's own out of the tests.
const NOTHING = Object.fromEntries(NAMES.map((name) => [name, '']));
const { clientID, clientSecret } = simulatedApp;

type CreateApp = (options: Record<string, string>) => RequestListener;

describe('example/plain', () => {
  let createApp: CreateApp;
  let simulator: ThreadsSimulator;
  let origin: string;
  let browser: Browser;
  let close: () => Promise<unknown>;
  let said: string[];
  const { error: log } = console;

  before(async () => {
    ({ createApp } = (await import(new URL('app.js', EXAMPLE).href)) as { createApp: CreateApp });
  });

  beforeEach(async () => {
    said = [];
    console.error = (line: string) => said.push(line);
    simulator = createThreadsSimulator();
    await simulator.listen();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const callbackURL = `${origin}/auth/threads/callback`;
    simulator.addApp({ ...simulatedApp, redirectURIs: [callbackURL] });
    server.on('request', createApp({ clientID, clientSecret, callbackURL, ...simulator.endpoints }));
    browser = new Browser(origin);
    close = () => {
      server.closeAllConnections();
      return Promise.all([new Promise((resolve) => server.close(resolve)), simulator.close()]);
    };
  });

  afterEach(async () => {
    console.error = log;
    await close();
  });

  const home = async () => (await browser.open('/')).text;
  const isSignedOut = async () => expect(await home()).to.contain('Continue with Threads');

  /** Where a callback leads: always away from its own address, which holds a code. */
  async function comeBack(callback: string): Promise<{ location: string; text: string }> {
    const { status, headers } = await browser.open(callback);
    expect(status).to.equal(303);
    const location = String(headers.get('location'));
    return { location, text: (await browser.open(location)).text };
  }

  it('lets a person cancel', async () => {
    const { text } = await comeBack(await browser.decide(await browser.start(), 'cancel'));
    expect(text).to.contain('You cancelled');
    await isSignedOut();
  });

  it('stops a login that an attacker began in another browser, and asks Threads nothing', async () => {
    const attacker = new Browser(origin);
    const callback = await attacker.decide(await attacker.start());
    const asked = simulator.requests.length;
    expect((await comeBack(callback)).text).to.contain('did not start in this browser');
    expect(simulator.requests).to.have.length(asked);
    await isSignedOut();
  });

  it('stops a callback that is opened again', async () => {
    const callback = await browser.decide(await browser.start());
    await browser.open(callback);
    expect((await comeBack(callback)).location).to.equal('/?problem=state#');
  });

  it('stops a callback that is copied to another browser together with its cookie, once it was used', async () => {
    const callback = await browser.decide(await browser.start());
    const thief = new Browser(origin);
    for (const cookie of await browser.jar.getCookies(origin)) await thief.jar.setCookie(cookie, origin);
    await browser.open(callback);
    browser = thief;
    expect((await comeBack(callback)).location).to.equal('/?problem=state#');
    await isSignedOut();
  });

  it('stops a login whose cookie was tampered with', async () => {
    const callback = await browser.decide(await browser.start());
    const [cookie] = (await browser.jar.getCookies(origin)).filter(({ key }) => key.includes('login'));
    await browser.jar.setCookie(`${cookie!.key}=${cookie!.value.slice(0, -2)}xx; Path=/`, origin);
    expect((await comeBack(callback)).location).to.equal('/?problem=state#');
    await isSignedOut();
  });

  for (const [title, problem, change] of [
    ['no state', 'state', (query: URLSearchParams) => query.delete('state')],
    ['two states', 'state', (query: URLSearchParams) => query.append('state', 'x')],
    ['two codes', 'refused', (query: URLSearchParams) => query.append('code', 'x')],
    ['an empty code', 'refused', (query: URLSearchParams) => query.set('code', '')],
    ['a code beside an error', 'refused', (query: URLSearchParams) => query.set('error', 'server_error')],
  ] as const) {
    it(`signs nobody in for a callback with ${title}, and asks Threads nothing`, async () => {
      const callback = new URL(await browser.decide(await browser.start()));
      change(callback.searchParams);
      const asked = simulator.requests.length;
      expect((await comeBack(callback.href)).location).to.equal(`/?problem=${problem}#`);
      expect(simulator.requests).to.have.length(asked);
      await isSignedOut();
    });
  }

  it('shows nothing of what a query says', async () => {
    for (const state of ['x', new URL(await browser.start()).searchParams.get('state')!]) {
      const query = new URLSearchParams({ state, error: 'server_error', error_description: 'Call 555-0100' });
      const { location, text } = await comeBack(`/auth/threads/callback?${query}`);
      expect(location + text).not.to.contain('555');
    }
    expect((await browser.open('/?problem=Call+555-0100')).text).not.to.contain('555');
  });

  it('asks to try again where a code is refused, and logs neither the code nor the secret', async () => {
    const callback = new URL(await browser.decide(await browser.start()));
    callback.searchParams.set('code', 'AQBxforged');
    expect((await comeBack(callback.href)).text).to.contain('Please try again');
    expect(said.join())
      .to.contain('ThreadsTokenError')
      .and.not.contain('AQBxforged')
      .and.not.contain(clientSecret);
  });

  it('signs nobody in where the token answer and /me name two people', async () => {
    const callback = await browser.decide(await browser.start());
    simulator.fail('/me', { status: 200, body: { id: '17841405793187220', username: 'eve' } });
    expect((await comeBack(callback)).location).to.equal('/?problem=error#');
    await isSignedOut();
  });

  it('signs a person in and out, with a session that is new each time', async () => {
    const sessions = [];
    for (let i = 0; i < 2; i += 1) {
      const { status, headers } = await browser.open(await browser.decide(await browser.start()));
      expect(status).to.equal(303);
      expect(headers.get('location')).to.equal('/#');
      sessions.push(headers.getSetCookie().find((cookie) => cookie.startsWith('session=')));
      expect(await home()).to.contain(`Signed in as @ada.okafor (${ADA})`);
    }
    expect(sessions[0]).to.match(/^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(sessions[1]).not.to.equal(sessions[0]);

    await browser.open('/sign-out', { method: 'POST' });
    await isSignedOut();
  });

  it('writes a name as text', async () => {
    simulator.addUser({ id: ADA, username: '<img src=x>', testerOf: [] });
    await browser.open(await browser.decide(await browser.start()));
    expect(await home())
      .to.contain('&#60;img')
      .and.not.contain('<img');
  });

  it('keeps its cookies to https where the redirect URI is', () => {
    const app = createApp({
      clientID,
      clientSecret,
      callbackURL: 'https://app.example/auth/threads/callback',
    });
    let cookies: string[] = [];
    const res = {
      setHeader(_name: string, value: string[]) {
        cookies = value;
      },
      writeHead: () => res,
      end() {},
    };
    app({ method: 'GET', url: '/auth/threads', headers: {} } as never, res as never);
    expect(cookies[0]).to.match(/^__Host-threads-login-.*; Secure/);
  });

  it('has an answer to paths that are none', async () => {
    expect((await browser.open('/nowhere')).status).to.equal(404);
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.end('GET http://[ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).to.match(/^HTTP\/1\.1 404 /);
    await isSignedOut();
  });
});

describe('example/plain: starting', () => {
  const run = (env: NodeJS.ProcessEnv) =>
    watchChild(
      spawn(process.execPath, [fileURLToPath(new URL('main.js', EXAMPLE))], {
        env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: '', ...NOTHING, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );

  for (const [title, env, missing] of [
    ['in production', { NODE_ENV: 'production' }, NAMES],
    ['beside an app ID', { THREADS_APP_ID: '1' }, NAMES.slice(1)],
    ['beside a secret', { THREADS_APP_SECRET: 'hush-hush' }, ['THREADS_APP_ID', 'THREADS_CALLBACK_URL']],
    ['beside a name with a typo', { THREADS_CLIENT_ID: '1' }, NAMES],
  ] as const) {
    it(`lets nobody in through a simulator ${title}, and names what is missing`, async () => {
      const { exited, output } = run(env);
      expect(await exited).to.equal(1);
      expect(output.stderr)
        .to.contain(`set ${missing.join(', ')}.`)
        .and.not.contain('hush-hush');
      expect(output.stdout).to.equal('');
    });
  }

  it('opens with a simulator where nothing is set', async () => {
    const free = createServer().listen(0);
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));

    const { child, exited, printed } = run({ PORT: String(port) });
    try {
      await printed(`Open http://localhost:${port}/ (with a simulator of Threads)`);
      const browser = new Browser(`http://localhost:${port}`);
      await browser.open(await browser.decide(await browser.start()));
      expect((await browser.open('/')).text).to.contain('Signed in as @ada.okafor');
    } finally {
      child.kill();
      await exited;
    }
  });
});
