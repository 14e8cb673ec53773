import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { Failure } from '../errors.js';
import { createBoundedMap } from '../platform/boundedMap.js';
import type { Random } from '../platform/random.js';
import type { Key, KeySet } from './keyring/keySet.js';
import { lengthPrefixed } from './lengthPrefixed.js';
import { openBox, sealBox } from './sealedBox.js';
import type { Place } from './sealedFields.js';

/** Seals the texts that documents must not hold in clear: addresses, messages, credentials. */
export interface Encryption {
  /** The text as `v1.<key id>.<base64url>`. */
  seal(place: Place, text: string): string;
  /** The text that was sealed for this place. Throws Failure INTERNAL when it was changed, moved or its key is gone. */
  open(place: Place, sealed: string): string;
}

const VERSION = 'v1';

/** Encryption with a key derived per document, so that no key ever seals enough values for nonces to meet. */
export function createEncryption(keys: KeySet, random: Random): Encryption {
  const documentKey = cacheLatest(deriveDocumentKey);
  return {
    seal(place, text) {
      const key = keys.current();
      return `${VERSION}.${key.id}.${sealBox(documentKey(key, place.collection, place.id), contextOf(place), text, random)}`;
    },
    open(place, sealed) {
      const [version, keyId, box, ...more] = sealed.split('.');
      if (version !== VERSION || !keyId || !box || more.length > 0)
        throw refusal(place, 'is not a sealed value');
      const key = keys.find(keyId);
      if (!key) throw refusal(place, `is sealed with key ${keyId}, which is not in the key ring`);
      try {
        return openBox(documentKey(key, place.collection, place.id), contextOf(place), box).toString('utf8');
      } catch (cause) {
        throw refusal(place, 'was changed, or sealed for another document or field', cause);
      }
    },
  };
}

type DocumentKey = (key: Key, collection: string, id: string) => KeyObject;

/** A KeyObject, because newer releases of node copy the bytes of any other key for each value. */
const deriveDocumentKey: DocumentKey = (key, collection, id) =>
  createSecretKey(
    createHmac('sha256', key.secret)
      .update(lengthPrefixed('document', collection, id))
      .digest(),
  );

/** Documents of which the keys are kept. */
const KEPT = 256;

/** What was sealed into a document just now is opened a moment later, when its message is sent. */
function cacheLatest(derive: DocumentKey): DocumentKey {
  const latest = createBoundedMap<string, { readonly key: Key; readonly derived: KeyObject }>(KEPT);
  return (key, collection, id) => {
    const place = `${collection}/${id}`;
    const known = latest.get(place);
    if (known?.key === key) return known.derived;
    const derived = derive(key, collection, id);
    latest.set(place, { key, derived });
    return derived;
  };
}

const contextOf = ({ collection, id, field }: Place): string => lengthPrefixed(collection, id, field);

/** Names the field and not the document: an `_id` may hold a person's phone number. */
const refusal = ({ collection, field }: Place, what: string, cause?: unknown): Failure =>
  new Failure('INTERNAL', { cause: new Error(`${collection}.${field} ${what}`, { cause }) });
