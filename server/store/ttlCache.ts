import type { Clock } from '../platform/clock.js';

/** Changes of settings reach every process within this time. */
const FRESH_MS = 5_000;
/** Values remembered at once. */
const KEPT = 10_000;

/** Settings that live traffic reads on every call, kept for a few seconds. */
export interface TtlCache<T> {
  get(key: string): Promise<T>;
  /** Reads the key anew the next time: what this process changed it also sees at once. */
  forget(key: string): void;
}

/**
 * Remembers what `read` found for at most FRESH_MS, counted from before the
 * reading began. Callers that ask at the same time share one read; one that
 * failed is not remembered.
 */
export function createTtlCache<T>(read: (key: string) => Promise<T>, clock: Clock): TtlCache<T> {
  const known = new Map<string, { readonly value: Promise<T>; readonly until: number }>();
  return {
    get(key) {
      const now = clock.now();
      const entry = known.get(key);
      if (entry && entry.until > now) return entry.value;
      known.delete(key);
      if (known.size >= KEPT) known.delete(known.keys().next().value as string);
      const value = read(key);
      known.set(key, { value, until: now + FRESH_MS });
      value.catch(() => {
        if (known.get(key)?.value === value) known.delete(key);
      });
      return value;
    },
    forget(key) {
      known.delete(key);
    },
  };
}
