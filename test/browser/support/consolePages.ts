import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Filled } from './fillConsole.js';

/** A page of the console with data in it. */
export interface ConsolePage {
  /** Of clients/console/routes.ts. */
  readonly route: string;
  readonly path: (filled: Filled) => string;
  /** Stands on it once it is loaded. */
  readonly text: string | RegExp;
}

const page = (
  route: string,
  text: string | RegExp,
  path: ConsolePage['path'] = () => route,
): ConsolePage => ({
  route,
  path,
  text,
});

/** At least one for each route: a test compares. */
export const CONSOLE_PAGES: readonly ConsolePage[] = [
  page('', 'Lowest conversion'),
  page('/sessions', '+57'),
  page('/sessions', 'Timeline and actions', ({ sessionId }) => `/sessions?session=${sessionId}`),
  page('/sessions/:id', 'Session created', ({ sessionId }) => `/sessions/${sessionId}`),
  page('/recipients', 'asked by phone'),
  page('/recipients/:fingerprint', 'asked by phone', ({ fingerprint }) => `/recipients/${fingerprint}`),
  page('/analytics', 'From asked to approved'),
  page('/fraud', 'Blocked countries'),
  page('/limits', 'recipient-daily'),
  page('/audit', 'UpdateGuard'),
  page('/providers', 'Not configured: '),
  page('/templates', 'pt'),
  page('/templates/:key/:locale', 'es tu clave', () => '/templates/otp-sms/es'),
  page('/templates/:key/:locale', 'Subject', () => '/templates/otp-email/en'),
  page('/senders', '+573007777777'),
  page('/webhooks', /^http:/),
  page('/webhooks/:id', 'Show body', ({ endpointId }) => `/webhooks/${endpointId}`),
  page('/keys', 'first live key'),
  page('/sponsors', 'Acme Insurance'),
  page('/sponsors/:slug', 'p-1', () => '/sponsors/acme'),
  page('/contacts', 'verified'),
  page('/wallet', 'Ledger'),
  page('/jobs', 'Scheduled', ({ jobId }) => `/jobs?workspace=-&job=${jobId}`),
  page('/workspace', 'Settings'),
  page('/configuration', 'Nothing is compared yet'),
];

/** Few pages a test, so that none takes long on a busy machine. */
export const PAGE_GROUPS = Array.from({ length: Math.ceil(CONSOLE_PAGES.length / 3) }, (_, at) =>
  CONSOLE_PAGES.slice(at * 3, at * 3 + 3),
).map((pages) => [pages.map(({ route }) => route || '/').join(' '), pages] as const);

/** Goes to a page and waits for what it shows; it does not change by itself then. */
export async function visitConsole(
  page: Page,
  { baseUrl }: { readonly baseUrl: string },
  { path, text }: { readonly path: string; readonly text: string | RegExp },
): Promise<void> {
  const url = new URL(`/console${path}`, baseUrl);
  url.searchParams.set('live', 'off');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(url.href);
  await page.getByText(text).locator('visible=true').first().waitFor();
}

/** The routes that the console has. */
export const consoleRoutes = (): string[] =>
  [...readFileSync('clients/console/routes.ts', 'utf8').matchAll(/path: '\/console([^']*)'/g)].map(
    ([, route]) => route ?? '',
  );
