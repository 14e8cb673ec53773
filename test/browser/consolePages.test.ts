import { beforeAll, expect, it } from 'vitest';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';
import { CONSOLE_PAGES, consoleRoutes, type Filled, fillConsole } from './support/consolePages.js';

it('knows every route of the console', () => {
  expect([...new Set(CONSOLE_PAGES.map(({ route }) => route))].sort()).toEqual(consoleRoutes().sort());
});

describeInBrowser('the pages of the console', () => {
  const suite = consoleForSuite();
  const { service, open } = suite;
  let filled: Filled;

  beforeAll(async () => {
    filled = await fillConsole(suite);
  });

  /** Few pages a test, so that none takes long on a busy machine. */
  const groups = Array.from({ length: Math.ceil(CONSOLE_PAGES.length / 3) }, (_, at) =>
    CONSOLE_PAGES.slice(at * 3, at * 3 + 3),
  ).map((pages) => [pages.map(({ route }) => route || '/').join(' '), pages] as const);

  it.each(groups)('%s are accessible and fit, light and dark, 360 and 1600 px wide', async (_, pages) => {
    const page = await open('');
    for (const { path, text } of pages) {
      const url = new URL(`/console${path(filled)}`, service.baseUrl);
      url.searchParams.set('live', 'off');
      await page.goto(url.href);
      await page.getByText(text).locator('visible=true').first().waitFor();
      for (const { colorScheme, ...viewport } of LOOKS) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      }
    }
  });
});
