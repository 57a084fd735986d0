import type { Page } from 'playwright-core';
import type { Example } from '../example-express/support.js';
import { answer, askAgain, openWindow, signIn } from './steps.js';

/** Leads a newcomer to one of the pages. */
export type Visit = (page: Page, example: Example) => Promise<unknown>;

/** Every page that a person can come to, in an app that cannot do without `threads_manage_insights`. */
export const pages: Record<string, Visit> = {
  'the home page': (page, { origin }) => page.goto(origin),
  'the home page of a protected page': (page, { origin }) => page.goto(`${origin}/profile`),
  'the home page, signed in': async (page, example) => {
    await signIn(page, example);
    await page.goto(example.origin);
  },
  'the authorization window': openWindow,
  'the profile': signIn,
  'the profile, a permission not granted': (page, example) => signIn(page, example, ['Publish posts']),
  'the profile, another account linked': async (page, example) => {
    await signIn(page, example);
    await page.getByRole('link', { name: 'Link another Threads account' }).click();
    await page.getByRole('radio', { name: 'Zoë Nguyễn' }).check();
    await answer(page, 'Allow');
    await page.getByRole('button', { name: 'Unlink @zoe_nguyen' }).waitFor();
  },
  'the profile, access removed': async (page, example) => {
    await signIn(page, example);
    await removeApp(page, 'Remove app');
    await page.goto(`${example.origin}/profile`);
    await page.getByRole('link', { name: 'Sign in again' }).waitFor();
  },
  'the cancelled page': async (page, example) => {
    await openWindow(page, example);
    await answer(page, 'Cancel');
  },
  'the cancelled page, signed in': async (page, example) => {
    await signIn(page, example);
    await askAgain(page, example);
    await answer(page, 'Cancel');
  },
  'the page for a missing permission': (page, example) => signIn(page, example, ['See insights']),
  'the page for a missing permission, signed in': async (page, example) => {
    await signIn(page, example);
    await askAgain(page, example);
    await page.getByRole('checkbox', { name: 'See insights' }).uncheck();
    await answer(page, 'Allow');
  },
  'the failed page': async (page, { origin }) => {
    await page.goto(`${origin}/auth/threads/callback?code=AQBx&state=nobody#_`);
    await page.getByText('For the developer').click();
  },
  'the failed page, signed in': async (page, example) => {
    await signIn(page, example);
    await page.goto(`${example.origin}/auth/threads/callback?code=AQBx&state=nobody#_`);
  },
  'the error page': (page, { origin }) =>
    page.goto(`${origin}/auth/threads/callback?error_code=1349187&error_message=Invalid+Scopes#_`),
  'the error page, with a hint': (page, { origin }) =>
    page.goto(`${origin}/auth/threads/callback?error_code=1349245&error_message=No+invite#_`),
  'the page that does not exist': (page, { origin }) => page.goto(`${origin}/no/such/page`),
  'the home page of the simulator': async (page, example) => {
    await signIn(page, example);
    await page.getByRole('link', { name: 'Remove this app in the simulator' }).click();
    await page.getByRole('button', { name: 'Remove app' }).first().waitFor();
  },
  'the simulator after a removal': async (page, example) => {
    await signIn(page, example);
    await removeApp(page, 'Remove app and delete data');
  },
  'the deletion status page': async (page, example) => {
    await signIn(page, example);
    await removeApp(page, 'Remove app and delete data');
    await page.getByRole('status').getByRole('link').click();
    await page.getByRole('heading', { name: 'The data is deleted' }).waitFor();
  },
};

async function removeApp(page: Page, button: string): Promise<void> {
  await page.getByRole('link', { name: 'Remove this app in the simulator' }).click();
  await page.getByRole('button', { name: button }).first().click();
  await page.getByRole('status').waitFor();
}
