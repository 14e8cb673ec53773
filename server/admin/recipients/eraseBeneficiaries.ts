import { readRecipient } from '../../domain/recipients.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import { below } from '../../store/documentId.js';
import type { Collection, Documents } from '../../store/documents.js';
import { type AddressField, addressPlace, type StoredBeneficiary } from '../sponsors/stored.js';

export interface EraseBeneficiariesDeps {
  readonly documents: Documents;
  readonly encryption: Encryption;
  readonly fingerprints: Fingerprints;
}

/** An address on file that is the person's. */
export interface OnFile {
  readonly beneficiary: StoredBeneficiary;
  readonly field: AddressField;
}

/** Finds and erases a person's addresses on file with sponsors. */
export function createEraseBeneficiaries({ documents, encryption, fingerprints }: EraseBeneficiariesDeps) {
  const stored: Collection<StoredBeneficiary> = documents.collection('beneficiaries');

  return {
    /** Addresses are sealed: those that look alike are found by their masked form and then opened. */
    async find({
      workspace,
      names,
      masked,
      identity,
    }: {
      readonly workspace: string;
      /** Every fingerprint of the person. */
      readonly names: readonly string[];
      /** How the person is shown elsewhere. */
      readonly masked: readonly string[];
      readonly identity: string | undefined;
    }): Promise<OnFile[]> {
      const own = identity && (readRecipient('email', identity) ?? readRecipient('sms', identity));
      const shown = [...new Set([...masked, ...(own ? [own.masked] : [])])];
      if (shown.length === 0) return [];
      const found: OnFile[] = [];
      for (const field of ['phone', 'email'] as const) {
        const within = below(workspace);
        for await (const beneficiary of stored.find({ _id: within, [`${field}.masked`]: { $in: shown } })) {
          const address = beneficiary[field];
          if (!address) continue;
          const text = encryption.open(addressPlace(beneficiary._id, field), address.sealed);
          const recipient = readRecipient(field === 'email' ? 'email' : 'sms', text);
          const theirs = recipient && fingerprints.recipientCandidates(workspace, recipient.identity);
          if (theirs?.some((name) => names.includes(name))) found.push({ beneficiary, field });
        }
      }
      return found;
    },

    async erase({ beneficiary: { _id }, field }: OnFile): Promise<void> {
      const left = await stored.findOneAndUpdate({ _id }, { $unset: { [field]: '' } });
      if (left && !left.phone && !left.email) await stored.deleteOne({ _id });
    },
  };
}
