import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  createThreadsSimulator,
  simulatedApp,
  type ThreadsSimulator,
} from 'passport-threads-oauth2/simulator';
import { Gateway } from '../../example/serverless/local/gateway.js';
import { ADA, Browser } from '../frameworks/support.js';

const HANDLERS = fileURLToPath(new URL('../../example/serverless/handlers.js', import.meta.url));

describe('example/serverless', () => {
  let simulator: ThreadsSimulator;
  let gateway: Gateway;
  let origin: string;
  let browser: Browser;

  before(async () => {
    simulator = createThreadsSimulator();
    const simulatorURL = await simulator.listen();
    gateway = new Gateway(
      HANDLERS,
      (origin) => ({
        NODE_ENV: 'test',
        THREADS_APP_ID: simulatedApp.clientID,
        THREADS_APP_SECRET: simulatedApp.clientSecret,
        THREADS_CALLBACK_URL: `${origin}/auth/threads/callback`,
        THREADS_SIMULATOR_URL: simulatorURL,
        SESSION_SECRET: 'of the tests, with 32 characters and more',
      }),
      { stdio: 'ignore' },
    );
    origin = await gateway.listen();
    simulator.addApp({ ...simulatedApp, redirectURIs: [`${origin}/auth/threads/callback`] });
  });

  beforeEach(() => {
    browser = new Browser(origin);
  });

  after(async () => {
    await gateway.close();
    await simulator.close();
  });

  /** Signs in; `between` runs while the person is at Threads. */
  async function signIn(between: () => Promise<void> = async () => {}) {
    const window = await browser.start();
    await between();
    const page = await browser.open(await browser.decide(window));
    expect(page.headers.get('location')).to.equal('/#');
    return (await browser.open('/')).text;
  }

  it('offers a sign-in to a newcomer', async () => {
    const { status, text, headers } = await browser.open('/');
    expect(status).to.equal(200);
    expect(text).to.contain('You are not signed in').and.to.contain('href="/auth/threads"');
    expect(headers.get('content-security-policy')).to.contain("default-src 'none'");
  });

  it('signs a person in on an instance that was frozen between the legs', async () => {
    let before: number | undefined;
    const text = await signIn(async () => {
      before = gateway.instanceID;
      // "T" is what ps calls a stopped process.
      expect(execFileSync('ps', ['-o', 'state=', '-p', String(before)], { encoding: 'utf8' })).to.match(/^T/);
    });
    expect(text).to.contain(ADA);
    expect(gateway.instanceID).to.equal(before);
  });

  it('signs a person in on a new instance, after the frozen one of the first leg was taken away', async () => {
    let before: number | undefined;
    const text = await signIn(async () => {
      before = gateway.instanceID;
      await gateway.replaceInstance();
      expect(gateway.instanceID).to.equal(undefined);
    });
    expect(text).to.contain(ADA);
    expect(gateway.instanceID).to.be.a('number').and.not.to.equal(before);
  });

  it('keeps a person signed in on the next instance, until they sign out', async () => {
    await signIn();
    await gateway.replaceInstance();
    expect((await browser.open('/')).text).to.contain(ADA);
    expect((await browser.open('/sign-out', { method: 'POST' })).status).to.equal(303);
    expect((await browser.open('/')).text).to.contain('You are not signed in');
  });

  it('signs nobody out for a form on another website, which comes without the cookie', async () => {
    const page = await new Browser(origin).open('/sign-out', { method: 'POST' });
    expect(page.headers.getSetCookie()).to.deep.equal([]);
  });

  it('tells a person who cancelled, at an address without the answer of Threads', async () => {
    const page = await browser.open(await browser.decide(await browser.start(), 'cancel'));
    const location = String(page.headers.get('location'));
    expect(location).to.equal('/?problem=access_denied#');
    expect((await browser.open(location)).text).to.contain('You cancelled');
  });

  it('refuses a callback that began in another browser', async () => {
    const callback = await browser.decide(await browser.start());
    const other = new Browser(origin);
    const page = await other.open(callback);
    expect(page.headers.get('location')).to.equal('/?problem=invalid_state#');
    expect((await other.open('/')).text).to.contain('You are not signed in');
  });

  it('says that Threads did not answer as it should where a code is of no use', async () => {
    const callback = new URL(await browser.decide(await browser.start()));
    callback.searchParams.set('code', 'AQBx');
    const page = await browser.open(callback.href);
    expect(page.headers.get('location')).to.equal('/?problem=unavailable#');
  });

  it('shows nothing of a query that names no problem', async () => {
    for (const problem of ['<script>', 'constructor', '__proto__', '']) {
      const { status, text } = await browser.open(`/?${new URLSearchParams({ problem })}`);
      expect(status).to.equal(200);
      expect(text).to.contain('You are not signed in').and.not.to.contain('alert');
    }
  });

  it('answers 502 for an instance that cannot start, as a gateway does', async () => {
    const broken = new Gateway(HANDLERS, () => ({ SESSION_SECRET: '' }), { stdio: 'ignore' });
    try {
      expect((await fetch(await broken.listen())).status).to.equal(502);
    } finally {
      await broken.close();
    }
  });
});
