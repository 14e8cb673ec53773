import type { ChannelName } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import { partitionOf } from '../../domain/principal.js';
import { readRecipient } from '../../domain/recipients.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Collection, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { contactAddressPlace, type StoredContact } from './stored.js';

/** A verification that makes or renews a contact. */
export interface Verification {
  readonly workspace: string;
  readonly mode: Mode;
  readonly channel: ChannelName;
  readonly address: string;
  readonly masked: string;
  readonly sessionId: string;
  readonly at: Date;
}

/** Keeps the recipients that were verified. */
export interface Contacts {
  /**
   * Makes the contact of a verified address, or renews it: an address is one
   * contact, however often, in whichever order and on whichever of its channels
   * it is verified. Recording a verification twice changes nothing.
   */
  verified(verification: Verification): Promise<void>;
}

export function createContacts(
  documents: Documents,
  encryption: Encryption,
  fingerprints: Fingerprints,
): Contacts {
  const stored: Collection<StoredContact> = documents.collection('contacts');

  /**
   * False when there is no such contact. Times only ever move outwards, so the
   * order in which verifications are recorded does not matter.
   */
  async function renew(_id: string, { channel, sessionId, at }: Verification): Promise<boolean> {
    // Asked first: an update that matches nothing would not distinguish an older verification from a missing contact.
    if (!(await stored.findOne({ _id }))) return false;
    const onChannel = `channels.${channel}`;
    const latest = await stored.findOneAndUpdate(
      { _id, lastVerifiedAt: { $lte: at } },
      { $set: { lastVerifiedAt: at, lastSessionId: sessionId, [onChannel]: at } },
    );
    if (latest) return true;
    await stored.findOneAndUpdate(
      { _id, $or: [{ [onChannel]: null }, { [onChannel]: { $lt: at } }] },
      { $set: { [onChannel]: at } },
    );
    await stored.findOneAndUpdate({ _id, firstVerifiedAt: { $gt: at } }, { $set: { firstVerifiedAt: at } });
    return true;
  }

  return {
    async verified(verification) {
      const { workspace, channel, address, masked, sessionId, at } = verification;
      const identity = readRecipient(channel, address)?.identity ?? address;
      // The newest first; the others are of before the index key was rotated.
      const ids = fingerprints
        .recipientCandidates(workspace, identity)
        .map((fingerprint) => `${partitionOf(verification)}/${fingerprint}`);
      const _id = ids[0] as string;
      const first = {
        _id,
        address: encryption.seal(contactAddressPlace(_id), address),
        masked,
        channels: { [channel]: at },
        firstVerifiedAt: at,
        lastVerifiedAt: at,
        lastSessionId: sessionId,
      };
      for (;;) {
        for (const known of ids) if (await renew(known, verification)) return;
        if (await insertOnce(stored, first)) return;
      }
    },
  };
}
