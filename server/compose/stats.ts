import { type Counter, createCounter } from '../admin/stats/counter.js';
import { createBoundPart } from '../admin/stats/parts.js';
import { createSessionMetrics } from '../admin/stats/sessionMetrics.js';
import { createStats, type Stats } from '../admin/stats/stats.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Clock } from '../platform/clock.js';
import type { DecoratedStore } from './store.js';

interface Deps extends DecoratedStore {
  /** Whether the name is that of a provider of the service itself. */
  readonly isBuiltIn: (provider: string) => boolean;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What counts the events of sessions for the statistics of workspaces. */
export interface Counting {
  readonly counter: Counter;
  readonly stats: Stats;
}

/** Counts sessions for the statistics, and for the metrics of this process. */
export function composeStats({ documents, onSessionChange, isBuiltIn, metrics, clock, log }: Deps): Counting {
  const counter = createCounter(documents, clock, log);
  const stats = createStats({ counter, boundPart: createBoundPart(clock), clock });
  onSessionChange(stats.onSessionChange);
  onSessionChange(createSessionMetrics(metrics, isBuiltIn));
  return { counter, stats };
}
