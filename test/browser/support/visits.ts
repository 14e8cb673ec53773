import type { BrowserContextOptions, Frame, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { InboxMessage } from '../../../server/delivery/vendors/inbox/messages.js';
import { eventually } from '../../support/eventually.js';
import type { TestService } from '../../support/service.js';
import type { SuiteBrowser } from './browser.js';

let people = 0;
/** A phone that no other test uses. */
export const someone = (): string => `+57300${String(1_000_000 + people++)}`;

type Inbox = Pick<TestService<never>, 'inbox'>;

/** The newest code that was sent to a recipient. */
export const codeTo = (service: Inbox, recipient: string, after = ''): Promise<string> =>
  eventually(async () => {
    const messages: readonly InboxMessage[] = await service.inbox();
    const code = /\b\d{6}\b/.exec(messages.find(({ to }) => to === recipient)?.text ?? '')?.[0];
    return code !== after && code;
  });

/** Signs in at the shop as far as the verification page. */
export async function visitPage(
  browser: SuiteBrowser,
  shop: string,
  { form = {}, ...options }: BrowserContextOptions & { form?: Record<string, string> } = {},
): Promise<{ readonly page: Page; readonly to: string }> {
  const page = await browser.newPage(options);
  const to = someone();
  await submit(page, shop, '/sign-in', { recipient: to, ...form });
  await page.waitForURL(/\/v\//);
  return { page, to };
}

/** Pays at the shop as far as the frame. */
export async function visitFrame(
  browser: SuiteBrowser,
  shop: string,
  { form = {}, ...options }: BrowserContextOptions & { form?: Record<string, string> } = {},
): Promise<{ readonly page: Page; readonly to: string; readonly frame: Frame }> {
  const page = await browser.newPage(options);
  const to = someone();
  await submit(page, shop, '/basket', { recipient: to, ...form });
  const frame = await eventually(() => page.frames().find((one) => one.url().includes('/v/')));
  // Its script runs.
  await frame.locator('#countdown', { hasText: /\d:\d\d/ }).waitFor();
  return { page, to, frame };
}

/** Sends a form of the shop with fields that its page does not show, too. */
export async function submit(page: Page, shop: string, action: string, fields: Record<string, string>) {
  await page.goto(shop);
  const form = page.locator(`form[action="${action}"]`);
  await form.evaluate((element, more) => {
    for (const [name, value] of Object.entries(more)) {
      const known = element.querySelector<HTMLInputElement>(`[name=${name}]`);
      const input = known ?? Object.assign(document.createElement('input'), { name, type: 'hidden' });
      input.value = value;
      if (!known) element.append(input);
    }
  }, fields);
  await form.getByRole('button').click();
}

/** A code that is not the right one. */
export const wrongOf = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

/** Fails where any of these texts holds a token. */
export function expectNoToken(texts: Iterable<string>): void {
  for (const text of texts) expect(text).not.toMatch(/eyJ|otvt_/);
}
