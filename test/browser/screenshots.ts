// Takes the picture of the README, of example/express: npx tsx test/browser/screenshots.ts
import { writeFileSync } from 'node:fs';
import { startExample } from '../example-express/support.js';
import { launchBrowser } from './browser.js';
import { openWindow, signIn } from './steps.js';

const PICTURE = new URL('../../docs/sign-in.webp', import.meta.url);
const SIZE = { width: 400, height: 760 };
// The default font of a server is nobody's default font.
const FONT = 'body { font-family: "Liberation Sans", sans-serif }';

const browser = await launchBrowser();
const example = await startExample();
const page = await browser.newPage({ viewport: SIZE, bypassCSP: true });

/** The page as it is now, as the address of an image. */
async function shot(): Promise<string> {
  await page.addStyleTag({ content: FONT });
  return `data:image/png;base64,${(await page.screenshot()).toString('base64')}`;
}

await page.goto(example.origin);
const shots = [await shot()];
await openWindow(page, example);
shots.push(await shot());
await page.goto('about:blank');
await signIn(page, example, ['Publish posts']);
shots.push(await shot());

await page.setViewportSize({ width: 3 * SIZE.width + 64, height: SIZE.height + 32 });
await page.setContent(
  `<body style="display: flex; gap: 16px; margin: 16px; background: #d8d4cc">${shots
    .map((source) => `<img src="${source}" style="border-radius: 12px">`)
    .join('')}</body>`,
);
// Playwright itself writes no WebP, which takes a third of a PNG.
const devtools = await page.context().newCDPSession(page);
const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
writeFileSync(PICTURE, data, 'base64');
await browser.close();
await example.close();
