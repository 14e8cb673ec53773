import type { Slot } from '../../fairness/fairPool.js';
import type { Metrics } from '../../observe/metrics/index.js';
import type { HashPool } from './hashPool.js';

type HashMetrics = Pick<
  Metrics,
  'hashesRunning' | 'hashesWaiting' | 'hashesRefused' | 'hashWaitSeconds' | 'hashSeconds'
>;

/** The same pool, with what its tasks wait and take measured. */
export function measureHashPool(pool: HashPool, metrics: HashMetrics): HashPool {
  return {
    enter: (requester, signal) => measureSlot(pool.enter(requester, signal), metrics),
    counts: () => pool.counts(),
  };
}

/** Brings the metrics of how the pool stands up to date. */
export function reportHashPool(pool: HashPool, metrics: HashMetrics): void {
  const { running, waiting, refused } = pool.counts();
  metrics.hashesRunning.set({}, running);
  metrics.hashesWaiting.set({}, waiting);
  metrics.hashesRefused.set({}, refused);
}

function measureSlot(slot: Slot, { hashWaitSeconds, hashSeconds }: HashMetrics): Slot {
  return {
    run(task) {
      const askedAt = performance.now();
      return slot.run(async () => {
        const begunAt = performance.now();
        hashWaitSeconds.observe({}, (begunAt - askedAt) / 1e3);
        try {
          return await task();
        } finally {
          hashSeconds.observe({}, (performance.now() - begunAt) / 1e3);
        }
      });
    },
    leave: () => slot.leave(),
  };
}
