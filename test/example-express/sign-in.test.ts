import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { simulatedApp } from 'passport-threads-oauth2/simulator';
import { WORDS, whyOf } from '../../example/express/words.js';
import { ADA, Browser, textOf } from '../example-reference/support.js';
import { type Example, startExample } from './support.js';

const { clientID } = simulatedApp;
const FOLDER = new URL('../../example/express/', import.meta.url);
const linesOf = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n').length;

describe('example/express: signing in', () => {
  let example: Example;
  let browser: Browser;

  async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    example = await startExample(env);
    browser = new Browser(example.origin);
  }
  afterEach(() => example?.close());

  const isSignedOut = async () => expect((await browser.request('/profile')).status).to.equal(303);

  it('says that the person cancelled, and signs nobody in', async () => {
    await start();
    const page = await browser.signIn({ decision: 'cancel' });
    expect(page.status).to.equal(403);
    expect(page.url).to.equal(`${example.origin}/sign-in/failed?why=access_denied`);
    expect(textOf(page)).to.contain('You cancelled').and.to.contain('You are not signed in');
    await isSignedOut();
  });

  it('says which permission is missing, and how Threads can be made to ask for it again', async () => {
    await start({ THREADS_REQUIRED_SCOPES: 'threads_manage_insights' });
    const page = await browser.signIn({ scopes: ['threads_basic'] });
    expect(page.status).to.equal(403);
    expect(textOf(page)).to.contain('See insights about your posts and profile');
    expect(textOf(page)).to.contain('Remove Spool in Threads');
    expect(page.html).to.contain(`href="${new URL(example.simulator.endpoints.tokenURL).origin}"`);
    await isSignedOut();
  });

  it('stops a login that an attacker began in another browser, and asks Threads nothing', async () => {
    await start();
    const attacker = new Browser(example.origin);
    const { url } = await attacker.open('/auth/threads');
    const callback = example.simulator.answer(url);
    const asked = example.simulator.requests.length;
    const page = await browser.open(callback);
    expect(page.status).to.equal(403);
    expect(page.url).not.to.match(/code=|state=/);
    expect(example.simulator.requests).to.have.length(asked);
    await isSignedOut();
  });

  it('keeps a person signed in when the callback is opened a second time, and says so', async () => {
    await start();
    const { url } = await browser.open('/auth/threads');
    const callback = example.simulator.answer(url);
    await browser.open(callback);
    const page = await browser.open(callback);
    expect(page.status).to.equal(403);
    expect(textOf(page)).to.contain('you are signed in as before').and.to.contain('Go to your profile');
    expect((await browser.request('/profile')).status).to.equal(200);
  });

  for (const [what, fault, status, text] of [
    ['is down', { status: 503, body: {} }, 502, 'Threads does not answer as it should'],
    ['is busy', { code: 4, headers: { 'Retry-After': '150' } }, 503, 'Please try again in 3 minutes'],
    ['knows another secret', { code: 101 }, 502, 'Signing in does not work at the moment'],
    ['has seen the code before', { code: 100, status: 400 }, 502, 'Signing in does not work at the moment'],
  ] as const) {
    it(`has words for the person and a line in the log when Threads ${what}`, async () => {
      await start({ NODE_ENV: 'production' });
      const { url } = await browser.open('/auth/threads');
      example.simulator.fail('POST /oauth/access_token', fault);
      const callback = example.simulator.answer(url);
      const page = await browser.open(callback);
      expect(page.status).to.equal(status);
      expect(textOf(page)).to.contain(text).and.not.to.contain('clientSecret');
      expect(page.html).not.to.contain('For the developer');
      const lines = example.log.filter((line) => line.startsWith('Login failed ('));
      expect(lines).to.have.length(1);
      expect(lines[0]).not.to.contain(new URL(callback).searchParams.get('code'));
      await isSignedOut();
    });
  }

  it('shows the message of the library in development alone, folded, and once', async () => {
    await start();
    const page = await browser.open('/auth/threads/callback?code=AQBx&state=stolen');
    expect(page.html).to.match(/<details[\s\S]*For the developer/);
    expect(page.html).not.to.match(/AQBx|stolen/);
    expect((await browser.request('/sign-in/failed?why=forged')).html).not.to.contain('For the developer');
  });

  it('fails well when the database is away', async () => {
    await start();
    example.people.save = async () => {
      throw new Error('SQLITE_BUSY');
    };
    const page = await browser.signIn();
    expect(page.status).to.equal(500);
    expect(textOf(page)).to.contain('Something went wrong here');
    expect(example.log).to.deep.equal(['Login failed (ours): SQLITE_BUSY']);
  });

  it('answers 404 to every other address, whatever it looks like', async () => {
    await start();
    for (const path of [
      '/no/such/page',
      '/auth',
      '/auth/threads/x',
      '/auth/threads/callback/x',
      '/auth/threads/uninstall',
      '/%zz',
      '/auth/%zz',
      '/sign-out',
      '/sign-in/failed',
      '/sign-in/failed?why=toString',
      '/sign-in/failed?why=used&why=used',
      '/..%2f..%2fapp.ts',
    ]) {
      const { status } = await browser.request(path);
      expect(status, path).to.equal(404);
    }
  });

  it('shows who signed in, what was granted and what was not', async () => {
    await start();
    const page = await browser.signIn({ scopes: ['threads_basic', 'threads_content_publish'] });
    expect(page.url).to.equal(`${example.origin}/profile`);
    expect(textOf(page)).to.contain('Ada Okafor').and.to.contain(ADA);
    expect(textOf(page)).to.match(/threads_content_publish Granted .*threads_manage_insights Not granted/);
    expect(page.html, 'a made-up handle may be somebody at Threads').not.to.contain('threads.com/@');
  });

  it('forgets what was granted when the person removes the app, unless they came back since', async () => {
    await start();
    const { url } = await browser.open('/auth/threads');
    await browser.open(example.simulator.answer(url));
    await example.people.uninstall(ADA, new Date(Date.now() - 10_000));
    expect(textOf(await browser.open('/profile'))).to.contain('threads_basic Granted');
    const { deauthorize } = await example.simulator.removeApp({ clientID, userId: ADA });
    expect(deauthorize?.status).to.equal(200);
    expect(textOf(await browser.open('/profile'))).to.contain('You removed Spool in Threads');
  });

  it('deletes a person on request, ends their session, and gives Threads an address and a code', async () => {
    await start();
    const { url } = await browser.open('/auth/threads');
    await browser.open(example.simulator.answer(url));
    const { dataDeletion } = await example.simulator.removeApp({ clientID, userId: ADA, deleteData: true });
    expect(dataDeletion).to.include({ status: 200, url: `${example.origin}/deleted` });
    expect(dataDeletion?.confirmationCode).to.match(/^[0-9a-f]{16}$/);
    expect(await example.people.find(ADA)).to.equal(undefined);
    expect((await browser.open('/deleted')).status).to.equal(200);
    await isSignedOut();
  });

  for (const path of ['/auth/threads/uninstall', '/auth/threads/delete']) {
    it(`refuses a forged request at ${path}`, async () => {
      await start();
      await example.people.save({ id: ADA });
      expect((await browser.request(path, { signed_request: 'forged.e30' })).status).to.be.within(400, 403);
      expect((await browser.request(path, {})).status).to.equal(400);
      expect(await example.people.find(ADA)).to.deep.equal({ id: ADA });
    });
  }

  it('signs out by a form, and by no link', async () => {
    await start();
    await browser.signIn();
    expect((await browser.request('/sign-out')).status).to.equal(404);
    expect((await browser.request('/profile')).status).to.equal(200);
    await browser.request('/sign-out', {});
    await isSignedOut();
  });

  it('fits on a page: one file for the login, few lines for the people', () => {
    expect(linesOf('app.ts')).to.be.at.most(150);
    expect(linesOf('people.ts')).to.be.at.most(30);
  });

  it('says the same as the other examples', () => {
    const words = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');
    expect(words('../reference/src/words.ts')).to.equal(words('words.ts'));
    expect(words('../nestjs/src/auth/words.ts')).to.equal(words('words.ts'));
  });

  it('has words of its own for whatever else a login may end with', () => {
    for (const [problem, why] of [
      [{ type: 'invalid_state', reason: 'expired', message: '' }, 'expired'],
      [{ type: 'invalid_state', reason: 'toString', message: '' }, 'ours'],
      [{ type: 'invalid_state', message: '' }, 'unknown'],
      [{ type: 'invalid_request', message: '' }, 'invalid_request'],
      [undefined, 'ours'],
      ['thrown', 'ours'],
      [{ message: 'from a verify callback' }, 'ours'],
      [new Error('no Threads error'), 'ours'],
    ] as const) {
      expect(whyOf(problem), JSON.stringify(problem)).to.equal(why);
    }
    for (const [status, title, text] of Object.values(WORDS)) {
      expect(status).to.be.within(400, 504);
      expect(`${title} ${text}`).not.to.match(/\bundefined\b|secret|redirect URI|callback/i);
    }
  });
});
