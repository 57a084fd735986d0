import { expect } from 'chai';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

const OPTIONS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Debian's Chromium, or the one that CHROMIUM_PATH names; `blocksPopups` as it does for people. */
export function launchBrowser({ blocksPopups = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
    args: OPTIONS,
    // Playwright's own, without which a browser blocks what nobody clicked for.
    ...(blocksPopups && { ignoreDefaultArgs: ['--disable-popup-blocking'] }),
    // Sooner than mocha gives up, so that no browser is left behind that would keep mocha from ending.
    timeout: 20_000,
  });
}

/** One browser for the tests of the surrounding `describe`, which come and go in it as people who never met. */
export function useBrowser(options: { blocksPopups?: boolean } = {}) {
  let browser: Browser | undefined;
  before(async () => {
    browser = await launchBrowser(options);
  });
  after(() => browser?.close());

  /** Lets a newcomer browse, and fails when a page complained in the console or left a fragment behind. */
  return async function browse(
    visit: (page: Page) => Promise<unknown>,
    options: BrowserContextOptions = {},
  ): Promise<void> {
    const context = await browser!.newContext(options);
    context.setDefaultTimeout(15_000);
    const complaints = watch(context, options.javaScriptEnabled !== false);
    try {
      await visit(await context.newPage());
      expect(complaints(), 'what the browser complained about').to.deep.equal([]);
    } finally {
      await context.close();
    }
  };
}

function watch(context: BrowserContext, tidiesAddresses: boolean): () => string[] {
  const complaints: string[] = [];
  const consoleErrors: { text: string; url: string }[] = [];
  const refusedPages = new Set<string>();

  context.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push({ text: message.text(), url: message.location().url });
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // What a page still waited for when the person left it.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400 && response.request().isNavigationRequest())
      refusedPages.add(response.url());
  });
  context.on('page', (page) => {
    page.on('load', () => {
      // Of those that Threads and the redirects of the app end in, nothing but a script can take away the last.
      const leftover = (tidiesAddresses ? /#(?:_|top)?$/ : /#_?$/).exec(page.url());
      if (leftover) complaints.push(`the address of "${page.url()}" ends in ${leftover[0]}`);
    });
  });

  return () => [
    ...complaints,
    ...consoleErrors
      // Chromium also writes down the status of a page that is an error page on purpose.
      .filter(({ url }) => !refusedPages.has(url.split('#', 1)[0]!))
      .map(({ text, url }) => `${text} (${url})`),
  ];
}
