import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Frame, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { findBrowser } from './findBrowser.js';

const found = await findBrowser();
const isRequired = process.env.REQUIRE_BROWSER === '1';

/**
 * A suite that needs a browser. Without one it is skipped by name, or fails where
 * REQUIRE_BROWSER=1 says that there must be one.
 */
export function describeInBrowser(name: string, declare: () => void): void {
  if (found || isRequired) describe(name, declare);
  else describe.skip(`${name}: there is no Chromium here`, declare);
}

/** The browser of a suite. */
export interface SuiteBrowser {
  /** A page of its own context, closed behind the test. What it reports as an error fails the test. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  /** Errors reported since the test began that a test expects: they are removed and returned. */
  takeFaults(): string[];
}

/** Starts one browser for the suite that is being declared. */
export function browserForSuite(): SuiteBrowser {
  let browser: Browser;
  let faults: string[] = [];
  beforeAll(async () => {
    if (!found) throw new Error('REQUIRE_BROWSER=1, but there is no Chromium: set CHROMIUM to its path');
    browser = await chromium.launch({
      executablePath: found.executablePath,
      env: { ...process.env, ...found.env } as Record<string, string>,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
    });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
    const reported = faults;
    faults = [];
    expect(reported, 'errors that pages reported').toEqual([]);
  });
  return {
    async newPage(options) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        reducedMotion: 'reduce',
        ...options,
      });
      context.on('console', (message) => {
        // A refused request is a result, which the browser logs as well.
        const isRefusal = /Failed to load resource: .* status of 4\d\d/.test(message.text());
        if (message.type() === 'error' && !isRefusal) faults.push(message.text());
      });
      context.on('weberror', (error) => faults.push(error.error().message));
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      return page;
    },
    takeFaults() {
      const taken = faults;
      faults = [];
      return taken;
    },
  };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const RULES: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};

/**
 * Fails for anything that axe finds against WCAG 2.2 A and AA or its best
 * practices. By evaluation: a script element would need a hole in the page's policy.
 */
export async function expectAccessible(page: Page | Frame): Promise<void> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(
    (rules) =>
      (globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(rules),
    RULES,
  );
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
  );
  expect(found, 'accessibility violations').toEqual([]);
}

/** Fails where a page scrolls sideways, and names what is too wide. */
export async function expectNoSidewaysScroll(page: Page | Frame): Promise<void> {
  const wide = await page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const scrolls = (element: Element | null): boolean =>
      !!element &&
      element !== document.body &&
      (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
    const found = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > innerWidth && !scrolls(element.parentElement),
    );
    return [document.title, ...found.slice(0, 8).map((element) => element.outerHTML.slice(0, 200))];
  });
  expect(wide, 'elements that hang over sideways').toEqual([]);
}

/** Each theme and the smallest and largest width that every screen is looked at in. */
export const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [360, 1600].map((width) => ({ colorScheme, width, height: width === 360 ? 740 : 1000 })),
);
