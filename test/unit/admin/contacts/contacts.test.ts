import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Contacts,
  createContacts,
  type Verification,
} from '../../../../server/admin/contacts/contacts.js';
import { contactAddressPlace, type StoredContact } from '../../../../server/admin/contacts/stored.js';
import { createEncryption } from '../../../../server/secrets/encryption.js';
import { createFingerprints } from '../../../../server/secrets/fingerprints.js';
import type { Collection, Documents } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { fixedKeys } from '../../../support/fixedKeys.js';
import { seededRandom } from '../../../support/seededRandom.js';

const PHONE = '+573001234542';

eachEngine(({ name: engine, newStore }) => {
  const encryption = createEncryption(fixedKeys('enc'), seededRandom('contacts'));
  let documents: Documents;
  let stored: Collection<StoredContact>;
  let contacts: Contacts;
  /** A second process on the same store. */
  let other: Contacts;
  let made = 0;
  const newWorkspace = () => `workspace-${made++}`;

  beforeAll(async () => {
    const store = await newStore();
    documents = await store.open();
    stored = documents.collection('contacts');
    contacts = createContacts(documents, encryption, createFingerprints(fixedKeys('index')));
    other = createContacts(await store.open(), encryption, createFingerprints(fixedKeys('index')));
  });

  const verification = (
    workspace: string,
    minute: number,
    more: Partial<Verification> = {},
  ): Verification => ({
    workspace,
    mode: 'live',
    channel: 'sms',
    address: PHONE,
    masked: '+57 300 *** ** 42',
    sessionId: `session-${minute}`,
    at: new Date(Date.UTC(2030, 0, 15, 12, minute)),
    ...more,
  });
  const of = (workspace: string, mode = 'live') =>
    stored.find({ _id: { $gte: `${workspace}.${mode}/`, $lt: `${workspace}.${mode}0` } }).toArray();

  it('is made with the address sealed', async () => {
    const workspace = newWorkspace();
    const { at } = verification(workspace, 1);
    await contacts.verified(verification(workspace, 1));
    const [contact, ...more] = await of(workspace);
    expect(more).toEqual([]);
    expect(contact).toMatchObject({
      _id: expect.stringMatching(/^workspace-\d+\.live\/[\w-]{43}$/),
      masked: '+57 300 *** ** 42',
      channels: { sms: at },
      firstVerifiedAt: at,
      lastVerifiedAt: at,
      lastSessionId: 'session-1',
    });
    expect(JSON.stringify(contact)).not.toContain('3001234542');
    expect(encryption.open(contactAddressPlace(contact!._id), contact!.address)).toBe(PHONE);
  });

  it('is one for an address, however often and on whichever channel it is verified', async () => {
    const workspace = newWorkspace();
    const [first, second, third] = [1, 2, 3].map((minute) => verification(workspace, minute));
    await contacts.verified(first!);
    await contacts.verified(second!);
    await contacts.verified({ ...third!, channel: 'whatsapp' });
    expect(await of(workspace)).toMatchObject([
      {
        channels: { sms: second!.at, whatsapp: third!.at },
        firstVerifiedAt: first!.at,
        lastVerifiedAt: third!.at,
        lastSessionId: 'session-3',
      },
    ]);
  });

  it('is not another for an address spelled otherwise', async () => {
    const workspace = newWorkspace();
    const email = { channel: 'email', masked: 'a***@example.com' } as const;
    await contacts.verified(verification(workspace, 1, { ...email, address: 'Ana@example.com' }));
    await contacts.verified(verification(workspace, 2, { ...email, address: 'ana@EXAMPLE.com' }));
    expect(await of(workspace)).toHaveLength(1);
  });

  it('is another for another address, mode or workspace', async () => {
    const workspace = newWorkspace();
    await contacts.verified(verification(workspace, 1));
    await contacts.verified(verification(workspace, 1, { address: '+573001234543' }));
    await contacts.verified(verification(workspace, 1, { mode: 'test' }));
    await contacts.verified(verification(`${workspace}-2`, 1));
    expect(await of(workspace)).toHaveLength(2);
    expect(await of(workspace, 'test')).toHaveLength(1);
    expect(await of(`${workspace}-2`)).toHaveLength(1);
  });

  it('is one when it is verified many times at once', async () => {
    const workspace = newWorkspace();
    const all = Array.from({ length: 12 }, (_, minute) =>
      (minute % 2 ? contacts : other).verified(
        verification(workspace, minute, { channel: minute % 3 ? 'sms' : 'whatsapp' }),
      ),
    );
    await Promise.all(all);
    expect(await of(workspace)).toMatchObject([
      {
        channels: { sms: verification(workspace, 11).at, whatsapp: verification(workspace, 9).at },
        firstVerifiedAt: verification(workspace, 0).at,
        lastVerifiedAt: verification(workspace, 11).at,
        lastSessionId: 'session-11',
      },
    ]);
  });

  it('stays the same contact when the index key is rotated', async () => {
    const workspace = newWorkspace();
    await contacts.verified(verification(workspace, 1));
    const rotated = createContacts(documents, encryption, createFingerprints(fixedKeys('newer', 'index')));
    await rotated.verified(verification(workspace, 2));
    expect(await of(workspace)).toMatchObject([{ lastSessionId: 'session-2' }]);
    await rotated.verified(verification(workspace, 3, { address: '+573001234543' }));
    expect(await of(workspace)).toHaveLength(2);
  });

  it('is the same in any order and with any repeats of the events', async () => {
    const repeated = fc.record({
      minute: fc.nat(9),
      channel: fc.constantFrom('sms', 'whatsapp'),
      again: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(repeated, { minLength: 1, maxLength: 8 }), async (list) => {
        const workspace = newWorkspace();
        for (const { minute, channel, again } of list) {
          const one = verification(workspace, minute, { channel });
          await contacts.verified(one);
          if (again) await other.verified(one);
        }
        const minutes = (channel?: string) =>
          list.filter((one) => !channel || one.channel === channel).map(({ minute }) => minute);
        const latestOn = (channel: 'sms' | 'whatsapp') =>
          minutes(channel).length > 0
            ? { [channel]: verification(workspace, Math.max(...minutes(channel))).at }
            : {};
        const last = Math.max(...minutes());
        const [contact, ...more] = await of(workspace);
        expect(more).toEqual([]);
        expect(contact).toEqual({
          _id: contact?._id,
          address: contact?.address,
          masked: '+57 300 *** ** 42',
          channels: { ...latestOn('sms'), ...latestOn('whatsapp') },
          firstVerifiedAt: verification(workspace, Math.min(...minutes())).at,
          lastVerifiedAt: verification(workspace, last).at,
          lastSessionId: `session-${last}`,
        });
      }),
      { numRuns: engine === 'embedded' ? 50 : 8 },
    );
  });

  describe('deleted', () => {
    it('is made again by a later verification', async () => {
      const workspace = newWorkspace();
      await contacts.verified(verification(workspace, 1));
      const [contact] = await of(workspace);
      await stored.deleteOne({ _id: contact!._id });
      await contacts.verified(verification(workspace, 2));
      expect(await of(workspace)).toMatchObject([{ firstVerifiedAt: verification(workspace, 2).at }]);
    });
  });
});
