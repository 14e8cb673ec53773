import type { Mode } from '../../domain/mode.js';
import { MODES } from '../../domain/mode.js';
import { partitionOf } from '../../domain/principal.js';
import type { Clock } from '../../platform/clock.js';
import { HOUR_MS } from '../../platform/durations.js';
import type { Documents } from '../../store/documents.js';
import type { Refusals } from './refusals.js';
import { hourKey, REFUSALS_KEPT_MS, refusalCountsOf, type StoredRefusals } from './stored.js';

/** Documents read for one list: each holds the refusals of one key, process and hour. */
export const MOST_READ = 500;

interface Wanted {
  /** Undefined: all of them. */
  readonly workspace: string | undefined;
  readonly mode: Mode;
  /** Only documents that hold refusals of one of these recipients. */
  readonly recipients?: readonly string[] | undefined;
  /** Only refusals of this API key: those of several are added up otherwise. Empty: of all. */
  readonly apiKeyId?: string;
  /** Only hours that end later than this, milliseconds. */
  readonly since?: number;
}

/** Reads the documents of refusals, latest first. */
export type ReadRefusals = (wanted: Wanted) => Promise<StoredRefusals[]>;

/** Reads refusals, what this process has refused a moment ago included. */
export function createReadRefusals({
  documents,
  refusals,
  clock,
}: {
  readonly documents: Documents;
  readonly refusals: Pick<Refusals, 'flush'>;
  readonly clock: Clock;
}): ReadRefusals {
  const stored = refusalCountsOf(documents);
  return async ({ workspace, mode, recipients, apiKeyId = '', since }) => {
    await refusals.flush();
    if (workspace === undefined) {
      const hour = { $gte: new Date(clock.now() - REFUSALS_KEPT_MS) };
      const all = await stored
        .find({ hour }, { sort: { hour: -1 }, limit: MOST_READ * MODES.length })
        .toArray();
      return all.filter(
        ({ partition, client }) => partition.endsWith(`.${mode}`) && (!apiKeyId || client === apiKeyId),
      );
    }
    const partition = partitionOf({ workspace, mode });
    const found = await stored
      .find(
        {
          _id: { $gte: `${partition}/${since === undefined ? '' : firstHour(since)}`, $lt: `${partition}0` },
          ...(recipients && { recipients: { $in: recipients } }),
        },
        { sort: { _id: -1 }, limit: MOST_READ },
      )
      .toArray();
    return found.filter(({ client }) => !apiKeyId || client === apiKeyId);
  };
}

/** The key of the hour that a time is in. */
const firstHour = (ms: number): string => hourKey(ms - (ms % HOUR_MS));
