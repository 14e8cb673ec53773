import type { Principal } from '../../domain/principal.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Random } from '../../platform/random.js';
import { apiKeyFingerprint } from '../../secrets/fingerprints.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { createKeyCache, type KnownKey } from './keyCache.js';
import { newestSecret } from './rotate.js';
import type { StoredKey } from './stored.js';

/** What a new key is made of. */
export type KeySpec = Pick<
  StoredKey,
  'workspace' | 'mode' | 'displayName' | 'scopes' | 'readOnly' | 'createdBy'
> & {
  readonly expiresAt?: Date;
};

/** A revoked key stays listed this long. */
const REVOKED_KEPT_MS = 30 * DAY_MS;

/** Creates, finds and caches API keys. */
export interface ApiKeys {
  /** Who a key is; undefined when it is unknown, revoked or expired. */
  authenticate(secret: string): Promise<Principal | undefined>;
  /** Who the key of this public id is, on the same terms: access tokens name their key. */
  authenticateClient(id: string): Promise<Principal | undefined>;
  /** Makes a key and returns it, this once. */
  create(spec: KeySpec): Promise<{ readonly key: StoredKey; readonly secret: string }>;
  /** Sees to it that this very key exists. */
  ensure(secret: string, spec: KeySpec): Promise<void>;
  /** Refuses the key from now on. */
  revoke(_id: string): Promise<void>;
  /** Reads what is known by the SHA-256 of a secret again the next time it is used. */
  forget(_id: string): void;
}

export function createApiKeys(
  documents: Documents,
  clock: Clock,
  random: Random,
  newId: () => string,
): ApiKeys {
  const keys = documents.collection<StoredKey>('keys');
  const cache = createKeyCache(keys, clock);

  const stored = (_id: string, spec: KeySpec): StoredKey => {
    const id = newId();
    return { _id, id, listedAs: `${spec.workspace}/${id}`, ...spec, createdAt: new Date(clock.now()) };
  };

  /** `secret`: the fingerprint of the one presented; undefined where the key is only named. */
  function usable(known: KnownKey | undefined, secret?: string): Principal | undefined {
    if (!known || known.key.revokedAt) return undefined;
    const { expiresAt, oldSecret } = known.key;
    if (secret !== undefined && secret !== newestSecret(known.key)) {
      if (secret !== oldSecret?.id || oldSecret.until.getTime() <= clock.now()) return undefined;
    }
    return expiresAt && expiresAt.getTime() <= clock.now() ? undefined : known.principal;
  }

  return {
    async authenticate(secret) {
      const fingerprint = apiKeyFingerprint(secret);
      return usable(await cache.find(fingerprint), fingerprint);
    },
    async authenticateClient(id) {
      return usable(await cache.findById(id));
    },
    async create(spec) {
      const secret = `sk_otp_${spec.mode}_${random.bytes(32).toString('base64url')}`;
      const key = stored(apiKeyFingerprint(secret), spec);
      await keys.insertOne(key);
      return { key, secret };
    },
    async ensure(secret, spec) {
      await insertOnce(keys, stored(apiKeyFingerprint(secret), spec));
    },
    async revoke(_id) {
      const now = clock.now();
      const revoked = await keys.findOneAndUpdate(
        { _id, revokedAt: null },
        { $set: { revokedAt: new Date(now), purgeAt: new Date(now + REVOKED_KEPT_MS) } },
      );
      const later = [revoked?.secret, revoked?.oldSecret?.id].filter((id) => id !== undefined && id !== _id);
      for (const id of later as string[]) {
        await keys.deleteOne({ _id: id });
        cache.forget(id);
      }
      cache.forget(_id);
    },
    forget: (_id) => cache.forget(_id),
  };
}
