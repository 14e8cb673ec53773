import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoredSession } from '../../../../server/session/stored.js';
import { connectJson } from '../../../support/connectJson.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SPONSORS = 'otp.admin.v1.SponsorService';
const REQUIREMENT = 'otp.v1.RequirementService';
const service = serviceForSuite();
let live: ReturnType<typeof connectJson>;
let test: ReturnType<typeof connectJson>;
let slug: string;
let made = 0;

beforeAll(async () => {
  live = connectJson(service.baseUrl, service.liveKey);
  test = connectJson(service.baseUrl, service.testKey);
});
beforeEach(() => {
  slug = `sponsor-${++made}`;
});

const RULES = [
  { operation: 'DISPENSATION', requirement: 'REQUIREMENT_OPTIONAL' },
  { operation: 'DISPENSATION', productTypes: ['MEDICATION'], requirement: 'REQUIREMENT_REQUIRED' },
  { operation: 'SETTLEMENT', productTypes: ['MEDICATION'], requirement: 'REQUIREMENT_FORBIDDEN' },
  { operation: 'PRE_AUTHORIZATION', productTypes: ['LAB'], requirement: 'REQUIREMENT_REQUIRED' },
];

const create = (more: object = {}) =>
  live(`${SPONSORS}/CreateSponsor`, {
    sponsor: { slug, displayName: 'x', channels: ['CHANNEL_EMAIL', 'CHANNEL_SMS'], rules: RULES, ...more },
  });
const update = (sponsor: object, updateMask: string) =>
  live(`${SPONSORS}/UpdateSponsor`, { sponsor: { slug, ...sponsor }, updateMask });
const configuration = (productType?: string, call = live) =>
  call(`${REQUIREMENT}/GetSponsorConfiguration`, { sponsorSlug: slug, productType });
const status = (operation: object, call = live) =>
  call(`${REQUIREMENT}/GetVerificationStatus`, { sponsorSlug: slug, operation });

describe('the configuration of a sponsor', () => {
  it('lists what the rules say about the product, and the channels', async () => {
    await create();
    expect((await configuration('MEDICATION')).body).toEqual({
      sponsorSlug: slug,
      productType: 'MEDICATION',
      operations: [{ operation: 'DISPENSATION', otpRequired: true }],
      channels: ['CHANNEL_EMAIL', 'CHANNEL_SMS'],
    });
    expect((await configuration('LAB')).body.operations).toEqual([
      { operation: 'DISPENSATION' },
      { operation: 'PRE_AUTHORIZATION', otpRequired: true },
    ]);
    // Of any product: the strictest of its rules.
    expect((await configuration()).body.operations).toEqual([
      { operation: 'DISPENSATION', otpRequired: true },
      { operation: 'PRE_AUTHORIZATION', otpRequired: true },
    ]);
  });

  it('follows a change in the next response, and so does the status', async () => {
    await create();
    const medication = { type: 'DISPENSATION', id: 'd-1', productType: 'MEDICATION' };
    expect((await status(medication)).body).toEqual({ otpRequired: true });
    await update({ rules: RULES.slice(0, 1), channels: ['CHANNEL_SMS'] }, 'rules,channels');
    expect((await configuration('MEDICATION')).body).toMatchObject({
      operations: [{ operation: 'DISPENSATION' }],
      channels: ['CHANNEL_SMS'],
    });
    expect((await status(medication)).body).toEqual({});
  });

  it('is empty where no OTP is allowed at all, and then none is required', async () => {
    await create({ otpForbidden: true });
    expect((await configuration('MEDICATION')).body).toEqual({
      sponsorSlug: slug,
      productType: 'MEDICATION',
    });
    const { body } = await status({ type: 'DISPENSATION', id: 'd', productType: 'MEDICATION' });
    expect(body).toEqual({});
  });

  it('is readable by listed clients only; a stranger cannot distinguish it from a sponsor that does not exist', async () => {
    const unknown = await configuration();
    const listed = await keyOf(service, 'default', ['otp.send']);
    await create({ clients: ['some-other-key'] });
    const refused = await configuration();
    expect({ status: refused.status, reason: refused.reason }).toEqual({
      status: 403,
      reason: 'OTP_NOT_ALLOWED',
    });
    expect(refused.body).toEqual(unknown.body);
    expect((await status({ type: 'DISPENSATION', id: 'd' })).reason).toBe('OTP_NOT_ALLOWED');

    const { body } = await live('otp.admin.v1.ApiKeyService/ListApiKeys', { pageSize: 1 });
    await update({ clients: [body.apiKeys[0].id] }, 'clients');
    expect((await configuration('LAB', listed)).status).toBe(200);
    expect((await configuration('LAB')).reason).toBe('OTP_NOT_ALLOWED');
  });

  it('is of the own workspace', async () => {
    await create();
    const other = await keyOf(service, 'other');
    expect((await configuration('LAB', other)).reason).toBe('OTP_NOT_ALLOWED');
  });

  it.each(['a\u0000b', 'a/b', '__proto__'])('is not found under the slug %j', async (sponsorSlug) => {
    const { reason } = await live(`${REQUIREMENT}/GetSponsorConfiguration`, { sponsorSlug });
    expect(reason).toBe('OTP_NOT_ALLOWED');
  });
});

