import type { Metrics } from '../observe/metrics/index.js';
import { DuplicateKey } from './documents.js';
import type { Observer } from './observeOperations.js';

/** Measures what is done with the store. A taken `_id` is a normal result, not a failure. */
export function measureOperations({
  storeSeconds,
  storeFailures,
}: Pick<Metrics, 'storeSeconds' | 'storeFailures'>): Observer {
  return (collection, operation) => {
    const startedAt = performance.now();
    return (error) => {
      const labels = { collection, operation };
      storeSeconds.observe(labels, (performance.now() - startedAt) / 1e3);
      if (error !== undefined && !(error instanceof DuplicateKey)) storeFailures.add(labels);
    };
  };
}
