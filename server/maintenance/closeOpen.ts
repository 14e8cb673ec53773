import type { RevokedKey } from '../admin/keys/revokedLog.js';
import { recordMaintenance } from '../admin/shared/audit.js';
import { DEFAULT_WORKSPACE } from '../admin/workspaces/stored.js';
import { createIds } from '../domain/ids.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import { changeGuarded } from '../session/change.js';
import type { StoredSession } from '../session/stored.js';
import { closeRestored } from '../session/transitions/closeRestored.js';
import type { Document, Documents } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import type { Progress } from './progress.js';
import { invalidateRevoked } from './revokedKeys.js';

interface Deps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly random: Random;
  readonly progress: Progress;
}

/** What a restored store was. */
interface Restored {
  /** When the backup was made; undefined where only the closing ran here. */
  readonly backupAt: Date | undefined;
  readonly revoked: readonly RevokedKey[];
}

/** What was closed. */
export interface Closed {
  /** Sessions that were open. */
  readonly canceled: number;
  /** Verification tokens that had not been redeemed. */
  readonly redeemed: number;
  /** API keys that had been revoked since the backup. */
  readonly revoked: number;
}

/** The document `restored` of the collection `meta`: when the store was last restored. */
interface StoredRestore extends Document {
  readonly at: Date;
  readonly backupAt?: Date;
}

/**
 * Closes everything of a restored store that may have been used since the
 * backup: no code, token or request of before is accepted again. Can be
 * repeated. The service must not run.
 */
export async function closeOpen(deps: Deps, { backupAt, revoked }: Restored): Promise<Closed> {
  const { documents, clock, random, progress } = deps;
  const sessions = documents.collection<StoredSession>('sessions');
  const at = clock.now();
  let canceled = 0;
  let redeemed = 0;
  progress.begin('closing sessions', 0);
  for await (const session of sessions.find({}, { sort: { _id: 1 } })) {
    const result = await changeGuarded(sessions, session, (seen) => closeRestored(seen, at));
    progress.advance();
    if (!result?.changed) continue;
    if (result.session.status === 'CANCELED') canceled++;
    else redeemed++;
  }
  progress.end();
  // A remembered response would say that a session is open which is not.
  await documents.collection('idempotency').deleteMany({});
  const keys = await invalidateRevoked(documents, revoked);
  const meta = documents.collection<StoredRestore>('meta');
  const fields = { at: new Date(at), ...(backupAt && { backupAt }) };
  if (!(await insertOnce(meta, { _id: 'restored', ...fields }))) {
    await meta.findOneAndUpdate({ _id: 'restored' }, { $set: fields });
  }
  await recordMaintenance(documents, {
    workspace: DEFAULT_WORKSPACE,
    id: createIds(clock, random)(),
    method: 'restore',
    clock,
  });
  return { canceled, redeemed, revoked: keys };
}
