/** One series of an exposition. */
export interface Series {
  /** As in the line, with `_bucket` and the like. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric of an exposition, with its series. */
export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly series: readonly Series[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,?)/;
const NUMBER = /^(NaN|[+-]Inf|[+-]?\d+(\.\d+)?(e[+-]?\d+)?)$/;

/**
 * Reads Prometheus' text format 0.0.4 as strictly as it is written down
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Throws an Error
 * that names the first line at fault.
 */
export function parseExposition(text: string): Map<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const metrics = new Map<string, Metric & { readonly series: Series[] }>();
  let current: (Metric & { readonly series: Series[] }) | undefined;
  let help: { readonly name: string; readonly text: string } | undefined;
  const seen = new Set<string>();
  for (const line of text.slice(0, -1).split('\n')) {
    const fault = (what: string) => new Error(`${what}: ${line}`);
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line) ?? [];
    if (kind === 'HELP') help = { name, text: unescaped(rest) };
    else if (kind === 'TYPE') {
      if (NAME.exec(name)?.[0] !== name) throw fault('not a name');
      if (metrics.has(name)) throw fault('described twice');
      if (help?.name !== name || help.text === '') throw fault('without help');
      if (!['counter', 'gauge', 'histogram'].includes(rest)) throw fault('of no known type');
      current = { name, type: rest, help: help.text, series: [] };
      metrics.set(name, current);
    } else {
      const series = readSeries(line, fault);
      const base =
        current?.type === 'histogram' ? series.name.replace(/_(bucket|sum|count)$/, '') : series.name;
      if (!current || base !== current.name) throw fault('not of the metric above');
      const key = `${series.name}${JSON.stringify(Object.entries(series.labels).sort())}`;
      if (seen.has(key)) throw fault('stands there twice');
      seen.add(key);
      current.series.push(series);
    }
  }
  for (const metric of metrics.values()) if (metric.type === 'histogram') checkHistogram(metric);
  return metrics;
}

function readSeries(line: string, fault: (what: string) => Error): Series {
  const name = NAME.exec(line)?.[0];
  if (!name) throw fault('no name');
  const labels: Record<string, string> = {};
  let rest = line.slice(name.length);
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const [all, label, value, comma] = LABEL.exec(rest) ?? [];
      if (all === undefined || label === undefined || value === undefined) throw fault('not a label');
      if (label in labels) throw fault('a label twice');
      labels[label] = unescaped(value);
      rest = rest.slice(all.length);
      if (comma === '' && !rest.startsWith('}')) throw fault('labels that do not end');
    }
    rest = rest.slice(1);
  }
  const number = rest.slice(1);
  if (!rest.startsWith(' ') || !NUMBER.test(number)) throw fault('not a number');
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) };
}

/** Bounds ascend to +Inf, counts never fall, and the last is the count. */
function checkHistogram({ name, series }: Metric): void {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const { le: _bound, ...labels } = one.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((one) => one.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le = '' } }) => Number(le.replace('Inf', 'Infinity')));
    const counts = buckets.map(({ value }) => value);
    const ascends = (numbers: readonly number[], strictly: boolean) =>
      numbers.every((n, i) => i === 0 || (strictly ? n > numbers[i - 1]! : n >= numbers[i - 1]!));
    const count = group.find((one) => one.name === `${name}_count`)?.value;
    const sum = group.find((one) => one.name === `${name}_sum`)?.value;
    const whole = bounds.at(-1) === Number.POSITIVE_INFINITY && counts.at(-1) === count && sum !== undefined;
    if (!whole || !ascends(bounds, true) || !ascends(counts, false))
      throw new Error(`${name}${key} is not a histogram`);
  }
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_all, escaped: string) => (escaped === 'n' ? '\n' : escaped));
