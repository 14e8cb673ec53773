import { afterEach, beforeEach, expect, it } from 'vitest';
import { contactAddressPlace } from '../../../server/admin/contacts/stored.js';
import { checkKeyring, retireKey, rotateKey } from '../../../server/maintenance/keyringCare.js';
import { DAY_MS } from '../../../server/platform/durations.js';
import { systemRandom } from '../../../server/platform/random.js';
import { createEncryption } from '../../../server/secrets/encryption.js';
import { openKeyring, PURPOSES, ROTATION_DELAY_MS } from '../../../server/secrets/keyring/keyring.js';
import {
  type MasterKeys,
  newMasterKeyEntry,
  parseMasterKeys,
} from '../../../server/secrets/keyring/masterKeys.js';
import type { Document, Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { silent } from './support/silent.js';

eachEngine((engine) => {
  let documents: Documents;
  let clock: ManualClock;
  let deps: { documents: Documents; masters: MasterKeys; clock: ManualClock; random: typeof systemRandom };
  beforeEach(async () => {
    clock = new ManualClock();
    documents = await engine.open({ clock });
    deps = {
      documents,
      masters: parseMasterKeys(newMasterKeyEntry(systemRandom)),
      clock,
      random: systemRandom,
    };
    await openKeyring(deps);
  });
  afterEach(() => documents.close());

  /** The key of a purpose that a new one has replaced. */
  async function rotated(purpose: (typeof PURPOSES)[number]): Promise<string> {
    const old = (await checkKeyring(deps)).find((key) => key.purpose === purpose)!.id;
    await rotateKey(deps, purpose);
    clock.advance(ROTATION_DELAY_MS);
    return old;
  }

  it('lists every key with its master key, and says which do not open', async () => {
    const standings = await checkKeyring(deps);
    expect(standings.map(({ purpose, current, fault }) => [purpose, current, fault])).toEqual(
      PURPOSES.map((purpose) => [purpose, true, undefined]),
    );
    const others = parseMasterKeys(newMasterKeyEntry(systemRandom));
    const faults = (await checkKeyring({ ...deps, masters: others })).map(({ fault }) => fault);
    expect(faults.every((fault) => fault?.includes('which is missing'))).toBe(true);
  });

  it('rotates a purpose: the new key is current after the delay, the old one still opens', async () => {
    const old = await rotated('signing');
    const keys = (await checkKeyring(deps)).filter(({ purpose }) => purpose === 'signing');
    expect(keys.map(({ id, current }) => [id === old, current])).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it('retires no current key, no unknown key and no index key', async () => {
    const [first] = await checkKeyring(deps);
    await expect(retireKey(deps, first!.id, silent)).rejects.toThrow('is the current index key');
    await expect(retireKey(deps, 'none', silent)).rejects.toThrow('holds no key none');
    await expect(retireKey(deps, await rotated('index'), silent)).rejects.toThrow('cannot be retired');
  });

  it('retires a key once nothing it has made can be valid', async () => {
    const old = await rotated('pepper');
    await expect(retireKey(deps, old, silent)).rejects.toThrow('can be valid until');
    clock.advance(DAY_MS);
    await retireKey(deps, old, silent);
    expect((await checkKeyring(deps)).map(({ id }) => id)).not.toContain(old);
  });

  it('seals what is kept for long with the current key before an encryption key is retired', async () => {
    const before = createEncryption((await openKeyring(deps)).keys('encryption'), systemRandom);
    const _id = 'default.live/x';
    const place = contactAddressPlace(_id);
    const contacts = documents.collection<Document & { address: string }>('contacts');
    await contacts.insertOne({ _id, address: before.seal(place, 'x@example.com') });
    const old = await rotated('encryption');
    expect(await retireKey(deps, old, silent)).toEqual({ resealed: 1 });
    const after = createEncryption((await openKeyring(deps)).keys('encryption'), systemRandom);
    const stored = await contacts.findOne({ _id });
    expect(stored!.address).not.toContain(old);
    expect(after.open(place, stored!.address)).toBe('x@example.com');
  });

  it('does not retire an encryption key while a document needs it, and says which collection has it', async () => {
    const encryption = createEncryption((await openKeyring(deps)).keys('encryption'), systemRandom);
    const place = { collection: 'inbox', id: 'm', field: 'sealed' };
    await documents
      .collection<Document & { sealed: string }>('inbox')
      .insertOne({ _id: 'm', sealed: encryption.seal(place, 'text') });
    const old = await rotated('encryption');
    await expect(retireKey(deps, old, silent)).rejects.toThrow(`Key ${old} still seals values in: inbox 1.`);
    expect((await checkKeyring(deps)).map(({ id }) => id)).toContain(old);
  });
});
