import { createSecretKey } from 'node:crypto';
import type { Random } from '../../platform/random.js';
import { lengthPrefixed } from '../lengthPrefixed.js';
import { openBox, sealBox } from '../sealedBox.js';
import type { Key } from './keySet.js';
import type { MasterKeys } from './masterKeys.js';
import { SecretsRefused } from './refusal.js';

/** A key as it is stored: sealed by a master key, bound to its document, purpose and id. */
export interface WrappedKey {
  readonly id: string;
  /** When it becomes the current one. */
  readonly from: Date;
  /** Id of the master key that seals it. */
  readonly master: string;
  readonly wrapped: string;
}

/** A key and when it becomes the current one. */
export interface RingKey extends Key {
  readonly from: Date;
}

/** Where a key is stored and what it is for. */
export interface KeyPlace {
  readonly document: string;
  readonly purpose: string;
}

const contextOf = (place: KeyPlace, id: string) =>
  lengthPrefixed('keyring', place.document, place.purpose, id);

/** Seals a key with the first master key. */
export function wrapKey(masters: MasterKeys, place: KeyPlace, key: RingKey, random: Random): WrappedKey {
  const [master] = masters;
  const wrapped = sealBox(master.secret, contextOf(place, key.id), key.secret.export(), random);
  return { id: key.id, from: key.from, master: master.id, wrapped };
}

/** Opens a stored key. Throws SecretsRefused naming the master key that is missing or wrong. */
export function unwrapKey(masters: MasterKeys, place: KeyPlace, stored: WrappedKey): RingKey {
  const master = masters.find(({ id }) => id === stored.master);
  if (!master) {
    const given = masters.map(({ id }) => `"${id}"`).join(', ');
    throw new SecretsRefused(
      `The ${place.purpose} key ${stored.id} is wrapped by master key "${stored.master}", which is missing (given: ${given}). ` +
        `Add it to OTP_MASTER_KEYS, or restore the data folder's master.keys; any place but the first will do.`,
    );
  }
  try {
    const bytes = openBox(master.secret, contextOf(place, stored.id), stored.wrapped);
    return { id: stored.id, from: stored.from, secret: createSecretKey(bytes) };
  } catch (cause) {
    throw new SecretsRefused(
      `The ${place.purpose} key ${stored.id} does not open with master key "${master.id}": ` +
        'the key given under that id is not the one that wrapped it, or the document was changed.',
      { cause },
    );
  }
}
