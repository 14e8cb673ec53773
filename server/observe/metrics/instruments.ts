import { Family, type Labels, type ValuesOf } from './family.js';

/** What every metric says about itself. */
interface Described<L extends Labels> {
  readonly name: string;
  readonly help: string;
  readonly labels: L;
}

export interface CounterSpec<L extends Labels> extends Described<L> {
  readonly type: 'counter';
}

export interface GaugeSpec<L extends Labels> extends Described<L> {
  readonly type: 'gauge';
}

export interface HistogramSpec<L extends Labels> extends Described<L> {
  readonly type: 'histogram';
  /** Upper bounds, ascending; everything also counts under +Inf. */
  readonly buckets: readonly number[];
}

export type Spec<L extends Labels = Labels> = CounterSpec<L> | GaugeSpec<L> | HistogramSpec<L>;

/** One line of the exposition: what is appended to the metric's name, its labels, its number. */
export interface Sample {
  readonly suffix: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
}

interface Cell {
  value: number;
}

/** A number that only grows. */
export class Counter<L extends Labels> {
  readonly spec: CounterSpec<L>;
  readonly #family: Family<L, Cell>;

  constructor(spec: CounterSpec<L>) {
    this.spec = spec;
    this.#family = new Family(spec.labels, () => ({ value: 0 }));
  }

  add(values: ValuesOf<L>, by = 1): void {
    this.#family.of(values).value += by;
  }

  /** For what is counted elsewhere and only looked up: the count as it stands. */
  set(values: ValuesOf<L>, value: number): void {
    this.#family.of(values).value = value;
  }

  samples(): Sample[] {
    return numbers(this.#family);
  }
}

/** A number that comes and goes. */
export class Gauge<L extends Labels> {
  readonly spec: GaugeSpec<L>;
  readonly #family: Family<L, Cell>;

  constructor(spec: GaugeSpec<L>) {
    this.spec = spec;
    this.#family = new Family(spec.labels, () => ({ value: 0 }));
  }

  add(values: ValuesOf<L>, by: number): void {
    this.#family.of(values).value += by;
  }

  set(values: ValuesOf<L>, value: number): void {
    this.#family.of(values).value = value;
  }

  /** Shown no more until it is set again. */
  clear(): void {
    this.#family.clear();
  }

  samples(): Sample[] {
    return numbers(this.#family);
  }
}

interface Spread {
  readonly counts: number[];
  sum: number;
}

/** How often a number fell within which bounds. */
export class Histogram<L extends Labels> {
  readonly spec: HistogramSpec<L>;
  readonly #family: Family<L, Spread>;

  constructor(spec: HistogramSpec<L>) {
    this.spec = spec;
    this.#family = new Family(spec.labels, () => ({
      counts: new Array<number>(spec.buckets.length + 1).fill(0),
      sum: 0,
    }));
  }

  observe(values: ValuesOf<L>, value: number): void {
    const { buckets } = this.spec;
    const spread = this.#family.of(values);
    let bucket = 0;
    while (bucket < buckets.length && value > (buckets[bucket] as number)) bucket++;
    spread.counts[bucket]! += 1;
    spread.sum += value;
  }

  samples(): Sample[] {
    const bounds = [...this.spec.buckets, Number.POSITIVE_INFINITY];
    return this.#family.all().flatMap(({ values, series: { counts, sum } }) => {
      const labels = Object.entries<string>(values);
      let count = 0;
      const buckets = bounds.map((bound, i): Sample => {
        count += counts[i] as number;
        return { suffix: '_bucket', labels: [...labels, ['le', numeral(bound)]], value: count };
      });
      return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: count }];
    });
  }
}

/** A metric of any kind. */
export type Instrument<L extends Labels = Labels> = Counter<L> | Gauge<L> | Histogram<L>;

const numbers = <L extends Labels>(family: Family<L, Cell>): Sample[] =>
  family.all().map(({ values, series }) => ({
    suffix: '',
    labels: Object.entries<string>(values),
    value: series.value,
  }));

/** A number as the exposition writes it. */
export const numeral = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
