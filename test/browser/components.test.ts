import { readdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { expectChartsMove, expectReachedByTab } from './support/keyboard.js';
import { servedScreensForSuite } from './support/servedScreensForSuite.js';

/** Components that are seen on pages, with data, and not beside the others: why. */
const ON_PAGES: Readonly<Record<string, string>> = {
  AsTable: 'is in every chart',
  EndpointActions: 'acts on an endpoint',
  GuardActions: 'acts on the guard',
  ImportBeneficiaries: 'calls the service',
  PageSettings: 'acts on a workspace',
  PortalLink: 'acts on an endpoint',
  PortalShell: 'is around every page of the portal',
  PrefixTable: 'reads its rows',
  ProviderAccounts: 'reads its rows',
  ProviderActions: 'acts on a provider',
  RecipientRecords: 'acts on a recipient',
  RefusalTable: 'reads its rows',
  RouteEditor: 'acts on a workspace',
  RuleTable: 'reads its rows',
  SessionPanel: 'covers a narrow page',
  Shell: 'is around every page',
  SignIn: 'covers the page',
  WebhookEventLookup: 'reads its event',
  WorkspaceList: 'reads its rows',
  WorkspaceSwitch: 'reads the workspaces',
};

describeInBrowser('the components of the console', () => {
  const { browser, service } = servedScreensForSuite();
  const open = async (): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(`${service.baseUrl}/console/_components`);
    await page.getByRole('heading', { name: 'Components' }).waitFor();
    return page;
  };

  it('are all shown, but for those that say why not', async () => {
    const page = await open();
    const shown = await page
      .locator('[data-component]')
      .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.component ?? ''));
    const files = ['clients/console/ui', 'clients/console/charts', 'clients/look']
      .flatMap((folder) => readdirSync(folder))
      // Columns and fields of one table or form are no components.
      .filter((name) => /\.tsx$/.test(name) && !/(Columns|Fields)\.tsx$/.test(name.replace(/^Fields/, '')))
      .map((name) => name.replace('.tsx', ''));
    expect(files.length).toBeGreaterThan(40);
    expect([...shown, 'Mark', ...Object.keys(ON_PAGES)].sort()).toEqual(files.sort());
  });

  it.each(LOOKS)('are accessible and fit, $colorScheme, $width px wide', async ({ colorScheme, ...size }) => {
    const page = await open();
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });

  it('are used by keyboard', async () => {
    const page = await open();
    await expectReachedByTab(page);
    expect(await expectChartsMove(page)).toBe(3);
    await page.getByRole('button', { name: 'Fail…' }).click();
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await page.getByRole('dialog').getByRole('alert').filter({ hasText: 'does not respond' }).waitFor();
    await expectAccessible(page);
  });
});
