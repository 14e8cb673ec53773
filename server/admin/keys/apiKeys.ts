import type { Principal } from '../../domain/principal.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Random } from '../../platform/random.js';
import { apiKeyFingerprint } from '../../secrets/fingerprints.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { createTtlCache } from '../../store/ttlCache.js';
import { createKeyCache, type KnownKey } from './keyCache.js';
import { newestSecret } from './rotate.js';
import type { StoredKey } from './stored.js';

/** What a new key is made of. */
export type KeySpec = Pick<
  StoredKey,
  'workspace' | 'mode' | 'displayName' | 'scopes' | 'readOnly' | 'createdBy'
> & {
  readonly expiresAt?: Date;
  /** When it is deleted. Absent: never, unless it is revoked. */
  readonly purgeAt?: Date;
};

/** Of a key made here or set by OTP_BOOTSTRAP_API_KEY: anything else is refused without asking the store. */
const FORM = /^[\x21-\x7e]{32,512}$/;

/** A revoked key stays listed this long. */
const REVOKED_KEPT_MS = 30 * DAY_MS;

/** What was found or done about a key that must exist. */
export type Ensured = 'made' | 'present' | 'restored' | 'revoked' | 'rotated';

/** Creates, finds and caches API keys. */
export interface ApiKeys {
  /** Who a key is; undefined when it is unknown, revoked or expired. */
  authenticate(secret: string): Promise<Principal | undefined>;
  /** Who the key of this public id is, on the same terms: access tokens name their key. */
  authenticateClient(id: string): Promise<Principal | undefined>;
  /** Its display name; empty where there is no such key. As it is or was at most five seconds ago. */
  nameOf(id: string): Promise<string>;
  /** Makes a key and returns it, this once. */
  create(spec: KeySpec): Promise<{ readonly key: StoredKey; readonly secret: string }>;
  /**
   * Sees to it that this very key exists as described. One that was revoked or
   * rotated stays so: that was deliberate.
   */
  ensure(secret: string, spec: KeySpec): Promise<Ensured>;
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
  const names = createTtlCache(async (id) => (await keys.findOne({ id }))?.displayName ?? '', clock);

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
      if (!FORM.test(secret)) return undefined;
      const fingerprint = apiKeyFingerprint(secret);
      return usable(await cache.find(fingerprint), fingerprint);
    },
    async authenticateClient(id) {
      return usable(await cache.findById(id));
    },
    nameOf: (id) => names.get(id),
    async create(spec) {
      const secret = `sk_otp_${spec.mode}_${random.bytes(32).toString('base64url')}`;
      const key = stored(apiKeyFingerprint(secret), spec);
      await keys.insertOne(key);
      cache.forget(key._id);
      return { key, secret };
    },
    async ensure(secret, spec) {
      const _id = apiKeyFingerprint(secret);
      cache.forget(_id);
      if (await insertOnce(keys, stored(_id, spec))) return 'made';
      const key = await keys.findOne({ _id });
      if (!key || key.revokedAt) return 'revoked';
      if (newestSecret(key) !== _id) return 'rotated';
      const isWhole = spec.scopes.every((scope) => key.scopes.includes(scope));
      if (isWhole && !key.expiresAt && !key.readOnly) return 'present';
      const { scopes } = spec;
      await keys.findOneAndUpdate({ _id }, { $set: { scopes }, $unset: { expiresAt: '', readOnly: '' } });
      return 'restored';
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
