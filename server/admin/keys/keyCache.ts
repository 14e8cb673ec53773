import { type Principal, withIncluded } from '../../domain/principal.js';
import { createBoundedMap } from '../../platform/boundedMap.js';
import type { Clock } from '../../platform/clock.js';
import { HOUR_MS } from '../../platform/durations.js';
import type { Collection } from '../../store/documents.js';
import { createTtlCache } from '../../store/ttlCache.js';
import type { StoredKey, StoredSecret } from './stored.js';

/** Public ids whose `_id` is kept; it never changes. */
const IDS = 10_000;
/** Keys that do not exist: how many are remembered, and for how long. */
const UNKNOWN = 10_000;
const UNKNOWN_MS = 5_000;
const USE_NOTED_EVERY_MS = HOUR_MS;

/** A key as it is or was at most five seconds ago, so that a revocation takes effect everywhere within that time. */
export interface KnownKey {
  readonly key: StoredKey;
  readonly principal: Principal;
}

/** Finds keys, caching each for a few seconds, and for as long that there is none. */
export interface KeyCache {
  /** By the SHA-256 of a secret of the key, also one that does not work any more. */
  find(_id: string): Promise<KnownKey | undefined>;
  /** By the public id. */
  findById(id: string): Promise<KnownKey | undefined>;
  /** Reads the key again the next time. */
  forget(_id: string): void;
}

export function createKeyCache(keys: Collection<StoredKey>, clock: Clock): KeyCache {
  const idsToKeys = createBoundedMap<string, string>(IDS);
  const cache = createTtlCache(read, clock, (known) => known !== undefined);
  // Beside those that exist, which callers with invented keys must not evict.
  const unknown = createBoundedMap<string, number>(UNKNOWN);

  async function read(_id: string): Promise<KnownKey | undefined> {
    const secret: StoredKey | StoredSecret | null = await keys.findOne({ _id });
    const key = isLaterSecret(secret) ? await keys.findOne({ id: secret.keyId }) : secret;
    if (!key) return undefined;
    await noteUse(key, clock.now());
    return { key, principal: principalOf(key) };
  }

  async function noteUse({ _id, lastUsedAt }: StoredKey, now: number): Promise<void> {
    if (lastUsedAt && now - lastUsedAt.getTime() < USE_NOTED_EVERY_MS) return;
    await keys.findOneAndUpdate({ _id }, { $set: { lastUsedAt: new Date(now) } });
  }

  return {
    async find(_id) {
      const now = clock.monotonic();
      if ((unknown.get(_id) ?? Number.NEGATIVE_INFINITY) > now) return undefined;
      const known = await cache.get(_id);
      if (!known) unknown.set(_id, now + UNKNOWN_MS);
      return known;
    },
    async findById(id) {
      const _id = idsToKeys.get(id) ?? (await keys.findOne({ id }))?._id;
      if (_id === undefined) return undefined;
      idsToKeys.set(id, _id);
      return cache.get(_id);
    },
    forget(_id) {
      cache.forget(_id);
      unknown.delete(_id);
    },
  };
}

const isLaterSecret = (secret: StoredKey | StoredSecret | null): secret is StoredSecret =>
  secret !== null && 'keyId' in secret;

const principalOf = (key: StoredKey): Principal => ({
  workspace: key.workspace,
  mode: key.mode,
  client: key.id,
  scopes: withIncluded(key.scopes),
  displayName: key.displayName,
  ...(key.readOnly && { readOnly: true }),
  ...(key.expiresAt && { expiresAt: key.expiresAt }),
});
