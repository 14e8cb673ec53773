import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** What a mouse can act on. */
const ACTIONABLE =
  'a[href], button, input, select, textarea, summary, [role=slider], [role=switch], [role=tab], [tabindex="0"]';
const MOST_STEPS = 400;

/**
 * Fails where Tab does not reach everything that can be acted on, where the focus
 * cannot be seen, or where something covers what has it.
 */
export async function expectReachedByTab(page: Page): Promise<void> {
  await page.evaluate(begin);
  const faults: string[] = [];
  for (let step = 0; step < MOST_STEPS; step++) {
    await page.keyboard.press('Tab');
    const { isRound, fault } = await page.evaluate(look);
    if (fault) faults.push(fault);
    if (isRound) break;
  }
  faults.push(...(await page.evaluate(missed, ACTIONABLE)));
  expect(faults, `focus on ${await page.title()}`).toEqual([]);
}

/** Fails where a dialog lets the focus out, or does not give it back to what opened it. */
export async function expectDialogByKeyboard(
  page: Page,
  opener: Locator,
  whileOpen: () => Promise<void> = async () => {},
): Promise<void> {
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.locator('dialog[open]').waitFor();
  for (let step = 0; step < 12; step++) {
    await page.keyboard.press('Tab');
    // Between the last and the first the browser's own controls have their turn: then it is the body.
    const isInside = await page.evaluate(() =>
      document.activeElement?.matches('body, dialog[open], dialog[open] *'),
    );
    expect(isInside, 'the focus stays in the dialog').toBe(true);
  }
  await whileOpen();
  await page.keyboard.press('Escape');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  const isBack = await opener.evaluate((element) => element === document.activeElement);
  expect(isBack, 'the focus is given back').toBe(true);
}

/** Fails where the arrow keys do not move the cursor of a chart, or what it is on is not said. Returns how many there are. */
export async function expectChartsMove(page: Page): Promise<number> {
  const charts = await page.locator('[role=slider]').all();
  for (const chart of charts) {
    await chart.focus();
    const at = async () => Number(await chart.getAttribute('aria-valuenow'));
    await page.keyboard.press('Home');
    expect(await at()).toBe(0);
    await page.keyboard.press('ArrowRight');
    expect(await at()).toBe(1);
    const said = (await chart.getAttribute('aria-valuetext')) ?? '';
    expect(said).toMatch(/\d/);
    await page.locator('[aria-live]', { hasText: said }).first().waitFor();
    await page.keyboard.press('End');
    expect(await at()).toBe(Number(await chart.getAttribute('aria-valuemax')));
  }
  return charts.length;
}

interface Walk {
  readonly reached: Set<Element>;
  first: Element | undefined;
}

// What follows runs in the page.

function begin(): void {
  Object.assign(globalThis, { walk: { reached: new Set<Element>(), first: undefined } });
  (document.activeElement as HTMLElement | null)?.blur();
  scrollTo(0, 0);
}

function look(): { readonly isRound: boolean; readonly fault: string } {
  const { walk } = globalThis as unknown as { walk: Walk };
  const here = document.activeElement;
  if (!here || here === document.body) return { isRound: false, fault: '' };
  if (here === walk.first) return { isRound: true, fault: '' };
  walk.first ??= here;
  walk.reached.add(here);
  const name = here.outerHTML.slice(0, 160);
  if (here.tagName === 'IFRAME') return { isRound: false, fault: '' };
  const hasRing = (element: Element | null, pseudo?: string): boolean => {
    if (!element) return false;
    const { outlineStyle, outlineWidth } = getComputedStyle(element, pseudo);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
  };
  const isSeen = [here, here.nextElementSibling, here.parentElement].some((element) => hasRing(element));
  if (!isSeen && !hasRing(here, '::after')) return { isRound: false, fault: `no ring: ${name}` };
  const { left, right, top, bottom } = here.getBoundingClientRect();
  const middle = (from: number, to: number, size: number) => (Math.max(0, from) + Math.min(size, to)) / 2;
  const x = middle(left, right, innerWidth);
  const y = middle(top, bottom, innerHeight);
  const above = document.elementFromPoint(x, y);
  const isFree =
    !!above && (here.contains(above) || above.contains(here) || !!here.closest('label')?.contains(above));
  return { isRound: false, fault: isFree ? '' : `covered by ${above?.outerHTML.slice(0, 80)}: ${name}` };
}

function missed(actionable: string): string[] {
  const { walk } = globalThis as unknown as { walk: Walk };
  const names = new Set(
    [...walk.reached].map(
      (element) => (element as HTMLInputElement).type === 'radio' && element.getAttribute('name'),
    ),
  );
  return [...document.querySelectorAll<HTMLElement>(actionable)]
    .filter((element) => {
      if (walk.reached.has(element) || !element.checkVisibility({ visibilityProperty: true })) return false;
      if ((element as HTMLButtonElement).disabled || element.closest('dialog:not([open]), [inert]'))
        return false;
      // Arrow keys move within tabs and choices.
      if (element.role === 'tab') return !element.parentElement?.querySelector('[tabindex="0"]');
      if ((element as HTMLInputElement).type === 'radio') return !names.has(element.getAttribute('name'));
      const { width, height } = element.getBoundingClientRect();
      return width > 0 && height > 0;
    })
    .map((element) => `not reached: ${element.outerHTML.slice(0, 160)}`);
}
