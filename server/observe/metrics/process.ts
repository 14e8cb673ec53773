import { constants, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import type { Metrics } from './index.js';

const { NODE_PERFORMANCE_GC_MAJOR, NODE_PERFORMANCE_GC_MINOR, NODE_PERFORMANCE_GC_INCREMENTAL } = constants;
const KINDS = new Map<number, 'major' | 'minor' | 'incremental'>([
  [NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
]);

/** An entry of the kind "gc"; the types know nothing of its detail. */
interface Collection {
  readonly duration: number;
  readonly detail: { readonly kind: number };
}

/** Milliseconds between two looks at how late the event loop is; the histogram it fills is in nanoseconds. */
const RESOLUTION_MS = 20;

/** What the metrics of the process are read from. */
export interface ProcessWatch {
  /** Reads what has no history of its own. */
  look(): void;
  stop(): void;
}

/** Watches this process: its processor, memory, event loop and garbage collections. */
export function watchProcess(metrics: Metrics): ProcessWatch {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  lag.enable();
  const collections = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as unknown as readonly Collection[])
      metrics.gcSeconds.observe({ kind: KINDS.get(detail.kind) ?? 'weakcb' }, duration / 1e3);
  });
  collections.observe({ entryTypes: ['gc'] });
  metrics.startTime.set({}, performance.timeOrigin / 1e3);

  return {
    look() {
      const { user, system } = process.cpuUsage();
      metrics.cpuSeconds.set({}, (user + system) / 1e6);
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
      metrics.residentBytes.set({}, rss);
      metrics.heapUsedBytes.set({}, heapUsed);
      metrics.heapTotalBytes.set({}, heapTotal);
      metrics.externalBytes.set({}, external);
      metrics.eventLoopUse.set({}, performance.eventLoopUtilization().active / 1e3);
      for (const quantile of ['0.5', '0.99'] as const)
        metrics.eventLoopLag.set({ quantile }, late(lag.percentile(Number(quantile) * 100)));
      metrics.eventLoopLag.set({ quantile: '1' }, late(lag.max));
      lag.reset();
    },
    stop() {
      lag.disable();
      collections.disconnect();
    },
  };
}

/** What a timer was late, in seconds: the histogram counts the wait that was asked for, too, and holds nothing after a reset. */
const late = (nanoseconds: number): number => Math.max(0, (nanoseconds / 1e6 - RESOLUTION_MS) / 1e3);
