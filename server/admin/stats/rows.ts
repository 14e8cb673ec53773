import { createSketch, type Quantiles, type Sketch, TIMES, type TimeName } from './sketch.js';
import { COUNTS, type Count, type StoredStats } from './stored.js';

/** What distinguishes rows, besides the time, in the order in which they are sorted. `value`: of the part that was asked for. */
export const DIMENSIONS = ['channel', 'country', 'provider', 'workspace', 'value'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
/** Empty where rows are not split by a dimension. */
export type RowSubject = Readonly<Record<Dimension, string>>;

/** Counts of one group. */
export interface Row extends RowSubject {
  /** Milliseconds at which its hour or day begins; 0 where rows are not split by time. */
  readonly start: number;
  readonly counts: Record<Count, number>;
  readonly times: Readonly<Partial<Record<TimeName, Quantiles>>>;
}

type Group = Omit<Row, 'times'> & { readonly sketches: Partial<Record<TimeName, Sketch>> };

/** How documents are put into rows. */
export interface Grouping {
  readonly by: ReadonlySet<Dimension>;
  /** The begin of the row that a document belongs to. */
  readonly startOf: (document: StoredStats) => number;
  /** All documents are of one provider: its sends are those it took or gave up. */
  readonly ofOneProvider: boolean;
}

/**
 * Adds documents up to rows. A message is counted as sent before it has a
 * provider, and as `settled` under the provider that took it or gave it up.
 * Example: two sends of which provider "a" settled one are stored as
 *
 *     { provider: '', sends: 2 }  { provider: 'a', settled: 1 }
 *
 * By provider they become a row '' with 1 send (still undecided) and a row 'a'
 * with 1 send; asked for "a" alone, that row has 1 send; without the dimension
 * there is one row of 2 sends. `settled` itself is never shown.
 */
export interface Adder {
  add(document: StoredStats, workspace: string): void;
  readonly size: number;
  /** Ordered by time, then by DIMENSIONS. */
  rows(): Row[];
}

export function createAdder({ by, startOf, ofOneProvider }: Grouping): Adder {
  const groups = new Map<string, Group>();

  function group(start: number, subject: RowSubject): Group {
    const key = JSON.stringify([start, ...DIMENSIONS.map((name) => subject[name])]);
    const known = groups.get(key);
    if (known) return known;
    const counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Row['counts'];
    const fresh = { start, ...subject, counts, sketches: {} };
    groups.set(key, fresh);
    return fresh;
  }

  return {
    add(document, workspace) {
      const start = startOf(document);
      const of = { ...document, workspace };
      const subject = Object.fromEntries(
        DIMENSIONS.map((name) => [name, by.has(name) ? (of[name] ?? '') : '']),
      ) as RowSubject;
      const { counts, sketches } = group(start, subject);
      for (const name of COUNTS) counts[name] += document[name] ?? 0;
      for (const name of TIMES) {
        const bins = document.times?.[name];
        if (!bins) continue;
        sketches[name] ??= createSketch();
        sketches[name].add(bins);
      }
      if (!document.provider || !document.settled) return;
      // The provider that settled a message is the one it was sent to.
      if (ofOneProvider || by.has('provider')) counts.sends += document.settled;
      if (!ofOneProvider && by.has('provider'))
        group(start, { ...subject, provider: '' }).counts.sends -= document.settled;
    },
    get size() {
      return groups.size;
    },
    rows: () =>
      [...groups.values()]
        .filter(({ counts }) => COUNTS.some((name) => name !== 'settled' && counts[name] !== 0))
        .sort(
          (a, b) =>
            a.start - b.start ||
            DIMENSIONS.map((name) => compare(a[name], b[name])).find((order) => order !== 0) ||
            0,
        )
        .map(({ sketches, ...row }) => ({ ...row, times: timesOf(sketches) })),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const timesOf = (sketches: Group['sketches']): Row['times'] =>
  Object.fromEntries(
    TIMES.flatMap((name) => {
      const quantiles = sketches[name]?.quantiles();
      return quantiles ? [[name, quantiles]] : [];
    }),
  );
