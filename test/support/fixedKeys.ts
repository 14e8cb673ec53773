import { createHash, createSecretKey } from 'node:crypto';
import type { Key, KeySet } from '../../server/secrets/keyring/keySet.js';

/** The key of that id, the same in every run. */
export const fixedKey = (id: string): Key => ({
  id,
  secret: createSecretKey(createHash('sha256').update(id).digest()),
});

/** A key set of these ids, newest first. */
export function fixedKeys(...ids: readonly string[]): KeySet {
  const keys = ids.map(fixedKey);
  return {
    current: () => keys[0]!,
    find: (id) => keys.find((key) => key.id === id),
    all: () => keys,
  };
}
