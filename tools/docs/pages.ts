import { configuration } from './configuration.js';
import { alerts } from './dashboards/alerts.js';
import { grafana } from './dashboards/grafana.js';
import { errors } from './errors.js';
import { guard } from './guard.js';
import { limits } from './limits.js';
import { metrics } from './metrics.js';
import { promises } from './promises.js';
import { providers } from './providers.js';
import { sandbox } from './sandbox.js';
import { webhooks } from './webhooks.js';

/** Every generated page by its path. A test holds the files against this. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': configuration,
  'docs/dashboards/alerts.yaml': alerts,
  'docs/dashboards/countersign.json': grafana,
  'docs/errors.md': errors,
  'docs/guard.md': guard,
  'docs/limits.md': limits,
  'docs/metrics.md': metrics,
  'docs/promises.md': promises,
  'docs/providers.md': providers,
  'docs/sandbox.md': sandbox,
  'docs/webhooks.md': webhooks,
};
