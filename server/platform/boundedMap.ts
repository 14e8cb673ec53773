/** A cache of at most `capacity` entries. */
export interface BoundedMap<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  /** Stores an entry as the newest one, also where the key is known already. */
  set(key: K, value: V): void;
  delete(key: K): void;
}

/**
 * The eviction rule of every bounded cache in this service: when a new key does
 * not fit, the entry that was set longest ago is evicted. Reading does not renew
 * an entry, so a read costs one look-up and an entry that is never set again ends.
 */
export function createBoundedMap<K, V>(capacity: number): BoundedMap<K, V> {
  const entries = new Map<K, V>();
  return {
    get size() {
      return entries.size;
    },
    get: (key) => entries.get(key),
    has: (key) => entries.has(key),
    set(key, value) {
      if (!entries.delete(key) && entries.size >= capacity) entries.delete(entries.keys().next().value as K);
      entries.set(key, value);
    },
    delete(key) {
      entries.delete(key);
    },
  };
}
