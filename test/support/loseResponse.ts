import { setImmediate as nextTask } from 'node:timers/promises';
import { Failure } from '../../server/errors.js';
import type { Filter } from '../../server/store/documents.js';
import type { Around } from './wrapOperations.js';

/** When the store runs an operation whose response is lost: at once, never, or after its caller gave up. */
export const MADE = ['at once', 'never', 'late'] as const;

/** An operation whose response is lost. */
export interface LostResponse {
  readonly around: Around;
  /** Whether it has begun. */
  readonly begun: () => boolean;
  /** Resolves when it is lost and its caller knows. */
  readonly lost: Promise<void>;
}

/** Loses the response to the first operation of a collection with such a filter, as a store does that is slow for a moment. */
export function loseResponse(
  made: (typeof MADE)[number],
  { collection, isMeant }: { readonly collection: string; readonly isMeant: (filter: Filter) => boolean },
): LostResponse {
  let isLost = false;
  let late: (() => Promise<unknown>) | undefined;
  let lose = () => {};
  const lost = new Promise<void>((resolve) => {
    lose = resolve;
  });
  return {
    begun: () => isLost,
    // The failure goes up to the caller in one task.
    lost: lost.then(() => nextTask()),
    async around(operation, { filter, ...target }) {
      if (target.collection !== collection || !filter || !isMeant(filter)) return operation();
      if (isLost) {
        await late?.();
        late = undefined;
        return operation();
      }
      isLost = true;
      if (made === 'at once') await operation();
      if (made === 'late') late = operation;
      lose();
      throw new Failure('STORE_UNAVAILABLE');
    },
  };
}
