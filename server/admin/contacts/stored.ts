import type { ChannelName } from '../../domain/channels.js';
import type { Place } from '../../secrets/sealedFields.js';
import type { Document } from '../../store/documents.js';

/** An address that was verified, `_id` = workspace.mode/fingerprint. */
export interface StoredContact extends Document {
  /** Sealed. */
  readonly address: string;
  readonly masked: string;
  /** When it was last verified on each channel. */
  readonly channels: Readonly<Partial<Record<ChannelName, Date>>>;
  readonly firstVerifiedAt: Date;
  readonly lastVerifiedAt: Date;
  readonly lastSessionId: string;
}

/** Where a contact's address is sealed. */
export const contactAddressPlace = (_id: string): Place => ({
  collection: 'contacts',
  id: _id,
  field: 'address',
});
