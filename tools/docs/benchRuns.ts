import { table, tenth, whole } from './markdown.js';

type Goal = { readonly atLeast: number } | { readonly atMost: number };

interface Side {
  readonly name: string;
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** What the bench keeps of a run. */
export interface Run {
  readonly machine: { readonly node: string; readonly cores: number; readonly processor: string };
  readonly comparisons: readonly {
    readonly group: string;
    readonly measured: Side;
    readonly against: Side;
    readonly ratio: number;
    readonly cpuRatio: number;
  }[];
  readonly values: readonly {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
    readonly goal?: Goal;
  }[];
  readonly notes: readonly string[];
}

/** A section for each kept run. */
export const runs = (kept: Readonly<Record<string, Run>>): string[] =>
  Object.entries(kept)
    .sort(([one], [other]) => one.localeCompare(other, 'en'))
    .map(([name, run]) => section(name, run));

function section(name: string, { machine, comparisons, values, notes }: Run): string {
  const groups = [...new Set(comparisons.map(({ group }) => group))];
  const compared = groups.flatMap((group) => [
    `${group}:`,
    table(
      [
        'what',
        'calls a second',
        'CPU a call, µs',
        'against',
        'calls a second',
        'CPU a call, µs',
        'ratio',
        'by CPU',
      ],
      comparisons
        .filter((one) => one.group === group)
        .map(({ measured, against, ratio, cpuRatio }) => [
          ...spelled(measured),
          ...spelled(against),
          ratio.toFixed(2),
          cpuRatio.toFixed(2),
        ]),
    ),
  ]);
  const figures = values.map(({ name: what, value, unit, goal }) => [
    what,
    `${value < 10 ? value.toFixed(2) : whole(value)} ${unit}`,
    goal ? goalOf(value, goal) : '',
  ]);
  return [
    `## ${name[0]?.toUpperCase()}${name.slice(1)}, measured`,
    [
      `\`npm run bench -- --only ${name}\` on Node ${machine.node.slice(1)}, ${machine.cores} cores (${machine.processor}), which the load generator shares: only ratios count.`,
      ...notes,
    ].join(' '),
    ...compared,
    ...(figures.length > 0 ? [table(['what', 'measured', 'goal'], figures)] : []),
  ].join('\n\n');
}

const spelled = ({ name, perSecond, cpuMicros }: Side): string[] => [
  name,
  perSecond < 10 ? tenth(perSecond) : whole(perSecond),
  whole(cpuMicros),
];

function goalOf(value: number, goal: Goal): string {
  const [wanted, isMet] =
    'atMost' in goal
      ? [`at most ${goal.atMost}`, value <= goal.atMost]
      : [`at least ${goal.atLeast}`, value >= goal.atLeast];
  return `${wanted}: ${isMet ? 'met' : 'missed'}`;
}
