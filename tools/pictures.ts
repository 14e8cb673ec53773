import { mkdirSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { startShop } from '../examples/shop/shop.js';
import { systemClock } from '../server/platform/clock.js';
import { findBrowser } from '../test/browser/support/findBrowser.js';
import { startDay } from '../test/support/day.js';
import { startService } from '../test/support/service.js';
import { furnish } from './pictures/furnish.js';
import { PICTURES, type Places } from './pictures/table.js';

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
/** As clients/build.mjs has just made them. */
const overrides = { screens: 'dist/screens' };
const service = await startService({ clock: systemClock, overrides });
const shop = await startShop({ service: service.baseUrl, apiKey: service.liveKey, port: 0 });
const day = await startDay({ hours: 24 });
const busy = await startService({ clock: day.clock, env: day.env, overrides });
await furnish({ service: busy, day: () => day });
const places: Places = { service, shop: shop.url, busy };
mkdirSync(FOLDER, { recursive: true });
try {
  for (const picture of PICTURES) {
    if (wanted.length > 0 && !wanted.includes(picture.name)) continue;
    await take(browser, picture);
    process.stdout.write(`${FOLDER}/${picture.name}.png\n`);
  }
} finally {
  await browser.close();
  shop.close();
  await service.stop();
  await busy.stop();
  await day.close();
}

async function take(
  from: Browser,
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
  await visit(page, places);
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
  await context.close();
}
