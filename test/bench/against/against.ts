import { embedded, mongodb } from '../engines.js';
import { keepComparison } from '../figures.js';
import type { Options } from '../options.js';
import { buildOf, thisBuild } from './build.js';
import { compare, type StoreComparison } from './compare.js';

const FULL = { calls: 1_000, rounds: 7, mostWarmUp: 8_000 };
const QUICK = { calls: 400, rounds: 5, mostWarmUp: 2_000 };
/** A server that reads every document on every update takes seconds for what takes others none. */
const SCANNING = { calls: 30, rounds: 3, mostWarmUp: 500 };

/** Compares this build with that of an earlier commit, in one run, and prints what each call costs. */
export async function against(commit: string, options: Options, say: (what: string) => void): Promise<void> {
  if (process.platform !== 'linux')
    throw new Error('processor time by thread is read from /proc, which only Linux has');
  const size = options.quick ? QUICK : FULL;
  say(`building ${commit}`);
  const earlier = await buildOf(commit);
  const stores: StoreComparison[] = [];
  try {
    const builds = [earlier, thisBuild()] as const;
    if ('embedded'.includes(options.only)) stores.push(await compare(builds, embedded, size, say));
    if ('mongodb'.includes(options.only)) {
      const engine = await mongodb(say);
      if (engine) {
        stores.push(await compare(builds, engine, engine.scans ? SCANNING : size, say));
        await engine.stop();
      } else say('no MongoDB was found: nothing is measured on it');
    }
  } finally {
    await earlier.remove();
  }
  process.stdout.write(`${table(stores)}\n`);
  if (options.json) {
    await keepComparison(options.json, { against: earlier.name, size, stores });
  }
}

/** Microseconds a call: event loop / all threads / lowest round. */
function table(stores: readonly StoreComparison[]): string {
  const calls = stores.flatMap((store) => store.calls);
  const figures = ({ main, all, lowest }: (typeof calls)[number]['before']) =>
    [main, all, lowest].map((micros) => micros.toFixed(0)).join(' / ');
  const rows = calls.map(({ store, call, before, now, ratio }) =>
    [
      store,
      call,
      figures(before),
      figures(now),
      ratio.toFixed(2),
      `${before.operations.toFixed(1)} -> ${now.operations.toFixed(1)}`,
      `${before.bytesUp.toFixed(0)}/${before.bytesDown.toFixed(0)} -> ${now.bytesUp.toFixed(0)}/${now.bytesDown.toFixed(0)}`,
    ].join(' | '),
  );
  const memory = stores.flatMap(({ rss, warmUp }) =>
    rss.map(
      ({ build, idleMiB, peakMiB }, index) =>
        `${build}: memory idle ${idleMiB.toFixed(0)} MiB, most ${peakMiB.toFixed(0)} MiB; warmed by ${warmUp[index]} sends`,
    ),
  );
  return [
    'store | call | before, µs (event loop / all / lowest) | now | all, ratio | operations | bytes up/down',
    ...rows,
    ...memory,
  ].join('\n');
}
