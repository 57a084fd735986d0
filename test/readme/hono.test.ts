import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Agent, type Dispatcher, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import {
  createThreadsSimulator,
  simulatedApp,
  type ThreadsSimulator,
  type WindowAnswer,
} from '../../lib/simulator/index.js';
import { ROOT, read, snippets } from './markdown.js';

interface App {
  request(path: string, init?: RequestInit): Promise<Response>;
}

const SETTINGS = {
  THREADS_APP_ID: simulatedApp.clientID,
  THREADS_APP_SECRET: simulatedApp.clientSecret,
  THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback',
};

describe('the app of docs/without-passport.md', () => {
  const file = join(ROOT, 'test', 'readme', '.hono.mjs');
  const original = { dispatcher: getGlobalDispatcher(), env: { ...process.env } };
  let simulator: ThreadsSimulator;
  let app: App;

  before(async () => {
    const code = snippets(read('docs/without-passport.md')).find(({ code }) =>
      code.startsWith('// hono.mjs'),
    )?.code;
    expect(code).to.be.a('string');
    writeFileSync(file, String(code));
    const redirectURIs = [SETTINGS.THREADS_CALLBACK_URL];
    simulator = createThreadsSimulator({ apps: [{ ...simulatedApp, redirectURIs }] });
    const origin = await simulator.listen();
    setGlobalDispatcher(
      new (class extends Agent {
        override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
          expect(String(options.origin)).to.equal('https://graph.threads.net');
          return super.dispatch({ ...options, origin }, handler);
        }
      })(),
    );
    Object.assign(process.env, SETTINGS);
    ({ app } = (await import(file)) as { app: App });
  });

  after(async () => {
    setGlobalDispatcher(original.dispatcher);
    process.env = original.env;
    rmSync(file, { force: true });
    await simulator.close();
  });

  async function start() {
    const { headers } = await app.request('/auth/threads');
    expect(headers.get('cache-control')).to.equal('no-store');
    const cookie = headers.getSetCookie().map((line) => line.split(';')[0]);
    return { window: String(headers.get('location')), headers: { cookie: cookie.join('; ') } };
  }

  /** What a person does in the window, which opens at the simulator as it would at Threads. */
  function answer(window: string, options?: WindowAnswer): URL {
    return new URL(simulator.answer(simulator.url + window.slice(new URL(window).origin.length), options));
  }

  it('lets a person cancel', async () => {
    const { window, headers } = await start();
    const { pathname, search } = answer(window, { decision: 'cancel' });
    expect((await app.request(pathname + search, { headers })).status).to.equal(403);
  });

  it('signs nobody in who did not start here, or who comes with two states', async () => {
    const { window, headers } = await start();
    const { pathname, search } = answer(window);
    const asked = simulator.requests.length;
    expect((await app.request(pathname + search)).status).to.equal(403);
    expect((await app.request(`${pathname + search}&state=x`, { headers })).status).to.equal(403);
    expect(simulator.requests).to.have.length(asked);
  });

  it('signs a person in, at the addresses of Threads, and uses the attempt up', async () => {
    const { window, headers } = await start();
    expect(window).to.match(/^https:\/\/www\.threads\.com\/oauth\/authorize\?/);
    const { pathname, search } = answer(window);
    const page = await app.request(pathname + search, { headers });
    expect(await page.json()).to.deep.equal({
      id: '17841405793187219',
      username: 'ada.okafor',
      returnTo: '/drafts',
    });
    expect(page.headers.get('cache-control')).to.equal('no-store');
    expect(page.headers.getSetCookie().join()).to.match(/^__Host-threads-login-.*Max-Age=0/);
    expect((await app.request(pathname + search, { headers })).status).to.equal(403);
  });
});
