import { DDSketch } from '@datadog/sketches-js';

/** Quantiles differ by no more than this share from a time that was measured. */
export const RELATIVE_ERROR = 0.01;

/** The times that are measured. */
export const TIMES = ['approval', 'delivery'] as const;
export type TimeName = (typeof TIMES)[number];

/**
 * How many times fell into each bin of a DDSketch, by "b" and the number of the
 * bin. Plain counts, so that processes, hours and days are merged by adding them up.
 */
export type Bins = Readonly<Record<string, number>>;

const { mapping } = new DDSketch({ relativeAccuracy: RELATIVE_ERROR });

/** The bin of a time, milliseconds. Times below one millisecond count as one. */
export const binOf = (ms: number): string => `b${mapping.key(Math.max(1, ms))}`;

/** What a sketch says, milliseconds. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Adds up bins. */
export interface Sketch {
  add(bins: Bins): void;
  /** Undefined where nothing was measured. */
  quantiles(): Quantiles | undefined;
}

export function createSketch(): Sketch {
  const { store } = new DDSketch({ relativeAccuracy: RELATIVE_ERROR });
  /** The smallest time that at least `percent` of all times do not exceed. */
  const at = (percent: number) => {
    const rank = Math.ceil((store.count * percent) / 100) - 1;
    return mapping.value(store.keyAtRank(rank));
  };
  return {
    add(bins) {
      for (const [bin, count] of Object.entries(bins)) store.add(Number(bin.slice(1)), count);
    },
    quantiles: () =>
      store.count > 0 ? { count: store.count, p50: at(50), p90: at(90), p99: at(99) } : undefined,
  };
}
