import { afterEach, beforeEach, expect, it } from 'vitest';
import { contactAddressPlace, type StoredContact } from '../../../server/admin/contacts/stored.js';
import { sealAddress } from '../../../server/admin/sponsors/readAddress.js';
import { addressPlace, type StoredBeneficiary } from '../../../server/admin/sponsors/stored.js';
import { accountSecretPlace, type StoredAccount } from '../../../server/delivery/accounts/stored.js';
import type { StoredGuard } from '../../../server/guard/stored.js';
import { sealVetoSecret, vetoSecretPlace } from '../../../server/guard/vetoSecret.js';
import { checkKeyring, retireKey, rotateKey } from '../../../server/maintenance/keyringCare.js';
import { DAY_MS } from '../../../server/platform/durations.js';
import { systemRandom } from '../../../server/platform/random.js';
import { createEncryption, type Encryption } from '../../../server/secrets/encryption.js';
import { openKeyring, PURPOSES, ROTATION_DELAY_MS } from '../../../server/secrets/keyring/keyring.js';
import {
  type MasterKeys,
  newMasterKeyEntry,
  parseMasterKeys,
} from '../../../server/secrets/keyring/masterKeys.js';
import type { LastingCollection } from '../../../server/secrets/sealedFields.js';
import type { Document, Documents } from '../../../server/store/documents.js';
import { newSecret, rotateSecrets, signedHeaders } from '../../../server/webhooks/endpointSecrets.js';
import type { StoredEndpoint } from '../../../server/webhooks/stored.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { silent } from './support/silent.js';

const ID = 'default.live/x';
const ADDRESS = 'x@example.com';
const PHONE = '+573001234567';
const KEY = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';

/** A document of each collection whose sealed values last, and whether what it holds opens. */
const LASTING: Readonly<
  Record<
    LastingCollection,
    {
      readonly sealed: (encryption: Encryption) => Document;
      readonly opened: (encryption: Encryption, document: Document) => boolean;
    }
  >
> = {
  contacts: {
    sealed: (encryption) =>
      ({ _id: ID, address: encryption.seal(contactAddressPlace(ID), ADDRESS) }) as Document,
    opened: (encryption, document) =>
      encryption.open(contactAddressPlace(ID), (document as StoredContact).address) === ADDRESS,
  },
  beneficiaries: {
    sealed: (encryption) =>
      ({
        _id: ID,
        email: sealAddress(encryption, ID, { field: 'email', text: ADDRESS }),
        phone: sealAddress(encryption, ID, { field: 'phone', text: PHONE }),
      }) as Document,
    opened(encryption, document) {
      const { email, phone } = document as StoredBeneficiary;
      return (
        encryption.open(addressPlace(ID, 'email'), email!.sealed) === ADDRESS &&
        encryption.open(addressPlace(ID, 'phone'), phone!.sealed) === PHONE
      );
    },
  },
  guards: {
    sealed(encryption) {
      const { sealed } = sealVetoSecret({ encryption, random: systemRandom }, ID, {
        given: KEY,
        before: undefined,
      });
      return { _id: ID, veto: { secret: sealed } } as Document;
    },
    opened: (encryption, document) =>
      encryption.open(vetoSecretPlace(ID), (document as StoredGuard).veto!.secret) === KEY,
  },
  providerAccounts: {
    sealed: (encryption) =>
      ({
        _id: ID,
        secrets: ['auth_token', 'other'].map((name) => ({
          name,
          sealed: encryption.seal(accountSecretPlace(ID, name), KEY),
        })),
      }) as unknown as Document,
    opened: (encryption, document) =>
      (document as StoredAccount).secrets.every(
        ({ name, sealed }) => encryption.open(accountSecretPlace(ID, name), sealed) === KEY,
      ),
  },
  webhooks: {
    sealed(encryption) {
      const [old, fresh] = [0, 1].map(() => newSecret(encryption, systemRandom, ID).stored);
      return { _id: ID, secrets: rotateSecrets([old!], fresh!, 0) } as Document;
    },
    opened(encryption, document) {
      const { secrets } = document as StoredEndpoint;
      return (
        signedHeaders(encryption, { _id: ID, secrets }, 'event', '{}', 0)['webhook-signature'].split(' ')
          .length === 2
      );
    },
  },
};

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

  const encryptionNow = async () =>
    createEncryption((await openKeyring(deps)).keys('encryption'), systemRandom);

  it.each(Object.entries(LASTING))(
    'seals what %s keep with the current key before an encryption key is retired',
    async (name, { sealed, opened }) => {
      const document = sealed(await encryptionNow());
      await documents.collection(name).insertOne(document);
      const old = await rotated('encryption');
      expect(JSON.stringify(document)).toContain(`v1.${old}.`);
      expect((await retireKey(deps, old, silent)).resealed).toBeGreaterThan(0);
      const stored = await documents.collection(name).findOne({ _id: document._id });
      expect(JSON.stringify(stored)).not.toContain(`v1.${old}.`);
      expect(opened(await encryptionNow(), stored!)).toBe(true);
    },
  );

  it('does not retire an encryption key while a document needs it, and says which collection has it', async () => {
    const encryption = createEncryption((await openKeyring(deps)).keys('encryption'), systemRandom);
    const place = { collection: 'inbox', id: 'm', field: 'sealed' } as const;
    await documents
      .collection<Document & { sealed: string }>('inbox')
      .insertOne({ _id: 'm', sealed: encryption.seal(place, 'text') });
    const old = await rotated('encryption');
    await expect(retireKey(deps, old, silent)).rejects.toThrow(`Key ${old} still seals values in: inbox 1.`);
    expect((await checkKeyring(deps)).map(({ id }) => id)).toContain(old);
  });
});
