import { expect } from 'chai';
import { type Example, startExample } from '../example-reference/support.js';
import { expectNoBarriers } from './barriers.js';
import { useBrowser } from './browser.js';
import { pages } from './pages.js';

describe('in the browser: accessibility', () => {
  // Browsers on a busy machine take their time.
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
        await expectNoBarriers(page);
      } finally {
        await secure.close();
      }
    }));
});