describe('an operation', () => {
  /** A verification token of a session sent to a beneficiary of the sponsor. */
  async function proof(call = live, sponsorSlug = slug): Promise<string> {
    const email = `a${++made}@example.com`;
    const { body } = await call('otp.v1.OtpService/Send', { recipients: { email } });
    const { id } = body.session;
    // Before the session is changed: a worker that meets the change looks again later, and time stands still here.
    const code = body.sandboxCodes?.email ?? (await arrived(email));
    await service.documents
      .collection<StoredSession>('sessions')
      .findOneAndUpdate(
        { _id: `default/${id}` },
        { $set: { beneficiary: { sponsorSlug, beneficiaryId: 'other' } }, $inc: { rev: 1 } },
      );
    const verified = await call('otp.v1.OtpService/Verify', { sessionId: id, code });
    return verified.body.verificationToken;
  }

  async function arrived(email: string): Promise<string> {
    for (;;) {
      const message = (await service.inbox()).find(({ to }) => to === email);
      const code = message?.text.match(/\d{6}/)?.[0];
      if (code) return code;
    }
  }

  const redeem = (verificationToken: string, operation: object, call = live, more = {}) =>
    call('otp.v1.VerificationTokenService/Redeem', { verificationToken, operation, ...more });
  const satisfied = async (operation: object, call = live) =>
    (await status(operation, call)).body.satisfied ?? false;

  it('is satisfied from the moment a live token was redeemed for it, and no other is', async () => {
    await create();
    const operation = { type: 'DISPENSATION', id: 'd/1' };
    const token = await proof();
    expect(await satisfied(operation)).toBe(false);
    expect((await redeem(token, operation)).status).toBe(200);
    expect(await satisfied(operation)).toBe(true);
    expect(await satisfied({ ...operation, productType: 'MEDICATION' })).toBe(true);
    expect(await satisfied({ ...operation, id: 'd' })).toBe(false);
    expect(await satisfied({ type: 'DISPENSATION/d', id: '1' })).toBe(false);
    slug = `${slug}-other`;
    await create();
    expect(await satisfied(operation)).toBe(false);
  });

  it('is not satisfied by a refused redemption', async () => {
    await create();
    const operation = { type: 'DISPENSATION', id: 'd-2' };
    const refused = await redeem(await proof(), operation, live, { recipient: 'unknown@example.com' });
    expect(refused.reason).toBe('OPERATION_MISMATCH');
    expect(await satisfied(operation)).toBe(false);
  });

  it('is never satisfied by a sandbox token, of any accepting and any asking client', async () => {
    await create();
    const operation = { type: 'DISPENSATION', id: 'd-3' };
    expect((await redeem(await proof(test), operation, test)).status).toBe(200);
    expect((await redeem(await proof(test), operation, live, { acceptSandbox: true })).status).toBe(200);
    expect(await satisfied(operation)).toBe(false);
    expect(await satisfied(operation, test)).toBe(false);
  });

  it('of live traffic is not shown to a test key', async () => {
    await create();
    const operation = { type: 'DISPENSATION', id: 'd-4' };
    await redeem(await proof(), operation);
    expect(await satisfied(operation)).toBe(true);
    expect(await satisfied(operation, test)).toBe(false);
  });
});
