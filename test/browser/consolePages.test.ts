import { beforeAll, expect, it } from 'vitest';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';
import { CONSOLE_PAGES, consoleRoutes, PAGE_GROUPS, visitConsole } from './support/consolePages.js';
import { type Filled, fillConsole } from './support/fillConsole.js';

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

  it.each(PAGE_GROUPS)(
    '%s are accessible and fit, light and dark, 360 and 1600 px wide',
    async (_, pages) => {
      const page = await open('');
      for (const { path, text } of pages) {
        await visitConsole(page, service, { path: path(filled), text });
        for (const { colorScheme, ...viewport } of LOOKS) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme });
          await expectNoSidewaysScroll(page);
          await expectAccessible(page);
        }
      }
    },
  );
});
