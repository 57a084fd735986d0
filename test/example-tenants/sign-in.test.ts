import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { createThreadsSimulator, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { ADA, Browser } from '../frameworks/support.js';
import { watchChild } from '../support/child.js';

interface Tenant {
  clientID: string;
  clientSecret: string;
}

const APP = new URL('../../example/tenants/app.js', import.meta.url).href;
const MATEO = '17841461237740961';

describe('example/tenants: starting', () => {
  it('lets nobody in through a simulator in production', async () => {
    const { exited, output } = watchChild(
      spawn(process.execPath, [fileURLToPath(new URL('main.js', APP))], {
        env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    expect(await exited).to.equal(1);
    expect(output.stderr).to.contain('This is for development');
  });
});

describe('example/tenants', () => {
  let simulator: ThreadsSimulator;
  let tenants: Map<string, Tenant>;
  let origin: string;
  let browser: Browser;
  let close: () => Promise<unknown>;
  let said: string[];
  const { error: log } = console;

  beforeEach(async () => {
    said = [];
    console.error = (line: string) => said.push(line);
    const { createApp } = (await import(APP)) as { createApp: (options: object) => RequestListener };
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    tenants = new Map([
      ['bakery', { clientID: '1001', clientSecret: 'of the bakery' }],
      ['library', { clientID: '1002', clientSecret: 'of the library' }],
    ]);
    simulator = createThreadsSimulator({
      apps: [...tenants].map(([name, app]) => ({
        ...app,
        redirectURIs: [`${origin}/${name}/auth/threads/callback`],
      })),
    });
    await simulator.listen();
    const find = async (name: string) => tenants.get(name);
    const { endpoints } = simulator;
    const store = new MemoryStore();
    server.on('request', createApp({ find, origin, sessionSecret: 'of the tests', store, endpoints }));
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

  const start = (tenant: string) => browser.start(`/${tenant}/auth/threads`);
  const homeOf = async (tenant: string) => (await browser.open(`/${tenant}`)).text;
  const asked = (method: string, path: string) =>
    simulator.requests.filter((request) => request.method === method && request.path === path);

  for (const name of ['nobody', '__proto__', 'constructor', '..%2fbakery', '%E0%A4%A']) {
    it(`knows no tenant ${name}`, async () => {
      const { status } = await browser.open(`/${name}/auth/threads`);
      expect(status).to.be.within(400, 404);
    });
  }

  it("does not let one tenant's answer end a login at another", async () => {
    await start('library');
    const callback = simulator.answer(await start('bakery'));
    const before = simulator.requests.length;
    const { headers } = await browser.open(callback.replace('/bakery/', '/library/'));
    expect(headers.get('location')).to.equal('/library?problem#');
    expect(simulator.requests).to.have.length(before);
    expect(await homeOf('library')).to.contain('Continue with Threads');
  });

  it('does not let the answer of one tenant end a login at another with the cookie and the state of that one', async () => {
    const library = new URL(simulator.answer(await start('library')));
    const bakery = new URL(simulator.answer(await start('bakery')));
    // The code of an app that an attacker runs, brought to where another app's login is expected.
    library.searchParams.set('code', bakery.searchParams.get('code')!);
    const { headers } = await browser.open(library.href);
    expect(headers.get('location')).to.equal('/library?problem#');
    expect(await homeOf('library')).to.contain('Continue with Threads');
  });

  it('leaves no code in the address where Threads is down, and says that nobody is signed in', async () => {
    const callback = simulator.answer(await start('bakery'));
    simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
    const { headers } = await browser.open(callback);
    expect(headers.get('location')).to.equal('/bakery?problem#');
    expect((await browser.open('/bakery?problem')).text).to.contain('You are not signed in');
    expect(said.join()).to.contain('ThreadsNetworkError');
  });

  it('answers 500 where the tenants cannot be looked up, and lives', async () => {
    tenants.get = () => {
      throw new Error('the database is down');
    };
    expect((await browser.open('/bakery')).status).to.equal(500);
  });

  it('does not let a session of one tenant be used at another under another name', async () => {
    await browser.open(simulator.answer(await start('bakery')));
    const { value } = (await browser.jar.getCookies(origin)).find(({ key }) => key === 'bakery')!;
    await browser.jar.setCookie(`library=${value}; Path=/`, origin);
    expect(await homeOf('library')).to.contain('Continue with Threads');
  });

  it('signs one browser in to two tenants, whose logins were begun one in the other', async () => {
    const [bakery, library] = [await start('bakery'), await start('library')];
    await browser.open(simulator.answer(bakery));
    await browser.open(simulator.answer(library, { userId: MATEO }));
    expect(await homeOf('bakery')).to.equal('@ada.okafor at bakery');
    expect(await homeOf('library')).to.equal('@mateo.rivas at library');
  });

  it('keeps a login that began at one tenant through any number at another', async () => {
    const bakery = await start('bakery');
    for (let i = 0; i < 8; i += 1) await start('library');
    await browser.open(simulator.answer(bakery));
    expect(await homeOf('bakery')).to.equal('@ada.okafor at bakery');
  });

  it('signs nobody in as somebody else who comes back to the same tenant at the same moment', async () => {
    const people = [
      { browser: new Browser(origin), userId: ADA, home: '@ada.okafor at bakery' },
      { browser: new Browser(origin), userId: MATEO, home: '@mateo.rivas at bakery' },
    ];
    const callbacks: string[] = [];
    for (const { browser, userId } of people) {
      callbacks.push(simulator.answer(await browser.start('/bakery/auth/threads'), { userId }));
    }
    await Promise.all(people.map(({ browser }, i) => browser.open(callbacks[i]!)));
    for (const { browser, home } of people) expect((await browser.open('/bakery')).text).to.equal(home);
  });

  it('asks for the app token of each tenant once', async () => {
    for (const tenant of ['bakery', 'library', 'bakery', 'library']) {
      await browser.open(simulator.answer(await start(tenant)));
    }
    expect(asked('POST', '/oauth/access_token')).to.have.length(4);
    expect(asked('GET', '/oauth/access_token')).to.have.length(2);
  });

  it('takes a new app secret at the next login', async () => {
    await browser.open(simulator.answer(await start('bakery')));
    const changed = { clientID: '1001', clientSecret: 'a new one' };
    tenants.set('bakery', changed);
    simulator.addApp({ ...changed, redirectURIs: [`${origin}/bakery/auth/threads/callback`] });
    const { headers } = await browser.open(simulator.answer(await start('bakery')));
    expect(headers.get('location')).to.equal('/bakery#');
  });
});
