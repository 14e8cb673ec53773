import type { RevokedKey } from '../admin/keys/revokedLog.js';
import type { StoredKey } from '../admin/keys/stored.js';
import { DAY_MS } from '../platform/durations.js';
import type { Documents } from '../store/documents.js';

/** As after a revocation by the service. */
const KEPT_MS = 30 * DAY_MS;

/** Revokes again what was revoked since the backup; returns how many keys that were. */
export async function invalidateRevoked(
  documents: Documents,
  revoked: readonly RevokedKey[],
): Promise<number> {
  const keys = documents.collection<StoredKey>('keys');
  let count = 0;
  for (const { key, at } of revoked) {
    const changed = await keys.findOneAndUpdate(
      { _id: key, revokedAt: null },
      { $set: { revokedAt: at, purgeAt: new Date(at.getTime() + KEPT_MS) } },
    );
    if (changed) count++;
  }
  return count;
}
