import { Failure } from '../../errors.js';
import { WATCH_LIMITS } from './limits.js';

/** The wait named to a refused watcher, milliseconds: streams end slowly. */
const RETRY_AFTER_MS = 5_000;

/** Limits the watchers of this process: in all, of each workspace and of each session. */
export interface WatchQuota {
  /** Counts one watcher until the returned function is called; calling it again does nothing. Throws OVERLOADED. */
  take(workspace: string, _id: string): () => void;
}

type QuotaLimits = Pick<typeof WATCH_LIMITS, 'perProcess' | 'perWorkspace' | 'perSession'>;

export function createWatchQuota({
  perProcess,
  perWorkspace,
  perSession,
}: Readonly<Record<keyof QuotaLimits, number>> = WATCH_LIMITS): WatchQuota {
  const taken = new Map<string, number>();
  const count = (key: string, change: 1 | -1) => {
    const now = (taken.get(key) ?? 0) + change;
    if (now > 0) taken.set(key, now);
    else taken.delete(key);
  };
  return {
    take(workspace, _id) {
      // A session's `_id` has a slash, a workspace has none, and neither is empty.
      const counts = [
        ['', perProcess],
        [workspace, perWorkspace],
        [_id, perSession],
      ] as const;
      if (counts.some(([key, most]) => (taken.get(key) ?? 0) >= most)) {
        throw new Failure('OVERLOADED', {
          message: 'Too many watchers right now. Try again.',
          retryAfterMs: RETRY_AFTER_MS,
        });
      }
      for (const [key] of counts) count(key, 1);
      let released = false;
      return () => {
        if (released) return;
        released = true;
        for (const [key] of counts) count(key, -1);
      };
    },
  };
}
