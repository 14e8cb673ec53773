import type { ChannelName } from '../../domain/channels.js';
import type { SponsorRule } from '../../domain/sponsorRules.js';
import type { Place } from '../../secrets/sealedFields.js';
import type { Document } from '../../store/documents.js';

/** A sponsor, `_id` = workspace/slug. */
export interface StoredSponsor extends Document {
  readonly displayName: string;
  /** In channel order. */
  readonly channels: readonly ChannelName[];
  readonly otpForbidden: boolean;
  readonly rules: readonly SponsorRule[];
  /** Ids of the API keys that may ask; empty: all. */
  readonly clients: readonly string[];
  readonly createdAt: Date;
  /** Set while the people on file are being deleted: to everyone else it is gone already. */
  readonly deletingAt?: Date;
}

/** An address on file: sealed, and the form that may be shown. */
export interface StoredAddress {
  readonly sealed: string;
  readonly masked: string;
}

/** A person on file with a sponsor, `_id` = workspace/slug/id. The id may hold any character but NUL. */
export interface StoredBeneficiary extends Document {
  readonly phone?: StoredAddress;
  readonly email?: StoredAddress;
  readonly createdAt: Date;
}

/** The kinds of address on file. SMS and WhatsApp go to the same phone. */
export type AddressField = 'phone' | 'email';

/** Whether a slug or id can be part of an `_id`: none is empty or holds a NUL, and no store could look for one. */
export const isKeyPart = (text: string): boolean => text !== '' && !text.includes('\0');

export const sponsorKey = (workspace: string, slug: string): string => `${workspace}/${slug}`;
export const beneficiaryKey = (workspace: string, slug: string, id: string): string =>
  `${sponsorKey(workspace, slug)}/${id}`;

/** Where an address is sealed. */
export const addressPlace = (_id: string, field: AddressField): Place => ({
  collection: 'beneficiaries',
  id: _id,
  field,
});
