import { mkdirSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { startShop } from '../examples/shop/shop.js';
import { systemClock } from '../server/platform/clock.js';
import { findBrowser } from '../test/browser/support/findBrowser.js';
import { startService, type TestService } from '../test/support/service.js';
import { PICTURES } from './pictures/table.js';

/**
 * Takes the pictures of the pages for the documentation, in the light theme:
 * `npm run pictures [name …]`. They are written into docs/pictures and never compared.
 */
const FOLDER = 'docs/pictures';
const wanted = process.argv.slice(2);

const found = await findBrowser();
if (!found) throw new Error('there is no Chromium here: set CHROMIUM to its path');
const browser = await chromium.launch({
  executablePath: found.executablePath,
  env: { ...process.env, ...found.env } as Record<string, string>,
  args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
});
const service = await startService({ clock: systemClock });
const shop = await startShop({ service: service.baseUrl, apiKey: service.liveKey, port: 0 });
mkdirSync(FOLDER, { recursive: true });
try {
  for (const picture of PICTURES) {
    if (wanted.length > 0 && !wanted.includes(picture.name)) continue;
    await take(browser, service, picture);
    process.stdout.write(`${FOLDER}/${picture.name}.png\n`);
  }
} finally {
  await browser.close();
  shop.close();
  await service.stop();
}

async function take(
  from: Browser,
  of: TestService<typeof systemClock>,
  { name, width, height, visit, options }: (typeof PICTURES)[number],
): Promise<void> {
  const context = await from.newContext({
    viewport: { width, height },
    colorScheme: 'light',
    reducedMotion: 'reduce',
    deviceScaleFactor: 2,
    ...options,
  });
  const page = await context.newPage();
  await visit(page, { service: of, shop: shop.url });
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
  await context.close();
}
