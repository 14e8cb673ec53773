import { beforeAll, expect, it } from 'vitest';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';
import { PAGE_GROUPS, visitConsole } from './support/consolePages.js';
import { type Filled, fillConsole } from './support/fillConsole.js';
import { expectDialogByKeyboard } from './support/keyboard.js';

describeInBrowser('the dialogs of the console', () => {
  const suite = consoleForSuite();
  const { service, open } = suite;
  let filled: Filled;
  let seen = 0;

  beforeAll(async () => {
    filled = await fillConsole(suite);
  });

  it.each(PAGE_GROUPS)('%s: each keeps the focus, gives it back and fits 360 px', async (_, pages) => {
    const page = await open('');
    for (const { path, text } of pages) {
      await visitConsole(page, service, { path: path(filled), text });
      await page.setViewportSize({ width: 360, height: 740 });
      const words = await page
        .locator('main button')
        .evaluateAll((all) =>
          all.map((button) =>
            button.checkVisibility() && button.ariaDisabled !== 'true' ? button.textContent : '',
          ),
        );
      // The same dialog of many rows once.
      const openers = words.flatMap((word, at) =>
        /…(Other range)?$/.test(word) && words.indexOf(word) === at ? [at] : [],
      );
      for (const opener of openers) {
        await expectDialogByKeyboard(page, page.locator('main button').nth(opener), async () => {
          await expectNoSidewaysScroll(page);
          await expectAccessible(page);
        });
        seen++;
      }
    }
  });

  it('were found', () => {
    expect(seen).toBeGreaterThan(30);
  });
});
