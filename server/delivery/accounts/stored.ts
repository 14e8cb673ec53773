import type { Encryption } from '../../secrets/encryption.js';
import type { Place } from '../../secrets/sealedFields.js';
import { below } from '../../store/documentId.js';
import type { Collection, Document } from '../../store/documents.js';

/** A workspace's own account with a vendor, `_id` = workspace/name. */
export interface StoredAccount extends Document {
  /** The vendor's name. */
  readonly kind: string;
  readonly displayName?: string;
  /** What is not secret, by the names that the contract uses. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: readonly StoredSecret[];
  /** No messages are sent through it. */
  readonly disabled?: true;
  /** Another after each change: shows that what was opened is out of date, and orders changes. */
  readonly version: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface StoredSecret {
  readonly name: string;
  readonly sealed: string;
}

/** The most accounts of one workspace: they are read and opened together. */
export const MOST_ACCOUNTS = 50;

export const accountId = (workspace: string, name: string): string => `${workspace}/${name}`;

/** Where a secret of an account is sealed. */
export const accountSecretPlace = (id: string, name: string): Place => ({
  collection: 'providerAccounts',
  id,
  field: `secrets.${name}`,
});

/** Secrets of an account in clear, by name. Throws where one cannot be opened. */
export const openSecrets = (
  encryption: Pick<Encryption, 'open'>,
  _id: string,
  secrets: StoredAccount['secrets'],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    secrets.map(({ name, sealed }) => [name, encryption.open(accountSecretPlace(_id, name), sealed)]),
  );

/** The accounts of a workspace by name. */
export const accountsOf = (
  stored: Collection<StoredAccount>,
  workspace: string,
  limit = MOST_ACCOUNTS,
): Promise<StoredAccount[]> => stored.find({ _id: below(workspace) }, { sort: { _id: 1 }, limit }).toArray();
