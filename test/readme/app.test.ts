import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { CookieJar } from 'tough-cookie';
import { createThreadsSimulator, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { firstApp } from './first-app.js';
import { ROOT } from './markdown.js';

const CLIENT_ID = '9876543210123456';
const CLIENT_SECRET = 'secret-of-the-readme';

for (const name of ['app.mjs', 'app.ts'] as const) describeApp(name);

function describeApp(name: 'app.mjs' | 'app.ts'): void {
  describe(`${name} of the README`, () => {
    const file = join(ROOT, 'test', 'readme', `.${name}`);
    let simulator: ThreadsSimulator;
    let running: App;
    const apps: App[] = [];

    before(async () => {
      simulator = createThreadsSimulator({ apps: [] });
      await simulator.listen();
      running = await start();
    });

    after(async () => {
      for (const { child } of apps) child.kill();
      await simulator?.close();
      rmSync(file, { force: true });
    });

    /** Starts the app, talking to the addresses of Threads; with what a test changes about it. */
    async function start(env: NodeJS.ProcessEnv = {}, change = (code: string) => code): Promise<App> {
      const port = await freePort();
      writeFileSync(file, change(firstApp(name)).replace('listen(3000)', `listen(${port})`));
      const origin = `http://localhost:${port}`;
      const callbackURL = `${origin}/auth/threads/callback`;
      simulator.addApp({ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectURIs: [callbackURL] });
      const standIn = join(ROOT, 'test', 'readme', 'threads-stand-in.mjs');
      const child = spawn(process.execPath, ['--import', 'tsx', '--import', standIn, file], {
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          SIMULATOR_URL: simulatorURL(),
          THREADS_APP_ID: CLIENT_ID,
          THREADS_APP_SECRET: CLIENT_SECRET,
          THREADS_CALLBACK_URL: callbackURL,
          THREADS_SIMULATOR_URL: '',
          SESSION_SECRET: 'session-secret-of-the-readme',
          ...env,
        },
        stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      });
      let stderr = '';
      child.stderr?.on('data', (chunk) => {
        stderr += chunk;
      });
      const app = { child, origin, callbackURL, log: () => stderr };
      apps.push(app);
      await listening(app);
      return app;
    }

    function simulatorURL(): string {
      return new URL(simulator.endpoints.graphURL).origin;
    }

    function browser() {
      const jar = new CookieJar();
      return async (url: string, init: RequestInit = {}) => {
        const cookie = await jar.getCookieString(url);
        const answer = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
        for (const line of answer.headers.getSetCookie()) await jar.setCookie(line, url);
        return answer;
      };
    }

    type Open = ReturnType<typeof browser>;

    async function windowOf(open: Open, { origin }: Pick<App, 'origin'> = running): Promise<URL> {
      const answer = await open(`${origin}/auth/threads`);
      return new URL(answer.headers.get('location') ?? '');
    }

    /** What the person reads at the end of the redirect that answers a callback. */
    async function readAfter(open: Open, callback: string, app = running): Promise<string> {
      const answer = await open(callback);
      expect(answer.status).to.equal(302);
      const location = answer.headers.get('location') ?? '';
      expect(location, 'keeps neither #_ nor the code')
        .to.match(/^\/[^#]*#$/)
        .and.not.to.contain('code');
      return (await open(`${app.origin}${location}`)).text();
    }

    const answerOf = (window: URL, answer: Record<string, string>, callbackURL = running.callbackURL) =>
      `${callbackURL}?${new URLSearchParams({ ...answer, state: window.searchParams.get('state') ?? '' })}`;

    it('tells a person who cancelled, and one without cookies, to try again, and the developer why', async () => {
      const open = browser();
      const denied = { error: 'access_denied', error_reason: 'user_denied' };
      const page = await readAfter(open, answerOf(await windowOf(open), denied));
      expect(page).to.contain('not signed in').and.to.contain('Continue with Threads');

      const withoutCookies: Open = (url) => fetch(url, { redirect: 'manual' });
      const callback = answerOf(await windowOf(withoutCookies), { code: 'AQBx' });
      expect(await readAfter(withoutCookies, callback)).to.contain('not signed in');
      expect(running.log()).to.contain('access_denied').and.to.contain("reason: 'no_cookie'");
    });

    it('tells the developer, and not the person, what Threads refused', async () => {
      const open = browser();
      const callback = answerOf(await windowOf(open), { code: 'forged' });
      expect(await readAfter(open, callback))
        .to.contain('not signed in')
        .and.not.to.contain('forged');
      expect(running.log()).to.contain('ThreadsTokenError').and.not.to.contain('forged');
    });

    it('shows no text that an address brings along', async () => {
      const page = await (await fetch(`${running.origin}/?failed=<script>`)).text();
      expect(page).to.contain('not signed in').and.not.to.contain('<script>');
    });

    it('signs a person in, at the addresses of Threads, and out', async () => {
      const open = browser();
      const window = await windowOf(open);
      expect(`${window.origin}${window.pathname}`).to.equal('https://www.threads.com/oauth/authorize');
      expect(window.searchParams.get('redirect_uri')).to.equal(running.callbackURL);

      const code = simulator.authorize({ clientID: CLIENT_ID, redirectURI: running.callbackURL });
      expect(await readAfter(open, answerOf(window, { code }))).to.contain('Signed in as @ada.okafor');
      expect((await open(`${running.origin}/sign-out`, { method: 'POST' })).headers.get('location')).to.equal(
        '/',
      );
      expect(await (await open(`${running.origin}/`)).text()).to.contain('Continue with Threads');
    });

    it('signs a person in at the simulator that its settings name', async () => {
      const app = await start({ THREADS_SIMULATOR_URL: simulatorURL() });
      const open = browser();
      const allowed = simulator.answer(await windowOf(open, app));
      expect(await readAfter(open, allowed, app)).to.contain('Signed in as @ada.okafor');
    });
  });
}

interface App {
  child: ChildProcess;
  /** What the app wrote to stderr. */
  log: () => string;
  origin: string;
  callbackURL: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until the app says that it listens; an app that ends instead is an error. */
async function listening({ child, log }: App): Promise<void> {
  const [message] = await Promise.race([once(child, 'message'), once(child, 'close')]);
  if (message !== 'listening') throw new Error(`The app ended before it listened:\n${log()}`);
}
