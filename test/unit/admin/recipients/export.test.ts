import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearing } from '../../../../clients/calling/credential.js';
import {
  type ExportRecipientResponse,
  RecipientService,
} from '../../../../gen/otp/admin/v1/recipient_service_pb.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { startService, type TestService } from '../../../support/service.js';
import { newKey } from '../../../support/tenant.js';
import { deliveredCode } from '../../../wire/support/delivered.js';

const SERVICE = 'otp.admin.v1.RecipientService';
const PHONE = '+573001234542';

eachEngine((engine) => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService({ documents: await engine.open() });
  });
  afterAll(() => service.stop());

  async function exported(key: string, request: { recipient?: string; fingerprint?: string }) {
    const transport = createGrpcTransport({ baseUrl: service.baseUrl, interceptors: [bearing(key)] });
    const records: ExportRecipientResponse[] = [];
    for await (const one of createClient(RecipientService, transport).exportRecipient(request))
      records.push(one);
    return records;
  }

  it('everything stored about a person is exported, without addresses, and nothing of another person', async () => {
    const key = await newKey(service, 'acme');
    const admin = connectJson(service.baseUrl, key);
    const sponsor = { slug: 'bank', displayName: 'Bank', channels: ['CHANNEL_SMS'] };
    await admin('otp.admin.v1.SponsorService/CreateSponsor', { sponsor });
    const beneficiary = { sponsorSlug: 'bank', beneficiaryId: 'ana', phone: PHONE };
    await admin('otp.admin.v1.SponsorService/CreateBeneficiary', { beneficiary });
    const send = (sms: string, more = {}) =>
      admin('otp.v1.OtpService/Send', { recipients: { sms }, ...more });
    const { body } = await send(PHONE, { addContact: true });
    const sessionId = body.session.id;
    const code = await deliveredCode(service, sessionId, 'sms');
    await admin('otp.v1.OtpService/Verify', { sessionId, code });
    for (let i = 0; i < 6; i++) await send(PHONE);
    const other = await send('+573001234642');
    await admin(`${SERVICE}/CreateRecipientRule`, {
      recipientRule: { type: 'RECIPIENT_RULE_TYPE_ALLOW', recipient: PHONE, note: 'a friend' },
    });
    service.clock.advance(1_000);
    const { fingerprint } = (await admin(`${SERVICE}/DiagnoseRecipient`, { recipient: PHONE })).body;

    const records = await exported(key, { recipient: PHONE });
    const kinds = records.map(({ record }) => record.case);
    for (const kind of [
      'session',
      'event',
      'refusal',
      'recipientRule',
      'contactId',
      'beneficiary',
      'auditEntry',
      'block',
    ])
      expect(kinds, kind).toContain(kind);
    const text = JSON.stringify(records, (_name, value) => (typeof value === 'bigint' ? `${value}` : value));
    expect(text).toContain(sessionId);
    expect(text).toContain('bank/ana');
    expect(text).not.toContain(other.body.session.id);
    expect(text).not.toContain(PHONE.slice(1));
    expect(text).not.toContain(code);
    expect((await exported(key, { fingerprint })).map(({ record }) => record.case)).toEqual(
      expect.arrayContaining(['session', 'refusal', 'beneficiary', 'block']),
    );
    await expect(exported(key, { fingerprint: 'unknown' })).rejects.toThrow('no such resource');
    const audit = await admin('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 100 });
    const reads = audit.body.entries.filter(({ method }: { method: string }) =>
      method.endsWith('/ExportRecipient'),
    );
    expect(reads.length).toBeGreaterThan(0);
  });

  describe('without a person', () => {
    it('is refused', async () => {
      const key = await newKey(service, 'empty');
      await expect(exported(key, {})).rejects.toThrow('recipient is required');
    });
  });
});
