import { type Counter, createCounter } from '../admin/stats/counter.js';
import { createSessionMetrics } from '../admin/stats/sessionMetrics.js';
import { createStats, type Stats } from '../admin/stats/stats.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Clock } from '../platform/clock.js';
import type { StoredSession } from '../session/stored.js';
import type { ChangeListener } from '../store/changeListener.js';
import type { Documents } from '../store/documents.js';

/** Who counts what becomes of sessions: the statistics of workspaces, and the metrics of this process. */
export interface Counting {
  readonly counter: Counter;
  readonly stats: Stats;
  readonly heard: ChangeListener<StoredSession>;
}

export function composeCounting(store: Documents, metrics: Metrics, clock: Clock, log: Logger): Counting {
  const counter = createCounter(store, clock, log);
  const stats = createStats(counter, clock);
  const measure = createSessionMetrics(metrics);
  return {
    counter,
    stats,
    heard(session, update) {
      stats.onSessionChange(session, update);
      measure(session, update);
    },
  };
}
