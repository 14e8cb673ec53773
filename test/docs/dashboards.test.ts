import { describe, expect, it } from 'vitest';
import type { Spec } from '../../server/observe/metrics/instruments.js';
import { METRICS } from '../../server/observe/metrics/table.js';
import { type Selector, selectorsOf } from '../support/promql.js';
import { publishedQueries } from './support/queries.js';

const TABLE: readonly Spec[] = Object.values<Spec>(METRICS);
/** Labels that Prometheus itself adds to everything it scrapes. */
const SCRAPED = ['job', 'instance'];

const specOf = (metric: string): Spec | undefined =>
  TABLE.find(({ name, type }) =>
    type === 'histogram'
      ? ['_bucket', '_sum', '_count'].some((end) => metric === name + end)
      : metric === name,
  );

/** What is wrong with a selector, by the table. */
function wrong({ metric, matchers, grouped }: Selector): string[] {
  const spec = specOf(metric);
  if (!spec) return [`there is no ${metric}`];
  const labels = new Set([
    ...SCRAPED,
    ...Object.keys(spec.labels),
    ...(metric.endsWith('_bucket') ? ['le'] : []),
  ]);
  const strange = [...grouped, ...matchers.map(({ label }) => label)].filter((label) => !labels.has(label));
  const values = matchers.flatMap(({ label, operator, value }) => {
    const known = spec.labels[label];
    if (!known || !('values' in known)) return [];
    const wanted = operator.endsWith('~') ? value.split('|') : [value];
    return wanted
      .filter((one) => !known.values.includes(one))
      .map((one) => `${metric} never has ${label}="${one}"`);
  });
  return [...strange.map((label) => `${metric} has no ${label}`), ...values];
}

/** Labels that are left where a query is grouped, or that its only metric has. */
function lost(promql: string, shown: readonly string[]): string[] {
  return selectorsOf(promql).flatMap(({ metric, grouped }) => {
    const spec = specOf(metric);
    const left =
      grouped.length > 0 || /^\(?sum/.test(promql) ? grouped : [...SCRAPED, ...Object.keys(spec!.labels)];
    return shown.filter((label) => !left.includes(label));
  });
}

describe('the dashboard and the alerting rules', async () => {
  const queries = await publishedQueries();

  it('are there', () => {
    expect(queries.length).toBeGreaterThan(50);
  });

  it.each(queries)('$where: $promql asks for what there is', ({ promql, shown }) => {
    const selectors = selectorsOf(promql);
    expect(selectors.length).toBeGreaterThan(0);
    expect(selectors.flatMap(wrong)).toEqual([]);
    expect(lost(promql, shown)).toEqual([]);
  });

  it('show every metric of the table', () => {
    const asked = new Set(
      queries.flatMap(({ promql }) => selectorsOf(promql)).map(({ metric }) => specOf(metric)),
    );
    expect(TABLE.filter((spec) => !asked.has(spec)).map(({ name }) => name)).toEqual([]);
  });
});

describe('what is looked for in a query is found', () => {
  it.each([
    ['sum by (method) (rate(countersign_calls_total[5m])) /', undefined],
    ['sum(rate(countersign_calls_totals[5m]))', ['there is no countersign_calls_totals']],
    ['sum by (provider) (rate(countersign_calls_total[5m]))', ['countersign_calls_total has no provider']],
    ['countersign_calls_total{reason="FINE"}', ['countersign_calls_total never has reason="FINE"']],
    ['countersign_calls_total{reason=~"OK|FINE"}', ['countersign_calls_total never has reason="FINE"']],
    ['countersign_calls_total{channel!="sms"}', ['countersign_calls_total has no channel']],
    ['sum by (le) (countersign_call_duration_seconds_bucket)', []],
    [
      'sum by (le) (countersign_call_duration_seconds_count)',
      ['countersign_call_duration_seconds_count has no le'],
    ],
    ['countersign_call_duration_seconds', ['there is no countersign_call_duration_seconds']],
  ])('%s', (promql, faults) => {
    if (faults === undefined) expect(() => selectorsOf(promql)).toThrow('no PromQL');
    else expect(selectorsOf(promql).flatMap(wrong)).toEqual(faults);
  });
});
