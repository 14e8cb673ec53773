interface Family {
  readonly head: string[];
  readonly series: Map<string, number>;
}

/** Gauges that say the same in every process, or whose worst value is the one to look at. The others add up. */
const LARGEST: ReadonlySet<string> = new Set<string>([
  'countersign_build_info',
  'countersign_breaker_state',
  'countersign_oldest_undelivered_age_seconds',
  'countersign_queue_lag_seconds',
  'process_start_time_seconds',
  'nodejs_eventloop_lag_seconds',
]);

/**
 * The metrics of several processes as those of one: counters, histograms and
 * gauges of what is there add up; of other gauges the largest counts.
 */
export function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, Family>();
  for (const text of texts) {
    let name = '';
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const [, keyword, named] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? [];
      if (named !== undefined) name = named;
      const family: Family = families.get(name) ?? { head: [], series: new Map() };
      families.set(name, family);
      if (keyword !== undefined) {
        if (family.head.length < 2) family.head.push(line);
        continue;
      }
      const at = line.lastIndexOf(' ');
      const [series, value] = [line.slice(0, at), Number(line.slice(at + 1))];
      const before = family.series.get(series);
      family.series.set(series, before === undefined ? value : both(name, before, value));
    }
  }
  return [...families.values()]
    .map(({ head, series }) => `${[...head, ...linesOf(series)].join('\n')}\n`)
    .join('');
}

const both = (name: string, one: number, other: number): number =>
  LARGEST.has(name) ? Math.max(one, other) : one + other;

const linesOf = (series: ReadonlyMap<string, number>): string[] =>
  [...series].map(([labels, value]) => `${labels} ${value}`);
