import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { type Example, startExample } from '../example-express/support.js';
import { ADA } from '../example-reference/support.js';
import { expectNoBarriers } from './barriers.js';
import { useBrowser } from './browser.js';
import { answer, askAgain, openWindow, signIn } from './steps.js';

/** Every page that a person can come to, in an app that cannot do without `threads_manage_insights`. */
const pages: Record<string, (page: Page, example: Example) => Promise<unknown>> = {
  'the home page': (page, { origin }) => page.goto(origin),
  'the home page at another host than that of the callback': async (page, { origin }) => {
    await page.goto(origin.replace('127.0.0.1', 'localhost'));
    await page.getByText('Signing in works at').waitFor();
  },
  'the authorization window': openWindow,
  'the profile, a permission not granted': (page, example) => signIn(page, example, ['Publish posts']),
  'the profile, the app removed': async (page, example) => {
    await signIn(page, example);
    await example.people.uninstall(ADA, new Date());
    await page.reload();
    await page.getByRole('heading', { name: 'You removed Spool' }).waitFor();
  },
  'the page after Cancel': async (page, example) => {
    await openWindow(page, example);
    await answer(page, 'Cancel');
    await page.getByText('For the developer').click();
  },
  'the page for a missing permission': async (page, example) => {
    await signIn(page, example, ['See insights']);
    await page.getByRole('link', { name: 'Remove Spool in the simulator' }).waitFor();
  },
  'the page for a missing permission, signed in': async (page, example) => {
    await signIn(page, example);
    await askAgain(page, example);
    await page.getByRole('checkbox', { name: 'See insights' }).uncheck();
    await answer(page, 'Allow');
    await page.getByText('you are signed in as before').waitFor();
  },
  'the page while Threads is busy': async (page, example) => {
    await openWindow(page, example);
    example.simulator.fail('POST /oauth/access_token', { code: 4, headers: { 'Retry-After': '120' } });
    await answer(page, 'Allow');
    await page.getByText('Please try again in 2 minutes').waitFor();
  },
  'the page after a callback that was not asked for': (page, { origin }) =>
    page.goto(`${origin}/auth/threads/callback?code=AQBx&state=nobody#_`),
  'the page that does not exist': (page, { origin }) => page.goto(`${origin}/no/such/page`),
  'the page that Threads links to after a deletion': (page, { origin }) => page.goto(`${origin}/deleted`),
};

describe('in the browser: example/express', () => {
  const browse = useBrowser();
  let example: Example;
  beforeEach(async () => {
    example = await startExample({ THREADS_REQUIRED_SCOPES: 'threads_manage_insights' });
  });
  afterEach(() => example.close());

  for (const [name, visit] of Object.entries(pages)) {
    it(`has no barrier on ${name}, in light and dark, wide and narrow`, () =>
      browse(async (page) => {
        await visit(page, example);
        await expectNoBarriers(page);
      }));
  }

  it('leads out of a missing permission: remove the app, sign in anew', () =>
    browse(async (page) => {
      await signIn(page, example, ['See insights']);
      await page.getByRole('link', { name: 'Remove Spool in the simulator' }).click();
      await page.getByRole('button', { name: 'Remove app' }).first().click();
      await page.getByRole('status').waitFor();
      await signIn(page, example);
      expect(page.url(), 'without a fragment').to.equal(`${example.origin}/profile`);
      expect(await page.getByRole('heading', { level: 1 }).innerText()).to.equal('Ada Okafor');
    }));

  it('keeps the mark of the simulator on a narrow page of a person who is signed in', () =>
    browse(
      async (page) => {
        await signIn(page, example);
        await page.getByText('Simulator', { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Sign out' }).waitFor();
        expect(await page.evaluate('document.querySelector(".bar").offsetHeight')).to.be.below(90);
      },
      { viewport: { width: 360, height: 740 } },
    ));
});
