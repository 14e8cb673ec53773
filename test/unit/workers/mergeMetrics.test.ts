import { expect, it } from 'vitest';
import { expose } from '../../../server/observe/metrics/exposition.js';
import { createMetrics, instrumentsOf } from '../../../server/observe/metrics/index.js';
import { mergeMetrics } from '../../../server/workers/mergeMetrics.js';

const head = (name: string, type: string) => `# HELP ${name} What it says.\n# TYPE ${name} ${type}\n`;

it('counters and histograms of several processes add up, series by series', () => {
  const calls = (value: number, more = '') =>
    `${head('calls_total', 'counter')}calls_total{a="x y"} ${value}\n${more}`;
  expect(mergeMetrics([calls(2), calls(3, 'calls_total{a="z"} 1\n')])).toBe(
    `${head('calls_total', 'counter')}calls_total{a="x y"} 5\ncalls_total{a="z"} 1\n`,
  );
});

it('of gauges that say the same in every process the largest counts, others add up', () => {
  const lag = (value: number) =>
    `${head('countersign_queue_lag_seconds', 'gauge')}countersign_queue_lag_seconds{queue="outbox"} ${value}\n`;
  const open = (value: number) =>
    `${head('countersign_connections', 'gauge')}countersign_connections ${value}\n`;
  expect(mergeMetrics([lag(0.5) + open(3), lag(2) + open(4)])).toBe(lag(2) + open(7));
});

it('one process is left as it is', () => {
  const metrics = createMetrics();
  metrics.connections.set({}, 3);
  metrics.hashesRefused.add({}, 2);
  metrics.storeSeconds.observe({ collection: 'sessions', operation: 'findOne' }, 0.002);
  const text = expose(instrumentsOf(metrics));
  expect(mergeMetrics([text])).toBe(text);
});
