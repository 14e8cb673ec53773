import type { Metric, Series } from '../../../support/prometheus.js';

const keyOf = ({ name, labels }: Series): string => JSON.stringify([name, ...Object.entries(labels).sort()]);

/** Adds what is exported now to what was: of a series that was there before, the larger number stays. */
export function remember(seen: Map<string, Metric>, now: ReadonlyMap<string, Metric>): void {
  for (const [name, metric] of now) {
    const series = new Map((seen.get(name)?.series ?? []).map((one) => [keyOf(one), one]));
    for (const one of metric.series) {
      const before = series.get(keyOf(one));
      if (!before || before.value < one.value) series.set(keyOf(one), one);
    }
    seen.set(name, { ...metric, series: [...series.values()] });
  }
}
