/** The result of one round. */
export interface Round {
  readonly perSecond: number;
  /** Processor time of the measured process, microseconds a call. */
  readonly cpuMicros: number;
  /** Of its event loop, where the system says so; else NaN. */
  readonly mainMicros: number;
}

/** Something whose processor time is read. */
export interface Measurable {
  usage(): Promise<{ readonly cpuMicros: number; readonly mainMicros: number | undefined }>;
}

/** Something that is measured against others. */
export interface Contestant {
  readonly name: string;
  round(): Promise<Round>;
}

/** The rounds of one contestant; the n-th round of all were run right after one another. */
export interface Result {
  readonly name: string;
  readonly rounds: readonly Round[];
}

/** However little time there is: a median needs some. */
const FEWEST_ROUNDS = 3;
/** The part of the time that passes before anything counts: the code under test is compiled, its caches fill. */
const WARM_UP = 0.3;

/**
 * Runs the contestants in turn, round by round, so that a machine that becomes
 * slower or faster becomes so for all of them; every second round backwards, so
 * that none always runs behind the same other one. Goes on for `seconds`.
 */
export async function contest(
  contestants: readonly Contestant[],
  seconds: number,
): Promise<readonly Result[]> {
  const results = contestants.map((contestant) => ({ contestant, rounds: [] as Round[] }));
  const startedAt = performance.now();
  const isPast = (part: number) => performance.now() - startedAt > part * seconds * 1000;
  do for (const { contestant } of results) await contestant.round();
  while (!isPast(WARM_UP));
  for (let round = 0; round < FEWEST_ROUNDS || !isPast(1); round++) {
    for (const { contestant, rounds } of round % 2 === 0 ? results : results.toReversed()) {
      rounds.push(await contestant.round());
    }
  }
  return results.map(({ contestant: { name }, rounds }) => ({ name, rounds }));
}

/** Runs `work`, which makes `calls` calls, and says what they cost the process. */
export async function measure(process: Measurable, calls: number, work: () => Promise<void>): Promise<Round> {
  const before = await process.usage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await process.usage();
  const { mainMicros = Number.NaN } = after;
  return {
    perSecond: calls / seconds,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / calls,
    mainMicros: (mainMicros - (before.mainMicros ?? Number.NaN)) / calls,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of a figure over the rounds. */
export const medianOf = ({ rounds }: Result, figure: keyof Round): number =>
  median(rounds.map((round) => round[figure]));

/** The median of the rounds' own ratios of a figure: what disturbed both of a pair cancels out. */
export const ratioOf = (one: Result, other: Result, figure: keyof Round): number =>
  median(one.rounds.map((round, i) => round[figure] / (other.rounds[i]?.[figure] ?? Number.NaN)));
