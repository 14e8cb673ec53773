import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Labels } from '../../../server/observe/metrics/family.js';
import { OTHER } from '../../../server/observe/metrics/family.js';
import type { Spec } from '../../../server/observe/metrics/instruments.js';
import { METRICS } from '../../../server/observe/metrics/table.js';
import { publishedQueries } from '../../docs/support/queries.js';
import { onEmbedded } from '../../support/engines.js';
import type { Metric } from '../../support/prometheus.js';
import { type Selector, selectorsOf } from '../../support/promql.js';
import { startService } from '../../support/service.js';
import { type BusyDay, busyDay, scrape } from './support/busyDay.js';

const TABLE: readonly Spec[] = Object.values<Spec>(METRICS);

/** Labels that Prometheus puts on what it reads. */
const SCRAPED = ['job', 'instance'];

/** Metrics of the table that nothing feeds. One without labels is there from the start, so it must have left 0. */
const notFed = (exported: ReadonlyMap<string, Metric>): string[] =>
  TABLE.filter(({ name, type }) => {
    const series = exported.get(name)?.series ?? [];
    const counted = type === 'histogram' ? series.filter((one) => one.name === `${name}_count`) : series;
    return !counted.some(({ labels, value }) => Object.keys(labels).length > 0 || value !== 0);
  }).map(({ name }) => name);

/** Whether there is a series of that name with all the labels that a query names. */
function isExported(exported: ReadonlyMap<string, Metric>, { metric, matchers, grouped }: Selector): boolean {
  const wanted = [...grouped, ...matchers.map(({ label }) => label)].filter(
    (label) => !SCRAPED.includes(label),
  );
  const series = [...exported.values()].flatMap((one) => one.series);
  return series.some(({ name, labels }) => name === metric && wanted.every((label) => label in labels));
}

/** What is exported and not as the table has it. */
function strange(exported: ReadonlyMap<string, Metric>): string[] {
  return [...exported.values()].flatMap(({ name, type, series }) => {
    const spec = TABLE.find((one) => one.name === name);
    if (!spec) return [`${name} is not in the table`];
    if (spec.type !== type) return [`${name} is a ${type}`];
    return series.flatMap((one) => strangeLabels(name, spec.labels, one.labels));
  });
}

function strangeLabels(name: string, labels: Labels, given: Readonly<Record<string, string>>): string[] {
  const { le: _bound, ...rest } = given;
  if (Object.keys(rest).join() !== Object.keys(labels).join()) return [`${name} has ${Object.keys(rest)}`];
  return Object.entries(labels).flatMap(([label, spec]) => {
    const value = rest[label]!;
    const allowed = 'values' in spec ? spec.values.includes(value) : value !== '' && value !== OTHER;
    return allowed ? [] : [`${name} has ${label}="${value}"`];
  });
}

onEmbedded((engine) => {
  describe('after a busy day', () => {
    let day: BusyDay;
    beforeAll(async () => {
      day = await busyDay(engine);
    }, 120_000);
    afterAll(() => day.end());

    // One that is missing here is in the table and fed by nothing, or has no occasion in busyDay.ts.
    it('every metric of the table is fed', () => expect(notFed(day.exported)).toEqual([]));

    it('no metric, label or value is exported that the table does not have, and none was cut off', () =>
      expect(strange(day.exported)).toEqual([]));

    it('no label has more values than it may have', () => {
      for (const { name, labels } of TABLE) {
        for (const [label, spec] of Object.entries(labels)) {
          const values = new Set(day.exported.get(name)?.series.map((one) => one.labels[label]));
          const atMost = 'values' in spec ? spec.values.length : spec.atMost;
          expect(values.size, `${name} ${label}`).toBeLessThanOrEqual(atMost);
        }
      }
    });

    it('the dashboard and the alerting rules find the series they ask for', async () => {
      const queries = await publishedQueries();
      const asked = queries.flatMap(({ promql }) => selectorsOf(promql));
      expect(asked.filter((selector) => !isExported(day.exported, selector))).toEqual([]);
    });
  });
});

describe('before the first call', () => {
  it('what has not happened is found not to be fed', async () => {
    const service = await startService();
    const missing = notFed(await scrape(service));
    expect(missing).toEqual(
      expect.arrayContaining([
        'countersign_calls_total',
        'countersign_hash_refused_total',
        'countersign_hash_duration_seconds',
        'countersign_trace_spans_total',
      ]),
    );
    expect(missing).not.toContain('countersign_build_info');
    expect(missing).not.toContain('process_resident_memory_bytes');
    await service.stop();
  });
});
