import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../../support/connectJson.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.SponsorService';
const service = serviceForSuite();
let admin: ReturnType<typeof connectJson>;

beforeAll(async () => {
  admin = connectJson(service.baseUrl, service.liveKey);
});

let made = 0;
const newSlug = () => `sponsor-${++made}`;
const create = (sponsor: object, call = admin) =>
  call(`${SERVICE}/CreateSponsor`, {
    sponsor: { displayName: 'a sponsor', channels: ['CHANNEL_SMS'], ...sponsor },
  });

describe('sponsors', () => {
  it('are kept as they were given', async () => {
    const sponsor = {
      slug: 'sponsor-sandbox',
      displayName: 'Sponsor Sandbox',
      channels: ['CHANNEL_EMAIL', 'CHANNEL_SMS'],
      otpForbidden: true,
      rules: [
        { operation: 'DISPENSATION', requirement: 'REQUIREMENT_OPTIONAL' },
        {
          operation: 'DISPENSATION',
          productTypes: ['MEDICATION', 'LAB'],
          requirement: 'REQUIREMENT_REQUIRED',
        },
      ],
      clients: ['a-key', 'another-key'],
    };
    const { body } = await create(sponsor);
    expect(body.sponsor).toEqual({ ...sponsor, createdAt: expect.stringMatching(/^2030-01-15T/) });
    const read = await admin(`${SERVICE}/GetSponsor`, { slug: sponsor.slug });
    expect(read.body.sponsor).toEqual(body.sponsor);
  });

  it('have a slug that no other of the workspace has', async () => {
    const slug = newSlug();
    expect((await create({ slug })).status).toBe(200);
    expect((await create({ slug })).reason).toBe('ALREADY_EXISTS');
    expect((await create({ slug }, await keyOf(service, 'neighbour'))).status).toBe(200);
  });

  it.each(['', 'a/b', '-a', 'a b', 'a\u0000', 'a'.repeat(65)])('refuse the slug %j', async (slug) => {
    expect((await create({ slug })).fields).toEqual(['sponsor.slug']);
  });

  it.each(['a', '0.b_c-D', 'a'.repeat(64)])('take the slug %j', async (slug) => {
    expect((await create({ slug })).status).toBe(200);
  });

  it.each([
    ['no channel', { channels: [] }, 'sponsor.channels'],
    ['a channel twice', { channels: ['CHANNEL_SMS', 'CHANNEL_SMS'] }, 'sponsor.channels'],
    ['a channel not set', { channels: ['CHANNEL_UNSPECIFIED'] }, 'sponsor.channels[0]'],
    ['no name', { displayName: '' }, 'sponsor.display_name'],
    ['a rule without a requirement', { rules: [{ operation: 'X' }] }, 'sponsor.rules[0].requirement'],
    [
      'a rule without an operation',
      { rules: [{ requirement: 'REQUIREMENT_REQUIRED' }] },
      'sponsor.rules[0].operation',
    ],
    [
      'rules that contradict each other',
      {
        rules: [
          { operation: 'X', productTypes: ['A', 'B'], requirement: 'REQUIREMENT_REQUIRED' },
          { operation: 'X', productTypes: ['B', 'C'], requirement: 'REQUIREMENT_OPTIONAL' },
        ],
      },
      'sponsor.rules[1]',
    ],
  ])('refuse %s', async (_, more, field) => {
    const { reason, fields } = await create({ slug: newSlug(), ...more });
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
  });

  it('change by field mask, and only what the mask names', async () => {
    const slug = newSlug();
    await create({ slug, clients: ['one'] });
    const update = (sponsor: object, updateMask: string) =>
      admin(`${SERVICE}/UpdateSponsor`, { sponsor: { slug, ...sponsor }, updateMask });
    const changed = await update({ displayName: 'new', channels: ['CHANNEL_EMAIL'] }, 'displayName');
    expect(changed.body.sponsor).toMatchObject({
      displayName: 'new',
      channels: ['CHANNEL_SMS'],
      clients: ['one'],
    });
    const cleared = await update({}, 'clients');
    expect(cleared.body.sponsor.clients).toBeUndefined();
    expect((await update({}, 'channels')).fields).toEqual(['sponsor.channels']);
    expect((await update({}, 'slug')).fields).toEqual(['update_mask']);
    const unknown = await admin(`${SERVICE}/UpdateSponsor`, {
      sponsor: { slug: 'un\u0000known', displayName: 'x' },
      updateMask: 'displayName',
    });
    expect(unknown.reason).toBe('NOT_FOUND');
  });

  it('belong to a workspace and are changed by live keys only', async () => {
    const slug = newSlug();
    await create({ slug });
    const other = await keyOf(service, 'other');
    expect((await other(`${SERVICE}/GetSponsor`, { slug })).reason).toBe('NOT_FOUND');
    expect((await other(`${SERVICE}/DeleteSponsor`, { slug })).reason).toBe('NOT_FOUND');
    expect((await other(`${SERVICE}/ListSponsors`, {})).body.sponsors).toBeUndefined();
    expect((await other(`${SERVICE}/ListSponsors`, { workspace: 'default' })).reason).toBe(
      'PERMISSION_DENIED',
    );

    const test = connectJson(service.baseUrl, service.testKey);
    expect((await test(`${SERVICE}/GetSponsor`, { slug })).body.sponsor.slug).toBe(slug);
    const changes = [
      create({ slug: newSlug() }, test),
      test(`${SERVICE}/UpdateSponsor`, { sponsor: { slug, displayName: 'x' }, updateMask: 'displayName' }),
      test(`${SERVICE}/DeleteSponsor`, { slug }),
    ];
    for (const { reason } of await Promise.all(changes)) expect(reason).toBe('PERMISSION_DENIED');
    const sender = await keyOf(service, 'default', ['otp.send']);
    expect((await sender(`${SERVICE}/GetSponsor`, { slug })).reason).toBe('PERMISSION_DENIED');
  });

  it('are listed by pages, each once, by slug', async () => {
    const lister = await keyOf(service, 'listing');
    const slugs = ['b', 'a', 'c.1', 'c-1', 'B'];
    for (const slug of slugs) await create({ slug }, lister);
    const seen: string[] = [];
    let pageToken = '';
    do {
      const { body } = await lister(`${SERVICE}/ListSponsors`, { pageSize: 2, pageToken });
      seen.push(...body.sponsors.map(({ slug }: { slug: string }) => slug));
      pageToken = body.nextPageToken ?? '';
    } while (pageToken);
    expect(seen).toEqual([...slugs].sort());
  });

  it('are audited', async () => {
    const slug = newSlug();
    await create({ slug });
    const { body } = await admin('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 1 });
    expect(body.entries).toMatchObject([
      { method: `${SERVICE}/CreateSponsor`, resource: `sponsors/${slug}`, outcome: 'OK' },
    ]);
  });
});

describe('a sponsor that is deleted', () => {
  const onFile = (sponsorSlug: string, beneficiaryId = 'other') =>
    admin(`${SERVICE}/CreateBeneficiary`, { beneficiary: { sponsorSlug, beneficiaryId } });

  it('is kept while it has beneficiaries, unless forced', async () => {
    const slug = newSlug();
    await create({ slug });
    await onFile(slug);
    const refused = await admin(`${SERVICE}/DeleteSponsor`, { slug });
    expect({ reason: refused.reason, fields: refused.fields }).toEqual({
      reason: 'INVALID_REQUEST',
      fields: ['force'],
    });
    expect((await admin(`${SERVICE}/DeleteSponsor`, { slug, force: true })).status).toBe(200);
    expect((await admin(`${SERVICE}/GetSponsor`, { slug })).reason).toBe('NOT_FOUND');
    expect((await admin(`${SERVICE}/DeleteSponsor`, { slug })).reason).toBe('NOT_FOUND');
  });

  it('leaves no beneficiary to the next one of its name, and takes none from its neighbours', async () => {
    const slug = newSlug();
    const neighbours = [`${slug}0`, `${slug}.`, `${slug}-`];
    for (const each of [slug, ...neighbours]) {
      await create({ slug: each });
      await onFile(each, 'a/b');
    }
    await admin(`${SERVICE}/DeleteSponsor`, { slug, force: true });
    await create({ slug });
    const left = await admin(`${SERVICE}/ListBeneficiaries`, { sponsorSlug: slug });
    expect(left.body.beneficiaries).toBeUndefined();
    for (const sponsorSlug of neighbours) {
      const { body } = await admin(`${SERVICE}/ListBeneficiaries`, { sponsorSlug });
      expect(body.beneficiaries).toMatchObject([{ sponsorSlug, beneficiaryId: 'a/b' }]);
    }
  });
});
