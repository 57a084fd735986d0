import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { type Example, startExample } from '../example-reference/support.js';
import { useBrowser } from './browser.js';

const LINK = { name: 'Continue with Threads' };

describe('in the browser: signing in with a popup', () => {
  // Browsers on a busy machine take their time.
  let example: Example;
  beforeEach(async () => {
    example = await startExample({ THREADS_REQUIRED_SCOPES: 'threads_manage_insights' });
  });
  afterEach(() => example.close());

  /** Presses the link, and gives the window that opens. */
  async function openPopup(page: Page): Promise<Page> {
    await page.goto(`${example.origin}/popup`);
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', LINK).click()]);
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    return popup;
  }
  const answer = (popup: Page, button: 'Allow' | 'Cancel') =>
    Promise.all([popup.waitForEvent('close'), popup.getByRole('button', { name: button }).click()]);
  const says = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();

  describe('where popups open', () => {
    const browse = useBrowser();

    it('tells the page that the person cancelled, and lets them try again', () =>
      browse(async (page) => {
        await answer(await openPopup(page), 'Cancel');
        await says(page, 'You cancelled, and that is fine.');
        expect(page.url()).to.equal(`${example.origin}/popup`);
        await answer(await openPopup(page), 'Allow');
        await says(page, 'Signed in as Ada Okafor.');
      }));

    it('tells the page which permission is missing', () =>
      browse(async (page) => {
        const popup = await openPopup(page);
        await popup.getByRole('checkbox', { name: 'See insights' }).uncheck();
        await answer(popup, 'Allow');
        await says(page, 'A permission is missing.');
      }));

    it('tells the page that Threads is down', () =>
      browse(async (page) => {
        const popup = await openPopup(page);
        example.simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
        await answer(popup, 'Allow');
        await says(page, 'Threads does not answer as it should.');
      }));

    it('notices that the person closed the window', () =>
      browse(async (page) => {
        const popup = await openPopup(page);
        await says(page, 'Please answer in the window');
        await popup.close();
        await says(page, 'The window was closed');
      }));

    it('signs the person in where they are, without a reload', () =>
      browse(async (page) => {
        const popup = await openPopup(page);
        await page.evaluate('stillHere = true');
        await answer(popup, 'Allow');
        await says(page, 'Signed in as Ada Okafor.');
        expect(await page.evaluate('stillHere')).to.equal(true);
        await page.getByRole('link', LINK).waitFor({ state: 'hidden' });
        await page.getByRole('link', { name: 'Go to your profile' }).click();
        await page.getByRole('heading', { name: 'Ada Okafor' }).waitFor();
      }));

    it('believes no other page that says somebody is signed in', () =>
      browse(async (page) => {
        const popup = await openPopup(page);
        await page.evaluate(`
          said = [];
          new MutationObserver(() => said.push(document.getElementById('popup-status').textContent))
            .observe(document.getElementById('popup-status'), { childList: true });`);
        const forged = `{ type: 'threads-sign-in', outcome: { ok: true, user: { name: 'Mallory' } } }`;
        // From the right origin, but not from the popup.
        await page.evaluate(`postMessage(${forged}, location.origin)`);
        // From the popup, but from another origin, that of the simulator.
        await popup.evaluate(`opener.postMessage(${forged}, '*')`);
        await answer(popup, 'Allow');
        await says(page, 'Signed in as Ada Okafor.');
        expect(await page.evaluate('said')).to.deep.equal(['Signed in as Ada Okafor.']);
      }));

    it('tells no other origin who was signed in, whichever page opened the window', () =>
      browse(async (page) => {
        // A site of somebody else, which opens the start of the login itself.
        const start = JSON.stringify(`${example.origin}/auth/threads/popup`);
        await page.route('http://evil.test/', (route) =>
          route.fulfill({ contentType: 'text/html', body: '<button>Win a prize</button>' }),
        );
        await page.goto('http://evil.test/');
        await page.evaluate(`
          heard = [];
          addEventListener('message', ({ data }) => heard.push(data));
          document.querySelector('button').onclick = () => void window.open(${start});`);
        const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button').click()]);
        await popup.getByRole('button', { name: 'Allow' }).waitFor();
        await answer(popup, 'Allow');
        expect(await page.evaluate('heard')).to.deep.equal([]);
      }));

    it('tells another site nothing that the page went to meanwhile', () =>
      browse(async (page) => {
        const popup = await openPopup(page);
        await page.route('http://evil.test/', (route) =>
          route.fulfill({ contentType: 'text/html', body: '<h1>Elsewhere</h1>' }),
        );
        await page.goto('http://evil.test/');
        await page.evaluate(`heard = []; addEventListener('message', ({ data }) => heard.push(data));`);
        // The policy of the page has cut the tie as well, so the popup goes on by itself.
        await popup.getByRole('button', { name: 'Allow' }).click();
        await popup.getByRole('heading', { name: 'Ada Okafor' }).waitFor();
        expect(await page.evaluate('heard')).to.deep.equal([]);
      }));

    it('goes on in the popup where the page was closed meanwhile', () =>
      browse(async (page) => {
        const popup = await openPopup(page);
        await page.close();
        await popup.getByRole('button', { name: 'Allow' }).click();
        await popup.getByRole('heading', { name: 'Ada Okafor' }).waitFor();
        expect(popup.url()).to.equal(`${example.origin}/profile`);
      }));

    it('says in the popup what went wrong where the page was closed meanwhile, at an address without a code', () =>
      browse(async (page) => {
        const popup = await openPopup(page);
        await page.close();
        await popup.getByRole('button', { name: 'Cancel' }).click();
        await popup.getByRole('heading', { name: 'You cancelled' }).waitFor();
        expect(popup.url()).to.equal(`${example.origin}/popup/done`);
      }));

    it('runs nothing that a callback says: attack by script in every parameter', () =>
      browse(async (page) => {
        const ran: string[] = [];
        page.context().on('dialog', (dialog) => {
          ran.push(dialog.message());
          return dialog.dismiss();
        });
        const attack = `'"></script><script>alert(1)</script><img src=x onerror=alert(1)>`;
        for (const name of ['error', 'error_description', 'error_message', 'code', 'state']) {
          const query = new URLSearchParams({ error: 'access_denied', [name]: attack });
          await page.goto(`${example.origin}/auth/threads/popup/callback?${query}`);
          await page.getByRole('link', { name: 'Back to the start' }).waitFor();
        }
        expect(ran).to.deep.equal([]);
      }));

    it('goes on in the popup where Threads cuts the tie to the page', async () => {
      const threads = createServer((req, res) => {
        res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
        example.simulator.handler(req, res);
      }).listen(0, '127.0.0.1');
      await once(threads, 'listening');
      const authorizationURL = `http://127.0.0.1:${(threads.address() as AddressInfo).port}/oauth/authorize`;
      await example.close();
      example = await startExample({}, { endpoints: { authorizationURL } });
      try {
        await browse(async (page) => {
          const popup = await openPopup(page);
          await says(page, 'or reload this page');
          await popup.getByRole('button', { name: 'Allow' }).click();
          await popup.getByRole('heading', { name: 'Ada Okafor' }).waitFor();
          expect(popup.url()).to.equal(`${example.origin}/profile`);
          await page.reload();
          await says(page, 'You are signed in.');
        });
      } finally {
        threads.closeAllConnections();
        threads.close();
      }
    });

    it('signs in without JavaScript, as by any link', () =>
      browse(
        async (page) => {
          await page.goto(`${example.origin}/popup`);
          await page.getByRole('link', LINK).click();
          await page.getByRole('button', { name: 'Allow' }).click();
          await says(page, 'You are signed in.');
        },
        { javaScriptEnabled: false },
      ));
  });

  describe('where popups are blocked', () => {
    const browse = useBrowser({ blocksPopups: true });

    it('signs in by the redirect, and comes back to the page', () =>
      browse(async (page) => {
        // A click that no person made, which the browser gives no window.
        await page.addInitScript(`
          if (location.pathname === '/popup' && !sessionStorage.clicked) {
            sessionStorage.clicked = 'yes';
            addEventListener('load', () => document.getElementById('popup-link').click());
          }`);
        await page.goto(`${example.origin}/popup`);
        await page.getByRole('button', { name: 'Allow' }).click();
        await says(page, 'You are signed in.');
        expect(page.url()).to.equal(`${example.origin}/popup`);
        expect(page.context().pages()).to.have.length(1);
      }));
  });
});
