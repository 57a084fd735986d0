import { expect, type Page, test } from '@playwright/test';

const simulator = 'http://127.0.0.1:4100/_simulator';
const expired = { status: 400, body: { error: { code: 190, error_subcode: 463 } } };
test.beforeEach(({ request }) => request.post(`${simulator}/reset`));

async function signIn(page: Page, untick = '', press = 'Allow') {
  await page.goto('/');
  await page.getByRole('link', { name: 'Continue with Threads' }).click();
  if (untick) await page.getByLabel(untick).uncheck();
  await page.getByRole('button', { name: press }).click();
  return expect(page.getByRole('main'));
}

test('signing in', async ({ page }) => (await signIn(page)).toContainText('Ada Okafor'));
test('denial', async ({ page }) => (await signIn(page, '', 'Cancel')).toContainText('You cancelled'));
test('missing permission', async ({ page }) => (await signIn(page, 'Publish')).toContainText('is missing'));
test('expired token', async ({ page, request }) => {
  await request.post(`${simulator}/fail`, { data: { endpoint: '/me', ...expired } });
  await (await signIn(page)).toContainText('did not accept');
});
test('Threads down', async ({ page, request }) => {
  await request.post(`${simulator}/fail`, { data: { endpoint: '/oauth/access_token', status: 503 } });
  await (await signIn(page)).toContainText('does not answer');
});
