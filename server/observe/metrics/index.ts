import type { Labels } from './family.js';
import {
  Counter,
  type CounterSpec,
  Gauge,
  type GaugeSpec,
  Histogram,
  type HistogramSpec,
  type Instrument,
  type Spec,
} from './instruments.js';
import { METRICS } from './table.js';

type InstrumentOf<S> =
  S extends CounterSpec<infer L>
    ? Counter<L>
    : S extends GaugeSpec<infer L>
      ? Gauge<L>
      : S extends HistogramSpec<infer L>
        ? Histogram<L>
        : never;

/** Every metric of one service by its key in the table; a service has its own, so that one process can run several. */
export type Metrics = { readonly [K in keyof typeof METRICS]: InstrumentOf<(typeof METRICS)[K]> };

export function createMetrics(): Metrics {
  const instruments = Object.entries<Spec>(METRICS).map(([key, spec]) => [key, instrument(spec)]);
  return Object.fromEntries(instruments) as Metrics;
}

/** The instruments in the order of the table. */
export const instrumentsOf = (metrics: Metrics): Instrument[] =>
  Object.values(metrics) as unknown as Instrument[];

function instrument(spec: Spec<Labels>): Instrument {
  switch (spec.type) {
    case 'counter':
      return new Counter(spec);
    case 'gauge':
      return new Gauge(spec);
    case 'histogram':
      return new Histogram(spec);
  }
}
