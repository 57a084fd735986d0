import type { Page } from 'playwright-core';
import type { Example } from '../example-reference/support.js';

/** From the home page to the authorization window. */
export async function openWindow(page: Page, { origin }: Pick<Example, 'origin'>): Promise<void> {
  await page.goto(origin);
  await page.getByRole('link', { name: 'Continue with Threads' }).click();
  await page.getByRole('button', { name: 'Allow' }).waitFor();
}

/** Answers the authorization window and waits for the page behind it. */
export async function answer(page: Page, button: 'Allow' | 'Cancel'): Promise<void> {
  await page.getByRole('button', { name: button }).click();
  await page.getByRole('banner').getByRole('link', { name: 'Spool' }).waitFor();
}

/** A whole sign-in of the first person, without the permissions in `refuse`. */
export async function signIn(
  page: Page,
  example: Pick<Example, 'origin'>,
  refuse: string[] = [],
): Promise<void> {
  await openWindow(page, example);
  for (const name of refuse) await page.getByRole('checkbox', { name }).uncheck();
  await answer(page, 'Allow');
}

/** Asks Threads once more on behalf of somebody who is signed in. */
export async function askAgain(page: Page, { origin }: Pick<Example, 'origin'>): Promise<void> {
  await page.goto(`${origin}/auth/threads`);
  await page.getByRole('button', { name: 'Allow' }).waitFor();
}
