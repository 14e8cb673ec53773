import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../../support/connectJson.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.SponsorService';
/** The identifier in the documents: not a legal ULID. */
const DOCUMENTED = 'bnf_01HW8GQ2KMNP3F4R5T6Y7U8I9O';
const service = serviceForSuite();
let admin: ReturnType<typeof connectJson>;

beforeAll(async () => {
  admin = connectJson(service.baseUrl, service.liveKey);
  for (const slug of ['acme', 'other']) {
    await admin(`${SERVICE}/CreateSponsor`, {
      sponsor: { slug, displayName: slug, channels: ['CHANNEL_SMS'] },
    });
  }
});

const create = (beneficiary: object, call = admin) =>
  call(`${SERVICE}/CreateBeneficiary`, { beneficiary: { sponsorSlug: 'acme', ...beneficiary } });

describe('beneficiaries', () => {
  it('are shown with masked addresses only, and nothing of an address is in the store in clear', async () => {
    const given = { beneficiaryId: DOCUMENTED, phone: '+57 300 123 4542', email: 'Jonathan@EXAMPLE.com' };
    const { body } = await create(given);
    const shown = {
      sponsorSlug: 'acme',
      beneficiaryId: DOCUMENTED,
      maskedPhone: '+57 300 *** ** 42',
      maskedEmail: 'J***n@example.com',
      createdAt: expect.stringMatching(/^2030-01-15T/),
    };
    expect(body.beneficiary).toEqual(shown);
    const who = { sponsorSlug: 'acme', beneficiaryId: DOCUMENTED };
    expect((await admin(`${SERVICE}/GetBeneficiary`, who)).body.beneficiary).toEqual(shown);
    const stored = await service.documents.collection('beneficiaries').findOne({
      _id: `default/acme/${DOCUMENTED}`,
    });
    for (const text of [JSON.stringify(stored), service.logged()]) {
      expect(text).not.toMatch(/3001234542|jonathan/i);
    }
    const files = ['', '-wal'].map((end) => `countersign.db${end}`);
    for (const file of files) {
      const bytes = readFileSync(join(service.dataDir, file), 'latin1');
      expect(bytes).not.toMatch(/3001234542|jonathan/i);
    }
  });

  it.each(['a/b', '../x', 'ñ 漢字 👩‍⚕️', ' ', '$ne', 'a'.repeat(128), '__proto__'])(
    'take the id %j',
    async (beneficiaryId) => {
      expect((await create({ beneficiaryId })).status).toBe(200);
      const read = await admin(`${SERVICE}/GetBeneficiary`, { sponsorSlug: 'acme', beneficiaryId });
      expect(read.body.beneficiary).toMatchObject({ sponsorSlug: 'acme', beneficiaryId });
    },
  );

  it.each(['', 'a'.repeat(129), 'a\u0000b'])('refuse the id %j', async (beneficiaryId) => {
    expect((await create({ beneficiaryId })).fields).toEqual(['beneficiary.beneficiary_id']);
  });

  it('are one person per sponsor and id', async () => {
    const beneficiaryId = 'once';
    expect((await create({ beneficiaryId })).status).toBe(200);
    expect((await create({ beneficiaryId })).reason).toBe('ALREADY_EXISTS');
    expect((await create({ beneficiaryId, sponsorSlug: 'other' })).status).toBe(200);
    expect((await create({ beneficiaryId, sponsorSlug: 'unknown' })).reason).toBe('NOT_FOUND');
  });

  it.each([
    ['phone', '3001234542'],
    ['phone', 'jonathan@example.com'],
    ['email', 'jonathan'],
  ])('refuse the %s %j', async (field, text) => {
    const { reason, fields } = await create({ beneficiaryId: 'wrong', [field]: text });
    expect({ reason, fields }).toEqual({ reason: 'INVALID_RECIPIENT', fields: [`beneficiary.${field}`] });
  });

  it('change by field mask; what is named and not set is taken off file', async () => {
    const beneficiaryId = 'changing';
    await create({ beneficiaryId, phone: '+573001234542', email: 'jonathan@example.com' });
    const update = (fields: object, updateMask: string) =>
      admin(`${SERVICE}/UpdateBeneficiary`, {
        beneficiary: { sponsorSlug: 'acme', beneficiaryId, ...fields },
        updateMask,
      });
    const moved = await update({ phone: '+14155550123', email: 'x@example.com' }, 'phone');
    expect(moved.body.beneficiary).toMatchObject({
      maskedPhone: '+1 415 *** ** 23',
      maskedEmail: 'j***n@example.com',
    });
    const cleared = await update({}, 'email');
    expect(cleared.body.beneficiary.maskedEmail).toBeUndefined();
    expect(cleared.body.beneficiary.maskedPhone).toBe('+1 415 *** ** 23');
    const both = await update({ email: 'new@example.com' }, '*');
    expect(both.body.beneficiary).toMatchObject({ maskedEmail: 'n***@example.com' });
    expect(both.body.beneficiary.maskedPhone).toBeUndefined();
    expect((await update({ phone: 'nonsense' }, 'phone')).reason).toBe('INVALID_RECIPIENT');
    expect((await update({ maskedPhone: 'x' }, 'maskedPhone')).fields).toEqual(['update_mask']);
    expect((await update({ beneficiaryId: 'a\u0000b' }, 'phone')).reason).toBe('NOT_FOUND');
  });

  it('are listed by pages, each once, of one sponsor only', async () => {
    await admin(`${SERVICE}/CreateSponsor`, {
      sponsor: { slug: 'listing', displayName: 'x', channels: ['CHANNEL_SMS'] },
    });
    const ids = ['b', 'a/z', 'a', 'ñ', '9'];
    for (const beneficiaryId of ids) await create({ sponsorSlug: 'listing', beneficiaryId });
    const seen: string[] = [];
    let pageToken = '';
    do {
      const { body } = await admin(`${SERVICE}/ListBeneficiaries`, {
        sponsorSlug: 'listing',
        pageSize: 2,
        pageToken,
      });
      seen.push(...body.beneficiaries.map(({ beneficiaryId }: { beneficiaryId: string }) => beneficiaryId));
      pageToken = body.nextPageToken ?? '';
    } while (pageToken);
    expect(seen).toEqual([...ids].sort());
  });

  it('are deleted once', async () => {
    const who = { sponsorSlug: 'acme', beneficiaryId: 'leaving' };
    await create(who);
    expect((await admin(`${SERVICE}/DeleteBeneficiary`, who)).status).toBe(200);
    expect((await admin(`${SERVICE}/DeleteBeneficiary`, who)).reason).toBe('NOT_FOUND');
    expect((await admin(`${SERVICE}/GetBeneficiary`, who)).reason).toBe('NOT_FOUND');
  });

  it('belong to a workspace and are changed by live keys only', async () => {
    const who = { sponsorSlug: 'acme', beneficiaryId: 'private' };
    await create(who);
    const other = await keyOf(service, 'elsewhere');
    expect((await other(`${SERVICE}/GetBeneficiary`, who)).reason).toBe('NOT_FOUND');
    expect((await other(`${SERVICE}/ListBeneficiaries`, { sponsorSlug: 'acme' })).reason).toBe('NOT_FOUND');
    expect((await create({ beneficiaryId: 'mine' }, other)).reason).toBe('NOT_FOUND');

    const test = connectJson(service.baseUrl, service.testKey);
    expect((await test(`${SERVICE}/GetBeneficiary`, who)).status).toBe(200);
    const changes = [
      create({ beneficiaryId: 'new' }, test),
      test(`${SERVICE}/UpdateBeneficiary`, { beneficiary: who, updateMask: 'phone' }),
      test(`${SERVICE}/DeleteBeneficiary`, who),
    ];
    for (const { reason } of await Promise.all(changes)) expect(reason).toBe('PERMISSION_DENIED');
  });
});
