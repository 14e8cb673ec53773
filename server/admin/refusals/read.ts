import type { Mode } from '../../domain/mode.js';
import { MODES } from '../../domain/mode.js';
import { partitionOf } from '../../domain/principal.js';
import type { Clock } from '../../platform/clock.js';
import type { Documents } from '../../store/documents.js';
import type { Refusals } from './refusals.js';
import { REFUSALS_KEPT_MS, refusalCountsOf, type StoredRefusals } from './stored.js';

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
}

/** Reads refusals, what this process has refused a moment ago included. */
export function createReadRefusals({
  documents,
  refusals,
  clock,
}: {
  readonly documents: Documents;
  readonly refusals: Pick<Refusals, 'flush'>;
  readonly clock: Clock;
}) {
  const stored = refusalCountsOf(documents);
  return async ({ workspace, mode, recipients, apiKeyId = '' }: Wanted): Promise<StoredRefusals[]> => {
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
          _id: { $gte: `${partition}/`, $lt: `${partition}0` },
          ...(recipients && { recipients: { $in: recipients } }),
        },
        { sort: { _id: -1 }, limit: MOST_READ },
      )
      .toArray();
    return found.filter(({ client }) => !apiKeyId || client === apiKeyId);
  };
}
