import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { buildExample, MAIN, NOTHING } from '../example-nestjs/support.js';
import { freePort } from '../support/free-port.js';
import { expectNoBarriers } from './barriers.js';
import { useBrowser } from './browser.js';
import { answer, openWindow, signIn } from './steps.js';

describe('in the browser: the NestJS example', () => {
  // Browsers on a busy machine take their time, and so does the compiler.
  const browse = useBrowser();
  let app: ChildProcess;
  let origin: string;

  before(async () => {
    buildExample();
    const port = await freePort();
    app = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...NOTHING, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: app.stdout! })) {
      origin = /Open (http\S+)/.exec(line)?.[1] ?? '';
      if (origin) break;
    }
    app.stdout!.resume();
    expect(origin, 'the address that the app prints').to.equal(`http://localhost:${port}`);
  });

  after(async () => {
    const exited = once(app, 'exit');
    if (app.kill()) await exited;
  });

  it('ends on a friendly page after Cancel, and can be started again', () =>
    browse(async (page) => {
      await openWindow(page, { origin });
      await answer(page, 'Cancel');
      expect(await page.getByRole('heading', { level: 1 }).innerText()).to.equal(
        'You cancelled, and that is fine',
      );
      await expectNoBarriers(page);
      await page.getByRole('link', { name: 'Continue with Threads' }).click();
      await answer(page, 'Allow');
      expect(page.url()).to.equal(`${origin}/profile`);
    }));

  it('shows a friendly page, and keeps the person signed in, when the callback is opened a second time', () =>
    browse(async (page) => {
      const callback = page.waitForRequest((request) => request.url().includes('/callback?'));
      await signIn(page, { origin });
      const response = await page.goto((await callback).url());
      expect(response?.status()).to.equal(403);
      await expectNoBarriers(page);
      await page.getByRole('link', { name: 'Profile', exact: true }).click();
      await page.getByRole('heading', { name: 'Ada Okafor' }).waitFor();
    }));

  it('takes a person to their profile and out again', () =>
    browse(async (page) => {
      await page.goto(origin);
      await expectNoBarriers(page);
      await signIn(page, { origin }, ['Publish posts']);
      expect(page.url()).to.equal(`${origin}/profile`);
      expect(await page.getByRole('heading', { level: 1 }).innerText()).to.equal('Ada Okafor');
      expect(await page.getByRole('listitem').allInnerTexts()).to.deep.equal([
        'threads_basic',
        'threads_manage_insights',
      ]);
      await expectNoBarriers(page);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('link', { name: 'Continue with Threads' }).waitFor();
    }));

  it('has no barrier on the error page, after a sign-in that failed, and on the page that does not exist', () =>
    browse(async (page) => {
      await openWindow(page, { origin });
      const state = new URL(page.url()).searchParams.get('state');
      const error = `error_code=1349245&error_message=No+invite&state=${state}`;
      await page.goto(`${origin}/auth/threads/callback?${error}#_`);
      expect(page.url()).to.equal(`${origin}/sign-in/outcome`);
      await page.getByRole('heading', { name: 'Your account is not invited yet' }).waitFor();
      await expectNoBarriers(page);
      await page.goto(`${origin}/auth/threads/callback?code=AQBx&state=nobody#_`);
      expect(page.url()).to.equal(`${origin}/sign-in/outcome`);
      await page.getByRole('heading', { name: 'That sign-in could not be recognised' }).waitFor();
      await expectNoBarriers(page);
      await page.goto(`${origin}/no/such/page`);
      await expectNoBarriers(page);
    }));
});
