import type { Principal } from '../../domain/principal.js';
import type { Clock } from '../../platform/clock.js';
import type { Collection } from '../../store/documents.js';
import type { StoredKey } from './stored.js';

/** Revocation is effective everywhere within this time: no process remembers a key longer. */
const FRESH_MS = 5_000;
/** Keys remembered at once. */
const KEPT = 10_000;
const USE_NOTED_EVERY_MS = 3_600_000;

/** A key as it was a moment ago. */
export interface KnownKey {
  readonly key: StoredKey;
  readonly principal: Principal;
}

/** Finds keys, remembering each for a few seconds. */
export interface KeyCache {
  /** By the SHA-256 of the key. */
  find(_id: string): Promise<KnownKey | undefined>;
  /** By the public id. */
  findById(id: string): Promise<KnownKey | undefined>;
  /** Reads the key anew the next time. */
  forget(_id: string): void;
}

interface Entry extends KnownKey {
  readonly until: number;
}

export function createKeyCache(keys: Collection<StoredKey>, clock: Clock): KeyCache {
  const known = new Map<string, Entry>();
  const fingerprints = new Map<string, string>();

  function recall(_id: string | undefined): Entry | undefined {
    const entry = _id === undefined ? undefined : known.get(_id);
    return entry && entry.until > clock.now() ? entry : undefined;
  }

  async function remember(key: StoredKey | null): Promise<KnownKey | undefined> {
    if (!key) return undefined;
    const now = clock.now();
    await noteUse(key, now);
    if (known.size >= KEPT) forget(known.keys().next().value as string);
    const entry = { until: now + FRESH_MS, key, principal: principalOf(key) };
    known.delete(key._id);
    known.set(key._id, entry);
    fingerprints.set(key.id, key._id);
    return entry;
  }

  async function noteUse({ _id, lastUsedAt }: StoredKey, now: number): Promise<void> {
    if (lastUsedAt && now - lastUsedAt.getTime() < USE_NOTED_EVERY_MS) return;
    await keys.findOneAndUpdate({ _id }, { $set: { lastUsedAt: new Date(now) } });
  }

  function forget(_id: string): void {
    const entry = known.get(_id);
    if (entry) fingerprints.delete(entry.key.id);
    known.delete(_id);
  }

  return {
    async find(_id) {
      return recall(_id) ?? remember(await keys.findOne({ _id }));
    },
    async findById(id) {
      return recall(fingerprints.get(id)) ?? remember(await keys.findOne({ id }));
    },
    forget,
  };
}

const principalOf = (key: StoredKey): Principal => ({
  workspace: key.workspace,
  mode: key.mode,
  client: key.id,
  scopes: new Set(key.scopes),
});
