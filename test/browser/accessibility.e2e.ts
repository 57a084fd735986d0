import axe from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { type Example, startExample } from '../example-express/support.js';
import { useBrowser } from './browser.js';
import { pages } from './pages.js';

describe('in the browser: accessibility', function () {
  // Browsers on a busy machine take their time.
  this.timeout(30_000);
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
        await expectBasics(page);
        await expectNoBarriers(page);
      }));
  }

  it('has no barrier on the page that asks for https, in light and dark, wide and narrow', () =>
    browse(async (page) => {
      const secure = await startExample({
        THREADS_CALLBACK_URL: 'https://threads-login.test/auth/threads/callback',
      });
      try {
        await page.goto(`${secure.origin}/auth/threads`);
        expect(await page.getByRole('heading', { level: 1 }).innerText()).to.equal(
          'Open this app over https',
        );
        await expectBasics(page);
        await expectNoBarriers(page);
      } finally {
        await secure.close();
      }
    }));
});

async function expectBasics(page: Page): Promise<void> {
  expect(await page.title()).to.match(/\S/);
  expect(await page.locator('html').getAttribute('lang')).to.equal('en');
  expect(await page.getByRole('heading', { level: 1 }).count(), 'main headings').to.equal(1);
  expect(await page.locator('img:not([alt])').count(), 'images without alt').to.equal(0);
  const icon = await page.locator('link[rel=icon]').getAttribute('href');
  const response = await page.request.get(new URL(icon ?? '', page.url()).href);
  expect(response.headers()['content-type'], 'the icon').to.match(/^image\//);
}

async function expectNoBarriers(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow, `pixels to scroll sideways at ${width}`).to.be.at.most(0);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await page.evaluate<axe.AxeResults>(`axe.run({ resultTypes: ['violations'] })`);
      const barriers = violations.flatMap(({ nodes }) =>
        nodes.map((node) => `${node.html}: ${node.failureSummary}`),
      );
      expect(barriers, `${colorScheme}, ${width} pixels wide`).to.deep.equal([]);
    }
  }
}
