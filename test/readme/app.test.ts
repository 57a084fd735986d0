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

for (const name of ['app.mjs', 'app.ts']) describeApp(name);

function describeApp(name: string): void {
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
      const code = snippets(read('README.md')).find(({ code }) => code.startsWith(`// ${name}`))?.code;
      expect(code).to.be.a('string');
      writeFileSync(file, change(String(code)));
      const port = await freePort();
      const origin = `http://localhost:${port}`;
      const callbackURL = `${origin}/auth/threads/callback`;
      simulator.addApp({ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectURIs: [callbackURL] });
      const standIn = join(ROOT, 'test', 'readme', 'threads-stand-in.mjs');
      const child = spawn(process.execPath, ['--import', 'tsx', '--import', standIn, file], {
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          PORT: String(port),
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
      const app = { child, origin, callbackURL };
      apps.push(app);
      await listening(child);
      return app;
    }

    function simulatorURL(): string {
      return new URL(simulator.endpoints.graphURL).origin;
    }

    function browser() {
      const jar = new CookieJar();
      return async (url: string) => {
        const cookie = await jar.getCookieString(url);
        const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
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

    it('tells a person who cancelled that nothing was shared', async () => {
      const open = browser();
      const denied = { error: 'access_denied', error_reason: 'user_denied' };
      const page = await readAfter(open, answerOf(await windowOf(open), denied));
      expect(page).to.contain('You cancelled').and.to.contain('Continue with Threads');
    });

    it('tells a person who started at another host than the callback where to go', async () => {
      const { port } = new URL(running.origin);
      const open = browser();
      const window = await windowOf(open, { origin: `http://127.0.0.1:${port}` });
      expect(await readAfter(open, answerOf(window, { code: 'AQBx' }))).to.contain(`Open ${running.origin}`);
    });

    it('tells a browser without cookies to allow them', async () => {
      const withoutCookies: Open = (url) => fetch(url, { redirect: 'manual' });
      const callback = answerOf(await windowOf(withoutCookies), { code: 'AQBx' });
      expect(await readAfter(withoutCookies, callback)).to.contain('allow cookies');
    });

    it('tells which kind of thing went wrong when Threads refuses the code, and no more', async () => {
      const open = browser();
      const callback = answerOf(await windowOf(open), { code: 'forged' });
      expect(await readAfter(open, callback))
        .to.contain('Threads could not sign you in')
        .and.not.to.contain('forged');
    });

    it('shows no text that an address brings along', async () => {
      for (const problem of ['<script>', 'constructor', 'toString']) {
        const page = await (await fetch(`${running.origin}/?${new URLSearchParams({ problem })}`)).text();
        expect(page).to.contain('<p>Threads could not sign you in. Please try again.</p>');
      }
    });

    it('signs a person in, at the addresses of Threads', async () => {
      const open = browser();
      const window = await windowOf(open);
      expect(`${window.origin}${window.pathname}`).to.equal('https://www.threads.com/oauth/authorize');
      expect(window.searchParams.get('redirect_uri')).to.equal(running.callbackURL);

      const code = simulator.authorize({ clientID: CLIENT_ID, redirectURI: running.callbackURL });
      const home = await readAfter(open, answerOf(window, { code }));
      expect(home).to.equal('Signed in as @ada.okafor (17841405793187219)');
    });

    it('signs a person in at the simulator that its settings name, but not without a permission it needs', async () => {
      const app = await start({ THREADS_SIMULATOR_URL: simulatorURL() }, (code) =>
        code.replace(/callbackURL(: THREADS_CALLBACK_URL)?,/, "$& requiredScopes: ['threads_delete'],"),
      );
      const open = browser();
      const refused = simulator.answer(await windowOf(open, app), { scope: ['threads_basic'] });
      expect(await readAfter(open, refused, app)).to.contain('This app needs a permission');
      const allowed = simulator.answer(await windowOf(open, app));
      expect(await readAfter(open, allowed, app)).to.equal('Signed in as @ada.okafor (17841405793187219)');
    });
  });
}

interface App {
  child: ChildProcess;
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
async function listening(app: ChildProcess): Promise<void> {
  let stderr = '';
  app.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [message] = await Promise.race([once(app, 'message'), once(app, 'close')]);
  if (message !== 'listening') throw new Error(`The app ended before it listened:\n${stderr}`);
}
