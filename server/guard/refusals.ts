import type { Mode } from '../domain/mode.js';
import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import type { Collection, Documents } from '../store/documents.js';
import type { StoredRefusal } from './stored.js';

/** Refused sends are kept this long. */
export const REFUSALS_KEPT_DAYS = 30;

/** What is known of a refused send. */
export type Refused = Omit<StoredRefusal, '_id' | 'at' | 'purgeAt'> & {
  readonly workspace: string;
  readonly mode: Mode;
};

/** Writes refused sends down. */
export type RecordRefusal = (refused: Refused) => Promise<void>;

export const refusalsOf = (documents: Documents): Collection<StoredRefusal> =>
  documents.collection('refusals');

export function createRecordRefusal(documents: Documents, newId: () => string, clock: Clock): RecordRefusal {
  const stored = refusalsOf(documents);
  return async ({ workspace, mode: _live, ...refused }) => {
    const now = clock.now();
    await stored.insertOne({
      _id: `${workspace}/${newId()}`,
      ...refused,
      at: new Date(now),
      purgeAt: new Date(now + REFUSALS_KEPT_DAYS * DAY_MS),
    });
  };
}
