import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { type Example, startExample } from '../example-reference/support.js';
import { useBrowser } from './browser.js';
import { answer, askAgain, openWindow, signIn } from './steps.js';

describe('in the browser: signing in', () => {
  // Browsers on a busy machine take their time.
  const browse = useBrowser();
  let example: Example;
  // Each test has people of its own: who has been here before is remembered.
  beforeEach(async () => {
    example = await startExample();
  });
  afterEach(() => example.close());

  it('ends on a friendly page after Cancel, which a reload repeats, and can be started again', () =>
    browse(async (page) => {
      await openWindow(page, example);
      await answer(page, 'Cancel');
      expect(await heading(page)).to.equal('You cancelled, and that is fine');
      expect(page.url(), 'without code, state or fragment').to.equal(`${example.origin}/sign-in/outcome`);
      await page.reload();
      expect(await heading(page)).to.equal('You cancelled, and that is fine');

      await page.getByRole('link', { name: 'Continue with Threads' }).click();
      await answer(page, 'Allow');
      await expectProfile(page, 'Ada Okafor');
    }));

  it('leaves those who are signed in signed in, when they ask again and cancel', () =>
    browse(async (page) => {
      await signIn(page, example);
      await askAgain(page, example);
      await answer(page, 'Cancel');
      expect(await page.getByRole('main').innerText()).to.contain('you are signed in as before');
      await page.getByRole('link', { name: 'Back to your profile' }).click();
      await expectProfile(page, 'Ada Okafor');
    }));

  it('reports a permission that was unticked as not granted', () =>
    browse(async (page) => {
      await signIn(page, example, ['Publish posts']);
      expect(await permission(page, 'threads_content_publish')).to.contain('Not granted');
      expect(await permission(page, 'threads_manage_insights')).to.match(/\bGranted/);
    }));

  it('adds a permission from the settings, and comes back there', () =>
    browse(async (page) => {
      await signIn(page, example);
      await page.getByRole('link', { name: 'Change what Spool may do' }).click();
      await page.getByRole('link', { name: 'Allow: Read replies to your posts' }).click();
      await answer(page, 'Allow');
      expect(page.url()).to.equal(`${example.origin}/settings`);
      expect(await permission(page, 'threads_read_replies')).to.contain('Allowed');
      expect(await permission(page, 'threads_manage_replies')).not.to.contain('Allowed');
      await page.getByRole('link', { name: 'Back to your profile' }).click();
      expect(await permission(page, 'threads_read_replies')).to.contain('Granted');
    }));

  it('shows a friendly page, and keeps the person signed in, when the callback is opened a second time', () =>
    browse(async (page) => {
      const callbacks = callbacksOf(page);
      await signIn(page, example);
      const exchanges = exchangesOf(example);
      const response = await page.goto(callbacks[0]!);
      expect(response?.status()).to.equal(403);
      expect(await heading(page)).to.equal('That sign-in is over');
      expect(await page.getByRole('main').innerText()).to.contain('you are signed in as before');
      await page.reload();
      expect(await heading(page)).to.equal('That sign-in is over');
      expect(exchangesOf(example)).to.equal(exchanges);

      await page.getByRole('link', { name: 'Back to your profile' }).click();
      await expectProfile(page, 'Ada Okafor');
    }));

  it('lets nobody else in with a callback address', () =>
    browse(async (page) => {
      const callbacks = callbacksOf(page);
      await signIn(page, example);
      await browse(async (stranger) => {
        await stranger.goto(callbacks[0]!);
        expect(await heading(stranger)).to.be.oneOf([
          'That sign-in is over',
          'This browser does not know that sign-in',
        ]);
        await stranger.goto(`${example.origin}/profile`);
        expect(await heading(stranger)).to.equal('Pick up where you left off');
      });
    }));

  it('survives the back button without an error page and without signing in again', () =>
    browse(async (page) => {
      await signIn(page, example);
      const exchanges = exchangesOf(example);
      await page.goBack();
      expect(new URL(page.url()).pathname).to.equal('/oauth/authorize');
      await page.goBack();
      expect(await heading(page)).to.equal('You are signed in');
      await page.goForward();
      await page.goForward();
      await expectProfile(page, 'Ada Okafor');
      expect(exchangesOf(example)).to.equal(exchanges);
    }));

  it('says that one is signed in already, after the back button and a second Allow', () =>
    browse(async (page) => {
      await signIn(page, example);
      await page.goBack();
      await answer(page, 'Allow');
      expect(await heading(page)).to.equal('That sign-in is over');
    }));

  it('succeeds in two tabs at once', () =>
    browse(async (page) => {
      const tabs = [page, await page.context().newPage()];
      for (const tab of tabs) await openWindow(tab, example);
      await Promise.all(tabs.map((tab) => answer(tab, 'Allow')));
      for (const tab of tabs) await expectProfile(tab, 'Ada Okafor');
    }));

  it('takes a person with a mouse to their profile and out again', () =>
    browse(async (page) => {
      await openWindow(page, example);
      await page.getByRole('radio', { name: 'Zoë Nguyễn' }).check();
      await answer(page, 'Allow');
      await expectProfile(page, 'Zoë Nguyễn 🐱');
      expect(page.url()).to.equal(`${example.origin}/profile`);
      expect(await page.evaluate('document.querySelector(".avatar img").naturalWidth')).to.equal(320);

      await page.getByRole('button', { name: 'Sign out' }).click();
      expect(await heading(page)).to.equal('Pick up where you left off');
      await page.goBack();
      expect(await heading(page), 'the page before signing out').to.equal('Pick up where you left off');
    }));

  it('welcomes back who has been here before', () =>
    browse(async (page) => {
      await signIn(page, example);
      expect(await page.locator('.greeting').innerText()).to.equal('Welcome,');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('link', { name: 'Continue with Threads' }).click();
      await answer(page, 'Allow');
      expect(await page.locator('.greeting').innerText()).to.equal('Welcome back,');
    }));

  it('works without JavaScript', () =>
    browse(
      async (page) => {
        await signIn(page, example);
        await expectProfile(page, 'Ada Okafor');
        expect(page.url()).to.equal(`${example.origin}/profile#top`);
        await page.getByRole('button', { name: 'Sign out' }).click();
        expect(await heading(page)).to.equal('Pick up where you left off');
      },
      { javaScriptEnabled: false },
    ));

  it('works with the keyboard alone, which always shows where it is', () =>
    browse(async (page) => {
      await page.goto(example.origin);
      await tabTo(page, 'Skip to content');
      await tabTo(page, 'Continue with Threads');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Allow' }).waitFor();

      await tabTo(page, 'Ada Okafor');
      await page.keyboard.press('ArrowDown');
      await expectVisibleFocus(page);
      await tabTo(page, 'Publish posts');
      await page.keyboard.press('Space');
      await tabTo(page, 'Cancel');
      await page.keyboard.press('Shift+Tab');
      expect(await focusedName(page)).to.contain('Allow');
      await page.keyboard.press('Enter');

      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      await expectProfile(page, 'Zoë Nguyễn 🐱');
      expect(await permission(page, 'threads_content_publish')).to.contain('Not granted');
      await tabTo(page, 'Sign out');
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Continue with Threads' }).waitFor();
    }));
});

