import { contactAddressPlace, type StoredContact } from '../admin/contacts/stored.js';
import { type AddressField, addressPlace, type StoredBeneficiary } from '../admin/sponsors/stored.js';
import { accountSecretPlace, type StoredAccount } from '../delivery/accounts/stored.js';
import type { StoredGuard } from '../guard/stored.js';
import { vetoSecretPlace } from '../guard/vetoSecret.js';
import type { Encryption } from '../secrets/encryption.js';
import type { LastingCollection, Place } from '../secrets/sealedFields.js';
import { COLLECTIONS } from '../store/collections.js';
import type { Document, Documents } from '../store/documents.js';
import { endpointSecretPlace } from '../webhooks/endpointSecrets.js';
import type { StoredEndpoint } from '../webhooks/stored.js';
import type { Progress } from './progress.js';

/** A sealed value of a document: its path, and the place it is sealed for. */
interface Sealed {
  readonly path: string;
  readonly place: Place;
  readonly value: string;
}

const ADDRESSES: readonly AddressField[] = ['phone', 'email'];

/** The way to the sealed values of each collection that lasts. */
const LASTING: Readonly<Record<LastingCollection, (document: Document) => readonly Sealed[]>> = {
  contacts: (document) => {
    const { _id, address } = document as StoredContact;
    return [{ path: 'address', place: contactAddressPlace(_id), value: address }];
  },
  beneficiaries: (document) => {
    const found = document as StoredBeneficiary;
    return ADDRESSES.flatMap((field) => {
      const value = found[field]?.sealed;
      return value ? [{ path: `${field}.sealed`, place: addressPlace(found._id, field), value }] : [];
    });
  },
  guards: (document) => {
    const { _id, veto } = document as StoredGuard;
    return veto ? [{ path: 'veto.secret', place: vetoSecretPlace(_id), value: veto.secret }] : [];
  },
  providerAccounts: (document) => {
    const { _id, secrets } = document as StoredAccount;
    return secrets.map(({ name, sealed }, i) => ({
      path: `secrets.${i}.sealed`,
      place: accountSecretPlace(_id, name),
      value: sealed,
    }));
  },
  webhooks: (document) => {
    const { _id, secrets } = document as StoredEndpoint;
    return secrets.map(({ id, sealed }, i) => ({
      path: `secrets.${i}.sealed`,
      place: endpointSecretPlace(_id, id),
      value: sealed,
    }));
  },
};

/** Seals with the current key what is sealed with key `id` and is kept for long. Returns how many values that were. */
export async function resealValues(
  documents: Documents,
  encryption: Encryption,
  { id, progress }: { readonly id: string; readonly progress: Progress },
): Promise<number> {
  let count = 0;
  for (const [name, sealedIn] of Object.entries(LASTING)) {
    const collection = documents.collection(name);
    progress.begin(`sealing ${name} again`, 0);
    for await (const document of collection.find({}, { sort: { _id: 1 } })) {
      for (const { path, place, value } of sealedIn(document)) {
        if (!value.startsWith(prefixOf(id))) continue;
        const again = encryption.seal(place, encryption.open(place, value));
        // A value that is replaced meanwhile has the current key already.
        if (
          await collection.findOneAndUpdate({ _id: document._id, [path]: value }, { $set: { [path]: again } })
        )
          count++;
      }
      progress.advance();
    }
    progress.end();
  }
  return count;
}

/** How many documents of each collection hold a value that is sealed with key `id`. */
export async function countSealed(
  documents: Documents,
  id: string,
  progress: Progress,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of COLLECTIONS) {
    progress.begin(`looking through ${name}`, 0);
    for await (const document of documents.collection(name).find({}, { sort: { _id: 1 } })) {
      if (JSON.stringify(document).includes(`"${prefixOf(id)}`))
        counts.set(name, (counts.get(name) ?? 0) + 1);
      progress.advance();
    }
    progress.end();
  }
  return counts;
}

/** What a sealed value begins with; see Encryption.seal. */
const prefixOf = (id: string): string => `v1.${id}.`;
