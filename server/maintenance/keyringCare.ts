import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import type { Random } from '../platform/random.js';
import { createEncryption } from '../secrets/encryption.js';
import { openKeyring, PURPOSES, type Purpose } from '../secrets/keyring/keyring.js';
import { unwrapKey, type WrappedKey } from '../secrets/keyring/keyWrapping.js';
import type { MasterKeys } from '../secrets/keyring/masterKeys.js';
import { SecretsRefused } from '../secrets/keyring/refusal.js';
import type { Document, Documents } from '../store/documents.js';
import type { Progress } from './progress.js';
import { countSealed, resealValues } from './resealValues.js';

interface StoredKeyring extends Document {
  readonly keys: readonly WrappedKey[];
}

/** One key of the ring. */
export interface KeyStanding {
  readonly purpose: Purpose;
  readonly id: string;
  readonly from: Date;
  /** Makes what is new. */
  readonly current: boolean;
  /** Id of the master key that wraps it. */
  readonly master: string;
  /** Why it does not open; undefined where it does. */
  readonly fault: string | undefined;
}

/** How long something can be valid that a key of the purpose has made. */
const VALID_MS: Readonly<Record<Exclude<Purpose, 'encryption' | 'index'>, number>> = {
  pepper: DAY_MS,
  token: DAY_MS,
  signing: DAY_MS,
};

interface Deps {
  readonly documents: Documents;
  readonly masters: MasterKeys;
  readonly clock: Clock;
  readonly random: Random;
}

/** Every key of the ring, purpose by purpose, newest first. Changes nothing. */
export async function checkKeyring({
  documents,
  masters,
  clock,
}: Omit<Deps, 'random'>): Promise<KeyStanding[]> {
  const rings = documents.collection<StoredKeyring>('keyring');
  const standings: KeyStanding[] = [];
  for (const purpose of PURPOSES) {
    const keys = (await rings.findOne({ _id: purpose }))?.keys ?? [];
    const current = keys.find(({ from }) => from.getTime() <= clock.now()) ?? keys.at(-1);
    for (const key of keys) {
      const { id, from, master } = key;
      standings.push({
        purpose,
        id,
        from,
        master,
        current: key === current,
        fault: faultOf(masters, purpose, key),
      });
    }
  }
  return standings;
}

function faultOf(masters: MasterKeys, purpose: Purpose, key: WrappedKey): string | undefined {
  try {
    unwrapKey(masters, { document: purpose, purpose }, key);
    return undefined;
  } catch (error) {
    if (error instanceof SecretsRefused) return error.message;
    throw error;
  }
}

/** Adds a key of a purpose; running processes find it before it is used. */
export async function rotateKey(
  deps: Deps,
  purpose: Purpose,
): Promise<{ readonly id: string; readonly from: Date }> {
  return (await openKeyring(deps)).rotate(purpose);
}

/** Why a key cannot be retired; the message says what to do. */
export class RetireRefused extends Error {
  override readonly name = 'RetireRefused';
}

/**
 * Removes an old key, so that nothing it has made is accepted or can be read.
 * What is sealed with it and kept for long is sealed with the current key first.
 * Throws RetireRefused while something still needs it.
 */
export async function retireKey(
  deps: Deps,
  id: string,
  progress: Progress,
): Promise<{ readonly resealed: number }> {
  const { documents, clock, random } = deps;
  const standings = await checkKeyring(deps);
  const found = standings.find((key) => key.id === id);
  if (!found) throw new RetireRefused(`The key ring holds no key ${id}: see \`countersign keyring check\`.`);
  const { purpose } = found;
  const current = standings.find((key) => key.purpose === purpose && key.current)!;
  if (found.from.getTime() >= current.from.getTime()) {
    throw new RetireRefused(
      `Key ${id} is the current ${purpose} key: run \`countersign keyring rotate ${purpose}\` first, and wait until the new key is used.`,
    );
  }
  if (purpose === 'index') {
    throw new RetireRefused(
      'Index keys cannot be retired: contacts, blocks and repeated requests are found by them.',
    );
  }
  let resealed = 0;
  if (purpose === 'encryption') {
    const keyring = await openKeyring(deps);
    resealed = await resealValues(documents, createEncryption(keyring.keys('encryption'), random), {
      id,
      progress,
    });
    const left = [...(await countSealed(documents, id, progress))].map(([name, count]) => `${name} ${count}`);
    if (left.length > 0) {
      throw new RetireRefused(
        `Key ${id} still seals values in: ${left.join(', ')}. Those of sessions and the inbox end with their retention: try again then.`,
      );
    }
  } else {
    const until = new Date(current.from.getTime() + VALID_MS[purpose]);
    if (until.getTime() > clock.now()) {
      throw new RetireRefused(
        `What key ${id} has made can be valid until ${until.toISOString()}: retire it then.`,
      );
    }
  }
  await documents
    .collection<StoredKeyring>('keyring')
    .findOneAndUpdate({ _id: purpose }, { $pull: { keys: { id } }, $inc: { rev: 1 } });
  return { resealed };
}
