import { expect } from 'chai';
import express from 'express';
import helmet from 'helmet';
import { Passport } from 'passport';
import type { Browser } from 'playwright-core';
import { type Site, startSite } from '../frameworks/support.js';
import { launchBrowser } from './browser.js';

/** An app whose page starts a login by a form, and by a link. Its simulator is at another origin, as Threads is. */
const startApp = (formAction?: (simulator: string) => string[]) =>
  startSite((strategy) => {
    const passport = new Passport();
    passport.use(strategy);
    const app = express();
    const window = new URL(
      (strategy as unknown as { _oauth2: { _authorizeUrl: string } })._oauth2._authorizeUrl,
    );
    const directives = formAction && { formAction: formAction(window.origin) };
    app.use(helmet({ contentSecurityPolicy: { directives: { ...directives } } }));
    app.get('/', (_req, res) => {
      res
        .type('html')
        .send(
          '<form method="post" action="/auth/threads"><button>Form</button></form><a href="/auth/threads">Link</a>',
        );
    });
    app.all('/auth/threads', passport.authenticate('threads'));
    return app;
  });

describe("helmet's form-action in Chromium", function () {
  this.timeout(60_000);

  let browser: Browser;
  let site: Site;

  before(async () => {
    browser = await launchBrowser();
  });

  afterEach(() => site.close());

  after(() => browser?.close());

  /** Clicks, and waits for the window of Threads, or for what the browser says instead. */
  async function click(text: string) {
    const page = await browser.newPage();
    try {
      await page.goto(site.origin);
      const complaint = page.waitForEvent('console', {
        predicate: (message) => message.text().includes('form-action'),
      });
      const window = page.waitForURL((url) => url.origin !== site.origin);
      const blocked = complaint.then((message) => message.text());
      for (const wait of [blocked, window]) wait.catch(() => {});
      await page.getByText(text).click();
      // A navigation that is blocked ends the wait for the window with an error, before or after the complaint.
      return await Promise.race([blocked, window.then(() => 'the window').catch(() => blocked)]);
    } finally {
      await page.close();
    }
  }

  it("of 'self', the default, blocks the way from a form to Threads: the page stays, and the console has why", async () => {
    site = await startApp();
    expect(await click('Form')).to.match(/form-action 'self'.* blocked/);
  });

  it('does not concern a link', async () => {
    site = await startApp();
    expect(await click('Link')).to.equal('the window');
  });

  it('lets a form lead to Threads where it names its address', async () => {
    site = await startApp((window) => ["'self'", window]);
    expect(await click('Form')).to.equal('the window');
  });
});
