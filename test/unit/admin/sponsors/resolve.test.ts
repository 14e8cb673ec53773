import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDeleteSponsor } from '../../../../server/admin/sponsors/deleteSponsor.js';
import { sealAddress } from '../../../../server/admin/sponsors/readAddress.js';
import { createSponsors, type Resolving, type Sponsors } from '../../../../server/admin/sponsors/sponsors.js';
import type { StoredBeneficiary, StoredSponsor } from '../../../../server/admin/sponsors/stored.js';
import type { ChannelName } from '../../../../server/domain/channels.js';
import type { SponsorRule } from '../../../../server/domain/sponsorRules.js';
import { createEncryption } from '../../../../server/secrets/encryption.js';
import type { Documents } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { fixedKeys } from '../../../support/fixedKeys.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';

const encryption = createEncryption(fixedKeys('k1'), seededRandom('sponsors'));
const rule = (operation: string, requirement: SponsorRule['requirement'], ...productTypes: string[]) => ({
  operation,
  productTypes,
  requirement,
});

eachEngine((engine) => {
  let documents: Documents;
  let clock: ManualClock;
  let sponsors: Sponsors;

  beforeAll(async () => {
    documents = await engine.open();
  });
  beforeEach(async () => {
    await Promise.all([stored().deleteMany({}), onFile().deleteMany({})]);
    clock = new ManualClock();
    sponsors = createSponsors(documents, encryption, clock);
    await put({});
    await file('other', { phone: '+573001234542', email: 'jonathan@example.com' });
  });

  const stored = () => documents.collection<StoredSponsor>('sponsors');
  const onFile = () => documents.collection<StoredBeneficiary>('beneficiaries');

  async function put(settings: Partial<StoredSponsor>) {
    const _id = 'default/acme';
    await stored().deleteOne({ _id });
    await stored().insertOne({
      _id,
      displayName: 'Acme',
      channels: ['email', 'sms'],
      otpForbidden: false,
      rules: [],
      clients: [],
      createdAt: new Date(clock.now()),
      ...settings,
    });
    sponsors.forget('default', 'acme');
  }

  async function file(id: string, { phone, email }: { phone?: string; email?: string }) {
    const _id = `default/acme/${id}`;
    await onFile().insertOne({
      _id,
      ...(phone && { phone: sealAddress(encryption, _id, { field: 'phone', text: phone }) }),
      ...(email && { email: sealAddress(encryption, _id, { field: 'email', text: email }) }),
      createdAt: new Date(clock.now()),
    });
  }

  const resolve = (more: Partial<Resolving> = {}) =>
    sponsors.resolve({
      workspace: 'default',
      client: 'client',
      sponsorSlug: 'acme',
      beneficiaryId: 'other',
      channels: 'default',
      ...more,
    });
  const addresses = async (more: Partial<Resolving>) =>
    (await resolve(more)).recipients.map(({ channel, address }) => [channel, address]);

  describe('a beneficiary', () => {
    it('is reached at the addresses on file, in channel order', async () => {
      await put({ channels: ['email', 'sms', 'whatsapp'] });
      expect(await addresses({ channels: ['whatsapp', 'sms', 'email'] })).toEqual([
        ['email', 'jonathan@example.com'],
        ['sms', '+573001234542'],
        ['whatsapp', '+573001234542'],
      ]);
      const { recipients } = await resolve({ channels: ['sms'] });
      expect(recipients).toMatchObject([{ identity: '+573001234542', masked: '+57 300 *** ** 42' }]);
    });

    it.each<[ChannelName[], ChannelName]>([
      [['email', 'sms', 'whatsapp'], 'sms'],
      [['email', 'whatsapp'], 'email'],
      [['whatsapp'], 'whatsapp'],
    ])('of a sponsor with %j is reached by %s where no channel is asked for', async (channels, chosen) => {
      await put({ channels });
      expect((await addresses({})).map(([channel]) => channel)).toEqual([chosen]);
    });

    it('has no other address used when the one asked for is not on file', async () => {
      await file('mailbox', { email: 'a@example.com' });
      await file('nowhere', {});
      const refusals: [Partial<Resolving>, ChannelName, string][] = [
        [{ beneficiaryId: 'mailbox' }, 'sms', 'channels'],
        [{ beneficiaryId: 'mailbox', channels: ['email', 'sms'] }, 'sms', 'channels[1]'],
        [{ beneficiaryId: 'nowhere', channels: ['email'] }, 'email', 'channels[0]'],
      ];
      for (const [more, channel, field] of refusals) {
        await expect(resolve(more)).rejects.toMatchObject({
          reason: 'NO_ADDRESS_ON_FILE',
          details: { channel, violations: [{ field }] },
        });
      }
      expect(await addresses({ beneficiaryId: 'mailbox', channels: ['email'] })).toEqual([
        ['email', 'a@example.com'],
      ]);
    });

    it('cannot be asked for on a channel the sponsor does not support', async () => {
      await expect(resolve({ channels: ['sms', 'whatsapp'] })).rejects.toMatchObject({
        reason: 'CHANNEL_NOT_SUPPORTED',
        details: { channel: 'whatsapp', violations: [{ field: 'channels[1]' }] },
      });
    });
  });

  describe('a refusal', () => {
    const settlement = { type: 'SETTLEMENT', productType: 'LAB' };
    it.each<[string, Partial<StoredSponsor>, Partial<Resolving>]>([
      ['an unknown sponsor', {}, { sponsorSlug: 'unknown' }],
      ['a sponsor no store could hold', {}, { sponsorSlug: 'a\0' }],
      ['a sponsor being deleted', { deletingAt: new Date(0) }, {}],
      ['an unknown beneficiary', {}, { beneficiaryId: 'unknown' }],
      ['a beneficiary no store could hold', {}, { beneficiaryId: 'a\0' }],
      ['another workspace', {}, { workspace: 'other' }],
      ['a client that is not listed', { clients: ['another', 'clien'] }, {}],
      ['a sponsor without OTPs', { otpForbidden: true }, {}],
      [
        'a sponsor without OTPs, with any rules',
        { otpForbidden: true, rules: [rule('SETTLEMENT', 'REQUIRED')] },
        { operation: settlement },
      ],
      ['an operation without OTPs', { rules: [rule('SETTLEMENT', 'FORBIDDEN')] }, { operation: settlement }],
      [
        'a product without OTPs',
        { rules: [rule('SETTLEMENT', 'REQUIRED'), rule('SETTLEMENT', 'FORBIDDEN', 'LAB')] },
        { operation: settlement },
      ],
    ])('says the same for %s', async (_, settings, more) => {
      await put(settings);
      const refused = await resolve(more).catch((thrown) => thrown);
      expect({ reason: refused.reason, message: refused.message, details: refused.details }).toEqual({
        reason: 'OTP_NOT_ALLOWED',
        message: 'The sponsor does not allow an OTP here.',
        details: {},
      });
    });

    it.each<[string, Partial<StoredSponsor>, Partial<Resolving>]>([
      ['a listed client', { clients: ['another', 'client'] }, {}],
      ['another operation', { rules: [rule('DISPENSATION', 'FORBIDDEN')] }, { operation: settlement }],
      ['another product', { rules: [rule('SETTLEMENT', 'FORBIDDEN', 'IMAGING')] }, { operation: settlement }],
      ['no operation', { rules: [rule('SETTLEMENT', 'FORBIDDEN')] }, {}],
    ])('is not met by %s', async (_, settings, more) => {
      await put(settings);
      expect(await addresses(more)).toEqual([['sms', '+573001234542']]);
    });
  });

  it('a change made elsewhere is seen within five seconds', async () => {
    expect(await addresses({})).toHaveLength(1);
    await stored().findOneAndUpdate({ _id: 'default/acme' }, { $set: { otpForbidden: true } });
    clock.advance(4_999);
    expect(await addresses({})).toHaveLength(1);
    clock.advance(1);
    await expect(resolve()).rejects.toMatchObject({ reason: 'OTP_NOT_ALLOWED' });
  });

  it('a deletion that broke off is continued by the next, batch by batch', async () => {
    const deleteSponsor = createDeleteSponsor(documents, clock, 3);
    for (let n = 0; n < 7; n++) await file(`p${n}`, {});
    await stored().findOneAndUpdate({ _id: 'default/acme' }, { $set: { deletingAt: new Date(clock.now()) } });
    let marked = 0;
    await deleteSponsor('default/acme', false, () => marked++);
    expect(marked).toBe(1);
    expect(await onFile().find({}, { limit: 1 }).toArray()).toEqual([]);
    expect(await stored().findOne({ _id: 'default/acme' })).toBeNull();
  });

  it('two deletions at once leave nothing and neither fails nor finds a sponsor made after them', async () => {
    const deleteSponsor = createDeleteSponsor(documents, clock);
    const both = await Promise.allSettled([
      deleteSponsor('default/acme', true, () => {}),
      deleteSponsor('default/acme', true, () => {}),
    ]);
    for (const one of both) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ reason: 'NOT_FOUND' });
    }
    expect(await stored().find({}, { limit: 1 }).toArray()).toEqual([]);
    expect(await onFile().find({}, { limit: 1 }).toArray()).toEqual([]);
  });
});
