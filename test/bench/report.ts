import { cpus, totalmem } from 'node:os';
import { medianOf, type Result, ratioOf } from './contest.js';

/** What a measurement should show. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** The figures of one contestant. */
export interface Figures {
  readonly name: string;
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** Two contestants of one run, compared. */
export interface Comparison {
  readonly group: string;
  readonly measured: Figures;
  readonly against: Figures;
  /** Of calls per second; what the goal is about. */
  readonly ratio: number;
  /** The same by processor time: what the ratio would be if nothing else used the machine. */
  readonly cpuRatio: number;
  readonly goal?: Goal;
}

/** A figure that stands for itself. */
export interface Value {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: Goal;
}

/** Everything one run measured. */
export interface Report {
  readonly comparisons: Comparison[];
  readonly values: Value[];
  /** What the reader of the table has to know. */
  readonly notes: string[];
}

export const emptyReport = (): Report => ({ comparisons: [], values: [], notes: [] });

const figures = (result: Result): Figures => ({
  name: result.name,
  perSecond: medianOf(result, 'perSecond'),
  cpuMicros: medianOf(result, 'cpuMicros'),
});

/** `measured` to `against`: twice as fast is 2. */
export const compared = (group: string, measured: Result, against: Result, goal?: Goal): Comparison => ({
  group,
  measured: figures(measured),
  against: figures(against),
  ratio: ratioOf(measured, against, 'perSecond'),
  cpuRatio: ratioOf(against, measured, 'cpuMicros'),
  ...(goal && { goal }),
});

export function isMet(value: number, goal: Goal): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** The machine, as far as figures depend on it. */
export const machine = () => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cores: cpus().length,
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
});

/** The report as text. */
export function print({ comparisons, values, notes }: Report): string {
  const { node, platform, cores, processor, memoryGiB } = machine();
  const rows = comparisons.map(({ measured, against, ratio, cpuRatio, goal }) => [
    measured.name,
    ...spelled(measured),
    against.name,
    ...spelled(against),
    shortly(ratio),
    shortly(cpuRatio),
    ...judged(ratio, goal),
  ]);
  const groups = [...new Set(comparisons.map(({ group }) => group))];
  const heads = [
    '',
    'per second',
    'CPU µs',
    'against',
    'per second',
    'CPU µs',
    'ratio',
    'by CPU',
    'goal',
    '',
  ];
  const widths = widthsOf([heads, ...rows]);
  const tables = groups.map((group) => {
    const ofGroup = rows.filter((_, i) => comparisons[i]?.group === group);
    return [`${group}`, ...[heads, ...ofGroup].map((row) => line(row, widths, [0, 3, 8, 9]))].join('\n');
  });
  const facts = values.map(({ name, value, unit, goal }) => [
    name,
    `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`,
    ...judged(value, goal, unit),
  ]);
  const factTable = facts.map((row) => line(row, widthsOf(facts), [0, 2, 3])).join('\n');
  return [
    `node ${node}, ${platform}, ${cores} cores (${processor}), ${memoryGiB} GiB. Loader and services share the cores: only ratios count.`,
    ...tables,
    factTable,
    ...notes.map((note) => `* ${note}`),
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** A ratio far from one keeps two digits that say something. */
const shortly = (ratio: number): string => (ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2));

const spelled = ({ perSecond, cpuMicros }: Figures): string[] => [
  perSecond.toFixed(perSecond < 10 ? 1 : 0),
  cpuMicros.toFixed(0),
];

function judged(value: number, goal: Goal | undefined, unit = ''): string[] {
  if (!goal) return ['', ''];
  const wanted = 'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
  return [unit ? `${wanted} ${unit}` : wanted, isMet(value, goal) ? 'met' : 'MISSED'];
}

const widthsOf = (rows: readonly (readonly string[])[]): number[] =>
  (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));

/** Text to the left, figures to the right. */
const line = (row: readonly string[], widths: readonly number[], toTheLeft: readonly number[]): string =>
  row
    .map((cell, i) => (toTheLeft.includes(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    .join('  ')
    .trimEnd();
