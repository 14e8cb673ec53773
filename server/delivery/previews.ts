import type { Clock } from '../platform/clock.js';
import { MINUTE_MS } from '../platform/durations.js';
import type { Random } from '../platform/random.js';
import type { Encryption } from '../secrets/encryption.js';
import type { Document, Documents } from '../store/documents.js';

/** Where a preview is shown, followed by its reference. */
export const PREVIEW_PATH = '/preview/';

/** HTML of messages, for a frame that has an address and no document of its own to get it from. */
export interface Previews {
  /** Keeps it for a minute and returns its path, a random one. */
  keep(html: string): Promise<string>;
  /** The HTML behind a reference, once; undefined where there is none. */
  take(reference: string): Promise<string | undefined>;
}

interface StoredPreview extends Document {
  /** Messages have codes in them. */
  readonly sealed: string;
  readonly purgeAt: Date;
}

interface Deps {
  readonly documents: Documents;
  readonly encryption: Encryption;
  readonly random: Random;
  readonly clock: Clock;
}

export function createPreviews({ documents, encryption, random, clock }: Deps): Previews {
  const stored = documents.collection<StoredPreview>('previews');
  const place = (id: string) => ({ collection: 'previews', id, field: 'sealed' }) as const;
  return {
    async keep(html) {
      const _id = random.bytes(18).toString('base64url');
      await stored.insertOne({
        _id,
        sealed: encryption.seal(place(_id), html),
        purgeAt: new Date(clock.now() + MINUTE_MS),
      });
      return PREVIEW_PATH + _id;
    },
    async take(_id) {
      const found = await stored.findOne({ _id });
      // Of two that ask at once, one gets it.
      const isMine = found !== null && (await stored.deleteOne({ _id })) > 0;
      return isMine && found.purgeAt.getTime() > clock.now()
        ? encryption.open(place(_id), found.sealed)
        : undefined;
    },
  };
}
