import { COUNTS, type Count, type StoredStats, type Subject } from './stored.js';

/** What distinguishes rows, besides the time. */
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
        ),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
