import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { below } from '../../store/documentId.js';
import type { Documents } from '../../store/documents.js';
import type { StoredBeneficiary, StoredSponsor } from './stored.js';

/** People deleted at once: what bounds the time one operation takes. */
const BATCH = 500;

/**
 * Deletes a sponsor and everyone on file with it. The sponsor is marked first
 * and removed last: once marked, no other call finds it, no person can be put on
 * file with it, and its slug cannot be reused by a sponsor that would inherit
 * the people not yet deleted. Deleting it again goes on after a crash.
 */
export function createDeleteSponsor(documents: Documents, clock: Clock, batchSize = BATCH) {
  const sponsors = documents.collection<StoredSponsor>('sponsors');
  const beneficiaries = documents.collection<StoredBeneficiary>('beneficiaries');

  return async (_id: string, force: boolean, marked: () => void): Promise<void> => {
    const onFile = { _id: below(_id) };
    const sponsor = await sponsors.findOne({ _id });
    if (!sponsor) throw new Failure('NOT_FOUND');
    if (!force && !sponsor.deletingAt && (await beneficiaries.findOne(onFile))) {
      throw invalid('force', 'must be set to delete a sponsor together with its beneficiaries');
    }
    await sponsors.findOneAndUpdate(
      { _id, deletingAt: null },
      { $set: { deletingAt: new Date(clock.now()) } },
    );
    marked();
    // Looked at before every batch: another call may have finished, and a new sponsor have taken the slug.
    while (await sponsors.findOne({ _id, deletingAt: { $ne: null } })) {
      const batch = await beneficiaries.find(onFile, { limit: batchSize }).toArray();
      if (batch.length > 0) {
        await beneficiaries.deleteMany({ _id: { $in: batch.map((beneficiary) => beneficiary._id) } });
      } else await sponsors.deleteOne({ _id, deletingAt: { $ne: null } });
    }
  };
}
