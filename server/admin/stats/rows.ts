import { COUNTS, type Count, type StoredStats, type Subject } from './stored.js';

/** What rows are told apart by, besides the time. */
export type Dimension = keyof Subject;
export const DIMENSIONS: readonly Dimension[] = ['channel', 'country', 'provider'];

/** Counts of one group. */
export interface Row extends Subject {
  /** Milliseconds at which its hour or day begins; 0 where rows are not split by time. */
  readonly start: number;
  readonly counts: Record<Count, number>;
}

/** How documents are put into rows. */
export interface Grouping {
  readonly by: ReadonlySet<Dimension>;
  /** The begin of the row that a document belongs to. */
  readonly startOf: (document: StoredStats) => number;
  /** All documents are of one provider: its sends are those it took or gave up. */
  readonly ofOneProvider: boolean;
}

/** Adds documents up to rows. */
export interface Adder {
  add(document: StoredStats): void;
  readonly size: number;
  /** Ordered by time, channel, country and provider. */
  rows(): Row[];
}

export function createAdder({ by, startOf, ofOneProvider }: Grouping): Adder {
  const groups = new Map<string, Row>();

  function group(start: number, subject: Subject): Row {
    const key = JSON.stringify([start, ...DIMENSIONS.map((name) => subject[name])]);
    const known = groups.get(key);
    if (known) return known;
    const counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Row['counts'];
    const row = { start, ...subject, counts };
    groups.set(key, row);
    return row;
  }

  return {
    add(document) {
      const start = startOf(document);
      const subject = Object.fromEntries(
        DIMENSIONS.map((name) => [name, by.has(name) ? document[name] : '']),
      ) as unknown as Subject;
      const { counts } = group(start, subject);
      for (const name of COUNTS) counts[name] += document[name] ?? 0;
      if (!document.provider || !document.settled) return;
      // A message is asked for before it has a provider; the one it ended with is then who was sent it.
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
        ),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
