import { Failure } from '../../errors.js';
import { WATCH_LIMITS } from './limits.js';

/** Asked to wait this long, milliseconds: places are given back slowly. */
const COME_BACK_MS = 5_000;

/** Places for watchers: so many in this process, for each workspace and for each session. */
export interface WatchPlaces {
  /** Takes a place and returns how to give it back, which may be done twice. Throws OVERLOADED where none is left. */
  take(workspace: string, _id: string): () => void;
}

type Bounds = Pick<typeof WATCH_LIMITS, 'perProcess' | 'perWorkspace' | 'perSession'>;

export function createWatchPlaces({
  perProcess,
  perWorkspace,
  perSession,
}: Readonly<Record<keyof Bounds, number>> = WATCH_LIMITS): WatchPlaces {
  const taken = new Map<string, number>();
  const count = (key: string, change: 1 | -1) => {
    const now = (taken.get(key) ?? 0) + change;
    if (now > 0) taken.set(key, now);
    else taken.delete(key);
  };
  return {
    take(workspace, _id) {
      // A session's `_id` has a slash, a workspace has none, and neither is empty.
      const places = [
        ['', perProcess],
        [workspace, perWorkspace],
        [_id, perSession],
      ] as const;
      if (places.some(([key, most]) => (taken.get(key) ?? 0) >= most)) {
        throw new Failure('OVERLOADED', {
          message: 'Too many watchers right now. Try again.',
          retryAfterMs: COME_BACK_MS,
        });
      }
      for (const [key] of places) count(key, 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        for (const [key] of places) count(key, -1);
      };
    },
  };
}
