import axe from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';

/** Fails when axe finds a violation or the page scrolls sideways: wide and narrow, light and dark. */
export async function expectNoBarriers(page: Page): Promise<void> {
  await expectBasics(page);
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

/** What every page has, and axe does not ask for or says less plainly. */
async function expectBasics(page: Page): Promise<void> {
  expect(await page.locator('html').getAttribute('lang')).to.equal('en');
  expect(await page.getByRole('heading', { level: 1 }).count(), 'main headings').to.equal(1);
  const heading = await page.getByRole('heading', { level: 1 }).innerText();
  expect(await page.title(), 'the title agrees with the heading').to.contain(heading);
  expect(await page.locator('img:not([alt])').count(), 'images without alt').to.equal(0);
  const icon = await page.locator('link[rel=icon]').getAttribute('href');
  const response = await page.request.get(new URL(icon ?? '', page.url()).href);
  expect(response.headers()['content-type'], 'the icon').to.match(/^image\//);
}