function heading(page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).innerText();
}

async function expectProfile(page: Page, name: string): Promise<void> {
  expect(new URL(page.url()).pathname).to.equal('/profile');
  expect(await heading(page)).to.equal(name);
}

function permission(page: Page, scope: string): Promise<string> {
  return page.getByRole('listitem').filter({ hasText: scope }).innerText();
}

/** The callback addresses the browser is sent to from now on. */
function callbacksOf(page: Page): string[] {
  const urls: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/auth/threads/callback') urls.push(request.url());
  });
  return urls;
}

function exchangesOf({ simulator }: Example): number {
  return simulator.requests.filter(({ path }) => path === '/oauth/access_token').length;
}

/** Presses Tab until the element with this name has the focus. Every stop on the way must be visible. */
async function tabTo(page: Page, name: string): Promise<void> {
  const stops: string[] = [];
  while (stops.length < 20) {
    await page.keyboard.press('Tab');
    const stop = await focusedName(page);
    await expectVisibleFocus(page);
    if (stop.includes(name)) return;
    stops.push(stop);
  }
  expect.fail(`Tab does not lead to "${name}", but to ${stops.join(' → ')}`);
}

function focusedName(page: Page): Promise<string> {
  return page.evaluate('(document.activeElement.closest("label") ?? document.activeElement).innerText');
}

async function expectVisibleFocus(page: Page): Promise<void> {
  // A radio button is outlined together with the person it stands for.
  const outlines: string[] = await page.evaluate(`
    [document.activeElement, document.activeElement.closest('label')]
      .filter(Boolean)
      .map((element) => getComputedStyle(element))
      .map(({ outlineStyle, outlineWidth }) => outlineStyle + ' ' + outlineWidth)`);
  expect(outlines, `the focus on "${await focusedName(page)}"`).to.include('solid 3px');
  const box = await page.locator(':focus').boundingBox();
  expect(box?.x, 'the left edge of what has the focus').to.be.at.least(0);
}
