import { createSecretKey } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import { MINUTE_MS } from '../../platform/durations.js';
import type { Random } from '../../platform/random.js';
import type { Collection, Document, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { KeySet } from './keySet.js';
import { type RingKey, unwrapKey, type WrappedKey, wrapKey } from './keyWrapping.js';
import type { MasterKeys } from './masterKeys.js';

/** What each key of the ring is for. One key never serves two purposes. */
export const PURPOSES = [
  /** Fingerprints by which recipients and repeated requests are found again. */
  'index',
  /** The secret that goes into every hash of a code. */
  'pepper',
  /** Verification tokens (`otvt_…`). */
  'token',
  /** Session and access tokens (JWT). */
  'signing',
  /** Addresses, messages and credentials in documents. */
  'encryption',
] as const;

export type Purpose = (typeof PURPOSES)[number];

/** A new key is announced this long before it is used, so that every process has read it by then. */
export const ROTATION_DELAY_MS = 2 * MINUTE_MS;
const REFRESH_MS = MINUTE_MS;
/** Guarded updates before opening gives up. */
const MAX_ROUNDS = 10;

/** The keys of one purpose, as stored. `keys`: newest first, never empty. */
interface KeyringDocument extends Document {
  readonly _id: Purpose;
  readonly rev: number;
  readonly keys: readonly WrappedKey[];
}

/** What the key ring needs. */
export interface KeyringDeps {
  readonly documents: Pick<Documents, 'collection'>;
  readonly masters: MasterKeys;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whether the store has a key ring already. */
export const hasKeyring = async (documents: Pick<Documents, 'collection'>): Promise<boolean> =>
  (await documents.collection<KeyringDocument>('keyring').findOne({ _id: PURPOSES[0] })) !== null;

/**
 * Opens the key ring: makes what is missing, re-wraps what an older master key
 * wraps. Processes that start at once end up with the same keys. Throws
 * SecretsRefused when a stored key cannot be unwrapped.
 */
export async function openKeyring(parts: KeyringDeps): Promise<Keyring> {
  const keyring = new Keyring(parts);
  await keyring.open();
  return keyring;
}

/**
 * The service's keys, held in memory and stored in collection `keyring`, one
 * document a purpose, each key wrapped by a master key. Any number of processes
 * share it: a rotation reaches the others by their regular refresh, before the
 * new key is used for the first time.
 */
export class Keyring {
  readonly #collection: Collection<KeyringDocument>;
  readonly #masters: MasterKeys;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #rings = new Map<Purpose, readonly RingKey[]>();

  constructor({ documents, masters, clock, random }: KeyringDeps) {
    this.#collection = documents.collection<KeyringDocument>('keyring');
    this.#masters = masters;
    this.#clock = clock;
    this.#random = random;
  }

  /** See openKeyring. */
  async open(): Promise<void> {
    for (const purpose of PURPOSES) await this.#open(purpose);
  }

  /** The keys of a purpose. The set stays true when the ring changes. */
  keys(purpose: Purpose): KeySet {
    const ring = () => this.#rings.get(purpose) ?? [];
    return {
      current: () => {
        const now = this.#clock.now();
        const keys = ring();
        // With clocks apart, a key may be from the future for a moment: then the oldest is used.
        const key = keys.find(({ from }) => from.getTime() <= now) ?? keys.at(-1);
        if (!key) throw new Error(`the key ring holds no ${purpose} key: it was not opened`);
        return key;
      },
      find: (id) => ring().find((key) => key.id === id),
      all: ring,
    };
  }

  /**
   * Adds a key, which becomes the current one after ROTATION_DELAY_MS; the older
   * ones are accepted as before. A new `index` key changes the fingerprint of
   * every recipient: look-ups search for all of them, limits start from zero.
   */
  async rotate(purpose: Purpose): Promise<{ readonly id: string; readonly from: Date }> {
    const key = this.#newKey(this.#clock.now() + ROTATION_DELAY_MS);
    const after = await this.#collection.findOneAndUpdate(
      { _id: purpose },
      { $push: { keys: { $each: [this.#wrap(purpose, key)], $position: 0 } }, $inc: { rev: 1 } },
    );
    if (!after) throw new Error(`the key ring holds no ${purpose} document: it was not opened`);
    this.#adopt(after);
    return { id: key.id, from: key.from };
  }

  /** Reads the keys again. What cannot be read or unwrapped leaves the keys of that purpose as they were, then throws. */
  async refresh(): Promise<void> {
    const failures: unknown[] = [];
    for (const purpose of PURPOSES) {
      try {
        const document = await this.#collection.findOne({ _id: purpose });
        if (document) this.#adopt(document);
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Refreshes every minute until the returned function is called; failures go to `onFailure` and change nothing. */
  keepFresh(onFailure: (failure: unknown) => void): () => void {
    let stopped = false;
    let cancel = () => {};
    const schedule = () => {
      if (stopped) return;
      cancel = this.#clock.after(REFRESH_MS, () => {
        void this.refresh().catch(onFailure).finally(schedule);
      });
    };
    schedule();
    return () => {
      stopped = true;
      cancel();
    };
  }

  async #open(purpose: Purpose): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const document = (await this.#collection.findOne({ _id: purpose })) ?? (await this.#create(purpose));
      if (!document) continue;
      const keys = this.#adopt(document);
      if (document.keys.every(({ master }) => master === this.#masters[0].id)) return;
      const rewrapped = await this.#collection.findOneAndUpdate(
        { _id: purpose, rev: document.rev },
        { $set: { keys: keys.map((key) => this.#wrap(purpose, key)) }, $inc: { rev: 1 } },
      );
      if (rewrapped) return;
    }
    throw new Error(`the ${purpose} keys kept changing while they were being opened`);
  }

  /** The first document of a purpose; null when another process was quicker. */
  async #create(purpose: Purpose): Promise<KeyringDocument | null> {
    const document = { _id: purpose, rev: 0, keys: [this.#wrap(purpose, this.#newKey(this.#clock.now()))] };
    return (await insertOnce(this.#collection, document)) ? document : null;
  }

  #adopt(document: KeyringDocument): readonly RingKey[] {
    const purpose = document._id;
    const keys = document.keys.map((stored) =>
      unwrapKey(this.#masters, { document: document._id, purpose }, stored),
    );
    this.#rings.set(purpose, keys);
    return keys;
  }

  #newKey(from: number): RingKey {
    return {
      // Never with "-" in front, so that it can be an argument of a command.
      id: this.#random.bytes(6).toString('hex'),
      from: new Date(from),
      secret: createSecretKey(this.#random.bytes(32)),
    };
  }

  #wrap(purpose: Purpose, key: RingKey): WrappedKey {
    return wrapKey(this.#masters, { document: purpose, purpose }, key, this.#random);
  }
}
