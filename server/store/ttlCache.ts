import { createBoundedMap } from '../platform/boundedMap.js';
import type { Clock } from '../platform/clock.js';

/** Changes of settings, and revoked keys, take effect in every process within this time. */
const FRESH_MS = 5_000;
/** Values kept at once. */
const CAPACITY = 10_000;

/** Settings and keys that live traffic reads on every call, cached for a few seconds. */
export interface TtlCache<T> {
  get(key: string): Promise<T>;
  /** Reads the key again the next time, so that this process sees its own changes at once. */
  forget(key: string): void;
}

/**
 * Caches what `read` found for at most FRESH_MS, counted from before the reading
 * began, by the clock that is never set. Callers that ask at the same time share one read; one that failed is
 * not cached, nor is a value that is not `worthKeeping`: without that, callers
 * could fill the cache with keys that do not exist.
 */
export function createTtlCache<T>(
  read: (key: string) => Promise<T>,
  clock: Clock,
  worthKeeping: (value: T) => boolean = () => true,
): TtlCache<T> {
  const cached = createBoundedMap<string, { readonly value: Promise<T>; readonly until: number }>(CAPACITY);
  return {
    get(key) {
      const now = clock.monotonic();
      const entry = cached.get(key);
      if (entry && entry.until > now) return entry.value;
      const value = read(key);
      cached.set(key, { value, until: now + FRESH_MS });
      const drop = () => {
        if (cached.get(key)?.value === value) cached.delete(key);
      };
      value.then((found) => worthKeeping(found) || drop(), drop);
      return value;
    },
    forget: (key) => cached.delete(key),
  };
}
