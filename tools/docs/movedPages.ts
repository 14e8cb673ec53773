import { GENERATED } from './markdown.js';

/** Where the pages of release 0.1.0 are now. Their old names stay as links until release 0.3.0. */
const MOVED: Readonly<Record<string, string>> = {
  'callbacks.md': 'operations/delivery-receipts.md',
  'configuration.md': 'reference/configuration.md',
  'decisions.md': 'explanation/decisions.md',
  'errors.md': 'reference/errors.md',
  'guard.md': 'reference/guard.md',
  'limits.md': 'reference/limits.md',
  'metrics.md': 'reference/metrics.md',
  'promises.md': 'reference/promises.md',
  'providers.md': 'reference/providers.md',
  'sandbox.md': 'guides/testing-with-the-sandbox.md',
  'test-server.md': 'contributing/test-server.md',
  'webhooks.md': 'guides/webhooks.md',
};

/** A page of one line under each old name. */
export function movedPages(): Record<string, () => string> {
  const entries = Object.entries(MOVED).map(
    ([from, to]) =>
      [`docs/${from}`, () => `${GENERATED}\n\nThis page has moved to [${to}](${to}).\n`] as const,
  );
  return Object.fromEntries(entries);
}
