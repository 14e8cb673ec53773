import type { Page } from 'playwright-core';
import { afterAll } from 'vitest';
import { type Day, startDay } from '../../support/day.js';
import type { SuiteBrowser } from './browser.js';
import { type ServedScreens, servedScreensForSuite } from './servedScreensForSuite.js';

/** A service with a day of traffic, and a browser to look at it with. */
export interface SuiteConsole extends ServedScreens {
  day(): Day;
  /** A page that is signed in, at a path below /console. */
  open(path: string, options?: Parameters<SuiteBrowser['newPage']>[0] & { key?: string }): Promise<Page>;
}

/** The console of the suite that is being declared; `hours` of traffic before it. */
export function consoleForSuite({ hours = 3 } = {}): SuiteConsole {
  let day: Day | undefined;
  const { browser, service } = servedScreensForSuite(async () => {
    day = await startDay({ hours });
    return { clock: day.clock, env: day.env };
  });
  afterAll(() => day?.close());
  const console: SuiteConsole = {
    browser,
    service,
    day() {
      if (!day) throw new Error('the day has not begun');
      return day;
    },
    async open(path, { key = service.liveKey, ...options } = {}) {
      const page = await browser.newPage(options);
      await signIn(page, `${service.baseUrl}/console${path}`, key);
      return page;
    },
  };
  return console;
}

export async function signIn(page: Page, url: string, key: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('API key').fill(key);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}
