import { Failure } from '../../server/errors.js';
import type { Filter } from '../../server/store/documents.js';
import type { Around } from './wrapOperations.js';

/** When the store carries out an operation whose response is lost: at once, never, or after its caller gave up. */
export const MADE = ['at once', 'never', 'late'] as const;

/** Loses the response to the first operation with such a filter, as a store does that is slow for a moment. */
export function loseResponse(made: (typeof MADE)[number], isMeant: (filter: Filter) => boolean): Around {
  let lost = false;
  let late: (() => Promise<unknown>) | undefined;
  return async (operation, { filter }) => {
    if (!filter || !isMeant(filter)) return operation();
    if (lost) {
      await late?.();
      late = undefined;
      return operation();
    }
    lost = true;
    if (made === 'at once') await operation();
    if (made === 'late') late = operation;
    throw new Failure('STORE_UNAVAILABLE');
  };
}
