// Takes the screenshots of the README: npx tsx test/browser/screenshots.ts
import { fileURLToPath } from 'node:url';
import { simulatedApp } from 'passport-threads-oauth2/simulator';
import type { BrowserContextOptions } from 'playwright-core';
import { startExample } from '../example-reference/support.js';
import { launchBrowser } from './browser.js';
import { pages } from './pages.js';

const FOLDER = new URL('../../example/reference/screenshots/', import.meta.url);

// The default font of a server is nobody's default font.
const FONT = 'body { font-family: "Liberation Sans", sans-serif }';

const dark = { colorScheme: 'dark' } as const;
const narrow = { viewport: { width: 360, height: 800 } };

const shots: [file: string, page: keyof typeof pages, options?: BrowserContextOptions][] = [
  ['home', 'the home page'],
  ['authorization-window', 'the authorization window'],
  ['profile', 'the profile, a permission not granted'],
  ['cancelled', 'the cancelled page'],
  ['profile-dark', 'the profile, a permission not granted', dark],
  ['authorization-window-narrow', 'the authorization window', narrow],
];

const browser = await launchBrowser();
for (const [file, name, options] of shots) {
  const example = await startExample();
  const { callbackURL } = example.config.threads;
  example.simulator.addApp({ ...simulatedApp, name: 'Spool', redirectURIs: [callbackURL] });

  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, bypassCSP: true, ...options });
  await pages[name]!(page, example);
  await page.addStyleTag({ content: FONT });
  await page.screenshot({ path: fileURLToPath(new URL(`${file}.png`, FOLDER)), fullPage: true });

  await page.close();
  await example.close();
}
await browser.close();
