import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { expose } from '../../../server/observe/metrics/exposition.js';
import { OTHER } from '../../../server/observe/metrics/family.js';
import { createMetrics, instrumentsOf } from '../../../server/observe/metrics/index.js';
import { Counter, Gauge, Histogram } from '../../../server/observe/metrics/instruments.js';
import { METRICS } from '../../../server/observe/metrics/table.js';
import { parseExposition } from '../../support/prometheus.js';

const anything = { of: 'anything', atMost: 1_000 };

describe('the exposition', () => {
  test.prop([fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.double({ noNaN: true })])(
    'gives back every text and number as it was',
    (help, label, value) => {
      const gauge = new Gauge({
        type: 'gauge',
        name: 'a_gauge',
        help: `h${help}`,
        labels: { label: anything },
      });
      gauge.set({ label }, value);
      const metric = parseExposition(expose([gauge])).get('a_gauge');
      expect(metric?.help).toBe(`h${help}`);
      // The text format knows one zero.
      expect(metric?.series).toEqual([{ name: 'a_gauge', labels: { label }, value: value || 0 }]);
    },
  );

  test.prop([fc.array(fc.double({ min: -2, max: 20, noNaN: true }))])(
    'counts every number of a histogram under every bound that it does not exceed',
    (numbers) => {
      const buckets = [0, 0.5, 1, 10];
      const histogram = new Histogram({ type: 'histogram', name: 'a', help: 'h', labels: {}, buckets });
      for (const number of numbers) histogram.observe({}, number);
      const series = parseExposition(expose([histogram])).get('a')?.series ?? [];
      for (const bound of [...buckets, Number.POSITIVE_INFINITY]) {
        const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound);
        const bucket = series.find(({ labels }) => labels.le === le);
        expect(bucket?.value).toBe(numbers.filter((number) => number <= bound).length);
      }
      expect(series.find(({ name }) => name === 'a_count')?.value).toBe(numbers.length);
      expect(series.find(({ name }) => name === 'a_sum')?.value).toBeCloseTo(
        numbers.reduce((sum, number) => sum + number, 0),
      );
    },
  );

  it('leaves out what has no series, and shows what has no labels from the start', () => {
    const labelled = new Counter({
      type: 'counter',
      name: 'a_total',
      help: 'h',
      labels: { label: anything },
    });
    const plain = new Counter({ type: 'counter', name: 'b_total', help: 'h', labels: {} });
    expect([...parseExposition(expose([labelled, plain])).keys()]).toEqual(['b_total']);
    plain.add({});
    expect(parseExposition(expose([plain])).get('b_total')?.series[0]?.value).toBe(1);
  });

  it('shows a gauge that was cleared no more', () => {
    const gauge = new Gauge({ type: 'gauge', name: 'a', help: 'h', labels: {} });
    gauge.set({}, 5);
    gauge.clear();
    expect(expose([gauge])).toBe('');
    gauge.set({}, 6);
    expect(parseExposition(expose([gauge])).get('a')?.series).toEqual([{ name: 'a', labels: {}, value: 6 }]);
  });
});

describe('labels', () => {
  const ofTwo = { which: { values: ['a', 'b'] }, name: { of: 'names', atMost: 3 } } as const;

  test.prop([fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 200 })])(
    'have the values they may have, for every request',
    (pairs) => {
      const counter = new Counter({ type: 'counter', name: 'a_total', help: 'h', labels: ofTwo });
      for (const [which, name] of pairs) counter.add({ which: which as 'a', name });
      const samples = counter.samples();
      // a, b, other × three names, other
      expect(samples.length).toBeLessThanOrEqual(3 * 4);
      expect(new Set(samples.map(({ labels }) => JSON.stringify(labels))).size).toBe(samples.length);
      expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(pairs.length);
    },
  );

  it('keep the names they know when more come, and count those together', () => {
    const counter = new Counter({ type: 'counter', name: 'a_total', help: 'h', labels: ofTwo });
    for (const name of ['x', 'y', 'z', 'one too many', 'two too many', 'x'])
      counter.add({ which: 'a', name });
    const counts = counter.samples().map(({ labels, value }) => [labels[1]?.[1], value]);
    expect(counts).toEqual([
      ['x', 2],
      ['y', 1],
      ['z', 1],
      [OTHER, 2],
    ]);
  });
});

describe('the table of metrics', () => {
  const specs = Object.values(METRICS);

  it('names each metric once, as Prometheus asks for it', () => {
    expect(new Set(specs.map(({ name }) => name)).size).toBe(specs.length);
    for (const { name, type, help, labels } of specs) {
      expect(name).toMatch(/^(countersign|process|nodejs)_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(name).not.toMatch(/_(ms|millis|milliseconds|kb|percent|count|sum|bucket)$/);
      expect(help).toMatch(/^[A-Z].*\.$/);
      for (const label of Object.keys(labels)) expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/);
    }
  });

  it('has bounds that ascend', () => {
    for (const spec of specs) {
      if (spec.type !== 'histogram') continue;
      expect([...spec.buckets].sort((a, b) => a - b)).toEqual(spec.buckets);
      expect(new Set(spec.buckets).size).toBe(spec.buckets.length);
    }
  });

  it('makes instruments of its own for each service', () => {
    const [one, another] = [createMetrics(), createMetrics()];
    one.hashesRefused.add({}, 3);
    const valueIn = (metrics: typeof one) =>
      parseExposition(expose(instrumentsOf(metrics))).get('countersign_hash_refused_total')?.series[0]?.value;
    expect([valueIn(one), valueIn(another)]).toEqual([3, 0]);
  });
});
