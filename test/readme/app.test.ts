import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { CookieJar } from 'tough-cookie';
import { createThreadsSimulator, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { ROOT, read, snippets } from './markdown.js';

const CLIENT_ID = '9876543210123456';
const CLIENT_SECRET = 'secret-of-the-readme';

describe('the app in the README', function () {
  this.timeout(20_000);

  const file = join(ROOT, 'test', 'readme', '.app.mjs');
  let simulator: ThreadsSimulator;
  let app: ChildProcess;
  let origin: string;
  let callbackURL: string;

  before(async () => {
    const code = snippets(read('README.md')).find(({ code }) => code.startsWith('// app.mjs'))?.code;
    expect(code).to.be.a('string');
    writeFileSync(file, String(code));

    const port = await freePort();
    origin = `http://localhost:${port}`;
    callbackURL = `${origin}/auth/threads/callback`;
    simulator = createThreadsSimulator({
      apps: [{ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectURIs: [callbackURL] }],
    });
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      PORT: String(port),
      SIMULATOR_URL: await simulator.listen(),
      THREADS_APP_ID: CLIENT_ID,
      THREADS_APP_SECRET: CLIENT_SECRET,
      THREADS_CALLBACK_URL: callbackURL,
      SESSION_SECRET: 'session-secret-of-the-readme',
    };
    const standIn = join(ROOT, 'test', 'readme', 'threads-stand-in.mjs');
    app = spawn(process.execPath, ['--import', standIn, file], {
      env,
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    await listening(app);
  });

  after(async () => {
    app?.kill();
    await simulator?.close();
    rmSync(file, { force: true });
  });

  function browser() {
    const jar = new CookieJar();
    return async (url: string) => {
      const cookie = await jar.getCookieString(url);
      const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
      for (const line of answer.headers.getSetCookie()) await jar.setCookie(line, url);
      return answer;
    };
  }

  async function start(open: ReturnType<typeof browser>): Promise<URL> {
    const answer = await open(`${origin}/auth/threads`);
    return new URL(answer.headers.get('location') ?? '');
  }

  it('sends a person who cancelled back to the start', async () => {
    const open = browser();
    const window = await start(open);
    const denied = new URLSearchParams({
      error: 'access_denied',
      error_reason: 'user_denied',
      state: window.searchParams.get('state') ?? '',
    });
    const answer = await open(`${callbackURL}?${denied}`);
    expect(answer.status).to.equal(302);
    expect(answer.headers.get('location')).to.equal('/');
  });

  it('answers a refused code with its status and without a stack', async () => {
    const open = browser();
    const state = (await start(open)).searchParams.get('state');
    const answer = await open(`${callbackURL}?code=forged&state=${state}`);
    expect(answer.status).to.equal(502);
    expect(await answer.text()).to.equal('Signing in did not work. Please try again.');
  });

  it('signs a person in, at the addresses of Threads', async () => {
    const open = browser();
    const window = await start(open);
    expect(`${window.origin}${window.pathname}`).to.equal('https://www.threads.com/oauth/authorize');
    expect(window.searchParams.get('redirect_uri')).to.equal(callbackURL);

    const code = simulator.authorize({ clientID: CLIENT_ID, redirectURI: callbackURL });
    const answer = await open(`${callbackURL}?code=${code}&state=${window.searchParams.get('state')}`);
    expect(answer.headers.get('location')).to.equal('/#');
    const home = await open(`${origin}/`);
    expect(await home.text()).to.equal('Signed in as @ada.okafor (17841405793187219)');
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until the app says that it listens; an app that ends instead is an error. */
async function listening(app: ChildProcess): Promise<void> {
  let stderr = '';
  app.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [message] = await Promise.race([once(app, 'message'), once(app, 'close')]);
  if (message !== 'listening') throw new Error(`The app ended before it listened:\n${stderr}`);
}
