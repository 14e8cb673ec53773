import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import type { Random } from '../../platform/random.js';
import type { Documents } from '../documents.js';
import { insertOnce } from '../insertOnce.js';
import { lookRepeatedly, type Processes } from './processes.js';
import { isTakenOver, purgeTime, type StoredProcess } from './stored.js';

/** How often a process raises its counter. */
const BEAT_MS = 2_000;
/** A process whose counter stands still for this long has ended. */
const STILL_MS = 10_000;
/** A process that could not raise its counter for this long begins nothing: soon others will take over its leases. */
const UNSURE_MS = 5_000;
/** How long after a takeover its leases are looked for once more: a claim that was on its way to a slow store may be stored later. */
const LATE_MS = 5_000;

interface Deps {
  readonly documents: Documents;
  readonly clock: Clock;
  /** Milliseconds that never step, of this process alone. */
  readonly monotonic: () => number;
  readonly random: Pick<Random, 'bytes'>;
  readonly log: Logger;
}

/**
 * The processes of a store that several machines share. Each raises a counter;
 * the others judge it by how long that has stood still on their own monotonic
 * clock, so that no clocks are compared.
 */
export async function createHeartbeats({
  documents,
  clock,
  monotonic,
  random,
  log,
}: Deps): Promise<Processes> {
  const processes = documents.collection<StoredProcess>('processes');
  const id = random.bytes(16).toString('hex');
  let confirmedAt = monotonic();
  await insertOnce(processes, { _id: id, beats: 0, purgeAt: purgeTime(clock.now()) });

  async function beat(): Promise<void> {
    const startedAt = monotonic();
    const purgeAt = purgeTime(clock.now());
    const raised = await processes.findOneAndUpdate(
      { _id: id },
      { $inc: { beats: 1 }, $set: { purgeAt }, $unset: { endedAt: '' } },
    );
    if (!raised) await insertOnce(processes, { _id: id, beats: 1, purgeAt });
    confirmedAt = startedAt;
  }

  const isSure = () => monotonic() - confirmedAt < UNSURE_MS;

  let cancelBeat = () => {};
  let stopped = false;
  let beating = Promise.resolve();
  function beatLater(): void {
    cancelBeat = clock.after(BEAT_MS, () => {
      beating = beat()
        .catch((err) => log.warn({ err }, 'the heartbeat of this process cannot be stored; trying again'))
        .finally(() => {
          if (!stopped) beatLater();
        });
    });
  }
  beatLater();

  /** The counters of the others, and since when they stand. */
  const seen = new Map<string, { readonly beats: number; readonly since: number }>();
  /** Those whose work was taken over here, and when that is done once more. */
  const late = new Map<string, number>();
  let stopLooking = async () => {};

  return {
    id,
    mayBegin: isSure,
    hasEnded: async (other) => other !== id && isTakenOver(documents, other),
    async start(takeOver) {
      const look = async () => {
        // A store that was away stopped the counters of all.
        if (!isSure()) seen.clear();
        const found = await processes.find({}).toArray();
        const living = found.filter(({ _id, endedAt }) => _id !== id && !endedAt);
        for (const known of seen.keys()) if (!living.some(({ _id }) => _id === known)) seen.delete(known);
        for (const { _id, beats } of living) {
          const before = seen.get(_id);
          if (before?.beats !== beats) seen.set(_id, { beats, since: monotonic() });
          else if (monotonic() - before.since >= STILL_MS) {
            await takeOver(_id);
            await processes.findOneAndUpdate({ _id, beats }, { $set: { endedAt: new Date(clock.now()) } });
            late.set(_id, monotonic() + LATE_MS);
          }
        }
        for (const [ended, again] of late) {
          if (monotonic() < again) continue;
          // It may have been paused, and hold new leases.
          if (found.some(({ _id, endedAt }) => _id === ended && endedAt)) await takeOver(ended);
          late.delete(ended);
        }
      };
      stopLooking = await lookRepeatedly(look, { clock, log });
    },
    async stop() {
      stopped = true;
      cancelBeat();
      await beating;
      await stopLooking();
      await processes.deleteOne({ _id: id });
    },
  };
}
