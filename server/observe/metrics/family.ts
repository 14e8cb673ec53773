/** A label whose values are all known. */
interface Listed<V extends string> {
  readonly values: readonly V[];
}

/** A label whose values are named elsewhere, such as the methods of the contract: what they are, and how many at most. */
interface Named {
  readonly of: string;
  readonly atMost: number;
}

/** Labels by name, in the order in which they are shown. */
export type Labels = Readonly<Record<string, Listed<string> | Named>>;

/** A value for each label. */
export type ValuesOf<L extends Labels> = {
  readonly [K in keyof L]: L[K] extends Listed<infer V> ? V : string;
};

/** What replaces a value outside its label's bounds. */
export const OTHER = 'other';

type Branch<S> = Map<string, Branch<S> | S>;

/**
 * The series of one metric, made when they are first asked for. Finding one
 * costs a look-up for each label and nothing else, because it happens on the way
 * of every call. What a label does not allow becomes "other": no matter which values
 * callers come up with, a metric has no more series than its labels say.
 */
export class Family<L extends Labels, S> {
  readonly #labels: L;
  readonly #names: readonly (keyof L & string)[];
  readonly #make: () => S;
  /** The values seen so far of each label that does not list its own. */
  readonly #seen: ReadonlyMap<string, Set<string>>;
  readonly #root: Branch<S> = new Map();
  readonly #all: { readonly values: ValuesOf<L>; readonly series: S }[] = [];

  constructor(labels: L, make: () => S) {
    this.#labels = labels;
    this.#names = Object.keys(labels);
    this.#make = make;
    this.#seen = new Map(this.#names.map((name) => [name, new Set()]));
    if (this.#names.length === 0) this.of({} as ValuesOf<L>);
  }

  /** The series of these values. */
  of(values: ValuesOf<L>): S {
    // A metric without labels has one series, kept under no name.
    if (this.#names.length === 0) return (this.#root.get('') as S | undefined) ?? this.#found(values);
    let at: Branch<S> | S | undefined = this.#root;
    for (const name of this.#names) {
      at = (at as Branch<S>).get(values[name]);
      if (at === undefined) return this.#found(values);
    }
    return at as S;
  }

  /** Every series there is, in the order in which they came to be. */
  all(): readonly { readonly values: ValuesOf<L>; readonly series: S }[] {
    return this.#all;
  }

  /** Forgets every series: of what is measured again for each response, nothing outdated may remain. */
  clear(): void {
    this.#root.clear();
    this.#all.length = 0;
  }

  #found(asked: ValuesOf<L>): S {
    const values = Object.fromEntries(
      this.#names.map((name) => [name, this.#admitted(name, asked[name])]),
    ) as ValuesOf<L>;
    let branch = this.#root;
    for (const name of this.#names.slice(0, -1)) {
      const next: Branch<S> = (branch.get(values[name]) as Branch<S> | undefined) ?? new Map();
      branch.set(values[name], next);
      branch = next;
    }
    const last = this.#names.at(-1);
    const key = last === undefined ? '' : values[last];
    let series = branch.get(key) as S | undefined;
    if (series === undefined) {
      series = this.#make();
      branch.set(key, series);
      this.#all.push({ values, series });
    }
    return series;
  }

  #admitted(name: keyof L & string, value: string): string {
    const label = this.#labels[name] as Listed<string> | Named;
    if ('values' in label) return label.values.includes(value) ? value : OTHER;
    const known = this.#seen.get(name) as Set<string>;
    if (!known.has(value) && known.size >= label.atMost) return OTHER;
    known.add(value);
    return value;
  }
}
