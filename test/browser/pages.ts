import type { Page } from 'playwright-core';
import type { Example } from '../example-reference/support.js';
import { answer, askAgain, openWindow, signIn } from './steps.js';

/** Leads a newcomer to one of the pages. */
export type Visit = (page: Page, example: Example) => Promise<unknown>;

/** Every page that a person can come to, in an app that cannot do without `threads_manage_insights`. */
export const pages: Record<string, Visit> = {
  'the home page': (page, { origin }) => page.goto(origin),
  'the home page at another host than that of the callback': async (page, { origin }) => {
    await page.goto(origin.replace('127.0.0.1', 'localhost'));
    await page.getByText('Signing in works at').waitFor();
  },
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
  'the settings': openSettings,
  'the settings, a permission allowed': async (page, example) => {
    await openSettings(page, example);
    await page.getByRole('link', { name: 'Allow: Read replies to your posts' }).click();
    await answer(page, 'Allow');
    await page.getByRole('status').getByText('Allowed: Read replies').waitFor();
  },
  'the settings, a permission refused': async (page, example) => {
    await openSettings(page, example);
    await page.getByRole('link', { name: 'Allow: Read replies to your posts' }).click();
    await page.getByRole('checkbox', { name: 'Read replies' }).uncheck();
    await answer(page, 'Allow');
    await page.getByRole('heading', { name: 'Not allowed: Read replies' }).waitFor();
  },
  'the page for a permission that another account allowed': async (page, example) => {
    await openSettings(page, example);
    await page.getByRole('link', { name: 'Allow: Read replies to your posts' }).click();
    await page.getByRole('radio', { name: 'Zoë Nguyễn' }).check();
    await answer(page, 'Allow');
    await page.getByRole('heading', { name: 'That was another Threads account' }).waitFor();
    await page.getByRole('link', { name: 'Back to the settings' }).waitFor();
  },
  'the page after too many sign-ins': async (page, { origin }) => {
    await page.goto(origin);
    // One address of many that come from this browser: the page is the same.
    for (let status = 0; status !== 429; ) {
      status = (await page.request.get(`${origin}/auth/threads`, { maxRedirects: 0 })).status();
    }
    await page.goto(`${origin}/auth/threads`);
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
  'the error page': async (page, example) => {
    await openWindow(page, example);
    await comeBackWith(page, example, { error_code: '1349187', error_message: 'Invalid Scopes' });
    await page.getByRole('heading', { name: 'Signing in does not work at the moment' }).waitFor();
  },
  'the page for a person who is no tester': async (page, example) => {
    await openWindow(page, example);
    await comeBackWith(page, example, { error_code: '1349245', error_message: 'No invite' });
    await page.getByRole('heading', { name: 'Your account is not invited yet' }).waitFor();
  },
  'the page while Threads is down': async (page, example) => {
    await openWindow(page, example);
    example.simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
    await answer(page, 'Allow');
    await page.getByRole('heading', { name: 'Threads does not answer' }).waitFor();
  },
  'the page while Threads is down, at the end of a linking': async (page, example) => {
    await signIn(page, example);
    await page.getByRole('link', { name: 'Link another Threads account' }).click();
    example.simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
    await answer(page, 'Allow');
    await page.getByRole('link', { name: 'Back to your profile' }).waitFor();
  },
  'the page that opens a popup': (page, { origin }) => page.goto(`${origin}/popup`),
  'the last page of a popup, whose opener is gone': (page, { origin }) =>
    page.goto(`${origin}/auth/threads/popup/callback?code=AQBx&state=nobody#_`),
  'the page that does not exist': (page, { origin }) => page.goto(`${origin}/no/such/page`),
  'the home page of the simulator': async (page, example) => {
    await signIn(page, example);
    await page.getByRole('link', { name: 'Remove this app in the simulator' }).click();
    await page.getByRole('button', { name: 'Remove app' }).first().waitFor();
  },
  'the page of a person in the simulator': async (page, example) => {
    await signIn(page, example);
    await page.getByRole('link', { name: 'Remove this app in the simulator' }).click();
    await page.getByRole('link', { name: '@ada.okafor' }).click();
    await page.getByRole('heading', { name: 'Ada Okafor' }).waitFor();
  },
  'the log-in page of the simulator': async (page, example) => {
    await openWindow(page, example);
    await page.goto(new URL('/login', page.url()).href);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
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

/** Comes back from the window with an error that Threads itself would rather show there. */
async function comeBackWith(page: Page, example: Example, error: Record<string, string>): Promise<void> {
  const state = new URL(page.url()).searchParams.get('state') ?? '';
  await page.goto(`${example.config.threads.callbackURL}?${new URLSearchParams({ ...error, state })}#_`);
}

async function openSettings(page: Page, example: Example): Promise<void> {
  await signIn(page, example);
  await page.getByRole('link', { name: 'Change what Spool may do' }).click();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
}

async function removeApp(page: Page, button: string): Promise<void> {
  await page.getByRole('link', { name: 'Remove this app in the simulator' }).click();
  await page.getByRole('button', { name: button }).first().click();
  await page.getByRole('status').waitFor();
}
