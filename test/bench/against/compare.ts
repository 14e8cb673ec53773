import { median } from '../contest.js';
import type { Engine } from '../engines.js';
import type { Build } from './build.js';
import { CALLS, type CallName, type Cost, type Subject, startSubject } from './subject.js';

/** How much is measured. */
export interface Size {
  /** Calls of a round. */
  readonly calls: number;
  readonly rounds: number;
  /** Sends after which the code under test is taken to be compiled at the latest. */
  readonly mostWarmUp: number;
}

/** The figures of one build for one call: medians of its rounds, and the round with the least of all threads. */
export interface Measured {
  readonly build: string;
  readonly main: number;
  readonly all: number;
  readonly lowest: number;
  readonly operations: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface CallComparison {
  readonly store: string;
  readonly call: CallName;
  readonly before: Measured;
  readonly now: Measured;
  /** Median over the rounds of this build's time (all threads) to that of the other in the same round. */
  readonly ratio: number;
}

export interface StoreComparison {
  readonly calls: readonly CallComparison[];
  readonly rss: readonly { readonly build: string; readonly idleMiB: number; readonly peakMiB: number }[];
  /** Sends of each build before anything counted. */
  readonly warmUp: readonly number[];
}

/** A batch of the warm-up. */
const BATCH = 500;
/** Warm once the last batch cost no less than this part of the cheapest of the three before it. */
const SETTLED = 0.97;

/** Both builds on one engine, side by side: round by round, every second one in the other order. */
export async function compare(
  [before, now]: readonly [Build, Build],
  engine: Engine,
  size: Size,
  say: (what: string) => void,
): Promise<StoreComparison> {
  const subjects = [await startSubject(before, engine), await startSubject(now, engine)] as const;
  try {
    say(`${engine.name}: warming up`);
    const warmUp: number[] = [];
    for (const subject of subjects) warmUp.push(await warm(subject, size));
    const calls: CallComparison[] = [];
    for (const call of CALLS) {
      say(`${engine.name}: ${call}`);
      calls.push(await compareCall(subjects, engine, call, size));
    }
    const rss = await Promise.all(
      subjects.map(async (subject) => {
        const { idle, peak } = await subject.rss();
        return { build: subject.name, idleMiB: idle / 2 ** 20, peakMiB: peak / 2 ** 20 };
      }),
    );
    return { calls, rss, warmUp };
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}

/** Sends until a batch is no cheaper than those before it: V8 has then compiled what is hot. */
async function warm(subject: Subject, { mostWarmUp }: Size): Promise<number> {
  const costs: number[] = [];
  for (let sent = BATCH; ; sent += BATCH) {
    const { all } = await subject.round('send', BATCH);
    const isSettled = costs.length >= 3 && all >= SETTLED * Math.min(...costs.slice(-3));
    costs.push(all);
    if (!isSettled && sent < mostWarmUp) continue;
    for (const call of CALLS) await subject.round(call, BATCH);
    return sent;
  }
}

async function compareCall(
  subjects: readonly [Subject, Subject],
  engine: Engine,
  call: CallName,
  { calls, rounds }: Size,
): Promise<CallComparison> {
  const costs = subjects.map((subject) => ({ subject, rounds: [] as Cost[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { subject, rounds: done } of round % 2 === 0 ? costs : costs.toReversed())
      done.push(await subject.round(call, calls));
  }
  const [before, now] = costs as [(typeof costs)[number], (typeof costs)[number]];
  return {
    store: engine.name,
    call,
    before: measuredOf(before.subject.name, before.rounds),
    now: measuredOf(now.subject.name, now.rounds),
    ratio: median(now.rounds.map(({ all }, index) => all / (before.rounds[index]?.all ?? Number.NaN))),
  };
}

function measuredOf(build: string, rounds: readonly Cost[]): Measured {
  const of = (figure: keyof Cost) => median(rounds.map((round) => round[figure]));
  return {
    build,
    main: of('main'),
    all: of('all'),
    lowest: Math.min(...rounds.map(({ all }) => all)),
    operations: of('operations'),
    bytesUp: of('bytesUp'),
    bytesDown: of('bytesDown'),
  };
}
