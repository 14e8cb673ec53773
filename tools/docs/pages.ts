import { architecture } from './architecture.js';
import { cli } from './cli.js';
import { configuration } from './configuration.js';
import { configurationSchema } from './configurationSchema.js';
import { contract, contractAdmin } from './contract.js';
import { alerts } from './dashboards/alerts.js';
import { grafana } from './dashboards/grafana.js';
import { deliveryReceipts } from './deliveryReceipts.js';
import { errors } from './errors.js';
import { events } from './events.js';
import { guard } from './guard.js';
import { limits } from './limits.js';
import { llmsFull, llmsIndex } from './llmsIndex.js';
import { metrics } from './metrics.js';
import { movedPages } from './movedPages.js';
import { promises } from './promises.js';
import { providers } from './providers.js';
import { sandbox } from './sandbox.js';
import { scopes } from './scopes.js';
import { sizing } from './sizing.js';
import { webhooks } from './webhooks.js';

const TABLES: Readonly<Record<string, () => string>> = {
  'docs/explanation/architecture.md': architecture,
  'docs/reference/cli.md': cli,
  'docs/reference/configuration.md': configuration,
  'docs/reference/configuration-document.schema.json': configurationSchema,
  'docs/reference/contract.md': contract,
  'docs/reference/contract-admin.md': contractAdmin,
  'docs/operations/dashboards/alerts.yaml': alerts,
  'docs/operations/dashboards/countersign.json': grafana,
  'docs/operations/delivery-receipts.md': deliveryReceipts,
  'docs/reference/errors.md': errors,
  'docs/reference/events.md': events,
  'docs/reference/guard.md': guard,
  'docs/reference/limits.md': limits,
  'docs/reference/metrics.md': metrics,
  'docs/reference/promises.md': promises,
  'docs/reference/providers.md': providers,
  'docs/operations/sizing.md': sizing,
  'docs/reference/scopes.md': scopes,
  'docs/guides/testing-with-the-sandbox.md': sandbox,
  'docs/guides/webhooks.md': webhooks,
  ...movedPages(),
};

/** Every generated page by its path. A test compares the files with this. */
export const PAGES: Readonly<Record<string, () => string>> = {
  ...TABLES,
  'docs/llms.txt': () => llmsIndex(TABLES),
};

/** Every page in one file. It is not kept in the repository, where it would be a second copy of each of them. */
export const fullText = (): string => llmsFull(TABLES);
