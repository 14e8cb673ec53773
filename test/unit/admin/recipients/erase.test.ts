import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, Provider } from '../../../../server/delivery/provider.js';
import { COLLECTIONS } from '../../../../server/store/collections.js';
import type { Document } from '../../../../server/store/documents.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine, type TestStore } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService, type TestService } from '../../../support/service.js';
import { keyOf } from '../../../support/tenant.js';
import { startWebhookReceiver } from '../../../support/webhookReceiver.js';

const SERVICE = 'otp.admin.v1.RecipientService';
const PHONE = '+573001234542';
const MAIL = 'ana.gomez@example.com';

eachEngine((engine) => {
  let service: TestService;
  let store: TestStore;
  let outcome: Outcome = { kind: 'accepted' };
  const codes = new Map<string, string>();
  const provider = (name: string, channel: 'sms' | 'email'): Provider => ({
    name,
    channels: [channel],
    timeoutMs: 10_000,
    async send({ code, to }) {
      codes.set(to, code);
      return outcome;
    },
    close: async () => {},
  });
  beforeAll(async () => {
    store = await engine.newStore();
    service = await startService({
      documents: await store.open(),
      overrides: { providers: { sms: provider('one', 'sms'), email: provider('two', 'email') } },
    });
  });
  afterAll(() => service.stop());

  /** Every stored document that holds one of these texts and none of the others, by its collection. */
  async function holding(texts: readonly string[], except: readonly string[] = []): Promise<string[]> {
    const found: string[] = [];
    for (const { name } of COLLECTIONS) {
      for await (const document of service.documents.collection<Document>(name).find({})) {
        const text = JSON.stringify(document);
        const isAbout = texts.some((one) => text.includes(one)) && !except.some((one) => text.includes(one));
        if (isAbout) found.push(`${name} ${document._id}`);
      }
    }
    return found;
  }

  /** Every place of the store that holds one of these texts and none of the others, tables of indexes too. */
  async function anywhere(texts: readonly string[], except: readonly string[] = []): Promise<string[]> {
    const stored = await store.dump();
    expect(stored.length, 'the whole store is read').toBeGreaterThan(50);
    const isAbout = (text: string) =>
      texts.some((one) => text.includes(one)) && !except.some((one) => text.includes(one));
    return [...new Set(stored.flatMap(({ place, text }) => (isAbout(text) ? [place] : [])))];
  }

  /** A person who leaves traces everywhere, and another one of the same workspace. */
  async function lived(workspace: string) {
    const admin = await keyOf(service, workspace);
    const operator = connectJson(service.baseUrl, service.liveKey);
    const money = 'otp.admin.v1.WalletService';
    const wallet = { enabled: true, prices: { smsMicros: 50_000, emailMicros: 10_000 } };
    await operator(`${money}/UpdateWallet`, { workspace, wallet, updateMask: 'enabled,prices' });
    await operator(`${money}/CreditWallet`, { workspace, amountMicros: 1_000_000 });
    const receiver = await startWebhookReceiver();
    await admin('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
      webhookEndpoint: { url: receiver.url },
    });
    const sponsor = { slug: 'bank', displayName: 'Bank', channels: ['CHANNEL_SMS'] };
    await admin('otp.admin.v1.SponsorService/CreateSponsor', { sponsor });
    for (const [beneficiaryId, phone] of [
      ['ana', PHONE],
      ['bea', '+573001234642'],
    ])
      await admin('otp.admin.v1.SponsorService/CreateBeneficiary', {
        beneficiary: { sponsorSlug: 'bank', beneficiaryId, phone, email: `${beneficiaryId}@bank.example` },
      });
    service.clock.advance(5_000);
    const send = async (recipients: object, more = {}) =>
      admin('otp.v1.OtpService/Send', { recipients, ...more });
    const verified = await send({ sms: PHONE }, { addContact: true, metadata: { user_id: MAIL } });
    const sessionId = verified.body.session.id;
    const code = await eventually(() => codes.get(PHONE));
    const right = await admin('otp.v1.OtpService/Verify', { sessionId, code, deviceId: 'telephone' });
    expect(right.status, JSON.stringify(right.body)).toBe(200);
    // Its message waits for its next attempt when the person is erased.
    outcome = { kind: 'retry', error: 'TIMEOUT' };
    await send({ sms: PHONE, email: MAIL });
    await eventually(async () => {
      const all = await service.documents
        .collection<{ _id: string; attempts?: unknown[] }>('sessions')
        .find({})
        .toArray();
      return all.some(({ attempts = [] }) => attempts.length >= 2);
    });
    outcome = { kind: 'accepted' };
    // Masked alike, and still another person.
    const bea = await send({ sms: '+573001234642' });
    for (let i = 0; i < 6; i++) await send({ sms: PHONE });
    await admin(`${SERVICE}/CreateRecipientRule`, {
      recipientRule: { type: 'RECIPIENT_RULE_TYPE_ALLOW', recipient: PHONE, note: 'a friend' },
    });
    await eventually(() => {
      service.clock.advance(100);
      return receiver.received.length >= 2;
    });
    const diagnosis = await admin(`${SERVICE}/DiagnoseRecipient`, { recipient: PHONE });
    await admin('otp.admin.v1.LimitService/ClearRecipientBlock', { recipient: PHONE });
    await admin(`${SERVICE}/ListRefusals`, { recipient: PHONE });
    await receiver.close();
    const { fingerprint, maskedRecipient } = diagnosis.body;
    const other = [bea.body.session.id as string, 'bank/bea'];
    return { admin, other, fingerprint: fingerprint as string, masked: maskedRecipient as string };
  }

  /** The balance, and what credits, debits and refunds make of it. */
  async function books({ admin }: { readonly admin: ReturnType<typeof connectJson> }, workspace: string) {
    const wallet = await service.documents
      .collection<{ _id: string; balance: number; pending: object }>('wallets')
      .findOne({ _id: workspace });
    const { body } = await admin('otp.admin.v1.WalletService/ListLedgerEntries', { pageSize: 100 });
    const sum = body.entries.reduce(
      (total: number, { amountMicros }: { amountMicros: string }) => total + Number(amountMicros),
      0,
    );
    return { balance: wallet!.balance, pending: Object.keys(wallet!.pending), sum };
  }

  describe('erasing a person', () => {
    it('leaves nothing that leads to the person but the guess budget, the log whole and the ledger adding up', async () => {
      const workspace = 'erasing';
      const person = await lived(workspace);
      const { admin, other, fingerprint, masked } = person;
      expect(masked).toContain('*');
      const texts = [fingerprint, masked, PHONE, PHONE.slice(1)];
      // What the addresses are searched by in a log or a URL, besides.
      const forms = [...texts, encodeURIComponent(PHONE), btoa(PHONE)];
      expect(await anywhere(texts)).toEqual(expect.arrayContaining(['sessions', 'contacts', 'audit']));
      const before = await holding(texts);
      const kinds = new Set(before.map((one) => one.split(' ')[0]));
      for (const kind of [
        'sessions',
        'contacts',
        'refusalCounts',
        'recipientRules',
        'beneficiaries',
        'events',
        'audit',
      ])
        expect(kinds, kind).toContain(kind);

      const dry = await admin(`${SERVICE}/EraseRecipient`, { recipient: PHONE, dryRun: true });
      expect(dry.status, JSON.stringify(dry.body)).toBe(200);
      expect(dry.body.job).toBeUndefined();
      expect(await holding(texts)).toEqual(before);

      const { status, body } = await admin(`${SERVICE}/EraseRecipient`, { recipient: PHONE });
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body.job).toMatchObject({
        type: 'JOB_TYPE_ERASE_RECIPIENT',
        state: 'JOB_STATE_SUCCEEDED',
        workspace,
      });
      const polled = await admin('otp.admin.v1.JobService/GetJob', { id: body.job.id });
      expect(polled.body.job).toEqual(body.job);
      expect(Number(body.counts.sessions)).toBeGreaterThanOrEqual(2);
      expect(body.counts).toMatchObject({ contacts: '1', recipientRules: '1', beneficiaries: '1' });
      expect(Number(body.counts.events)).toBeGreaterThan(0);
      expect(Number(body.counts.audit)).toBeGreaterThan(0);
      expect(body.kept).toEqual([{ what: 'GUESS_BUDGET', until: expect.any(String) }]);
      // Nothing comes back with what this process still had in memory.
      for (let second = 0; second < 5; second++) service.clock.advance(1_000);
      await admin(`${SERVICE}/ListRefusals`, {});
      expect(await holding(texts, other)).toEqual([`limits ${workspace}.live/recipient/${fingerprint}`]);
      expect(await anywhere(forms, other)).toEqual(['limits']);
      const budget = await service.documents
        .collection<Document>('limits')
        .findOne({ _id: `${workspace}.live/recipient/${fingerprint}` });
      expect(budget).not.toHaveProperty('sources');

      const whole = await admin('otp.admin.v1.AuditService/VerifyAuditLog', {});
      expect(whole.body.whole, JSON.stringify(whole.body)).toBe(true);
      const { balance, pending, sum } = await books(person, workspace);
      expect(pending).toEqual([]);
      expect(balance).toBe(sum);

      // Another person is as before, and so is the other address on file.
      const theirs = new Set((await holding([masked])).map((one) => one.split(' ')[0]));
      expect(theirs).toContain('sessions');
      expect(theirs).toContain('beneficiaries');
      const again = await admin(`${SERVICE}/EraseRecipient`, { fingerprint });
      expect(again.body.counts?.sessions ?? '0').toBe('0');
      expect((await admin(`${SERVICE}/EraseRecipient`, { fingerprint: 'unknown' })).reason).toBe('NOT_FOUND');
    });

    it('returns the same job for a repeated request id, and refuses another request under it', async () => {
      const admin = await keyOf(service, 'repeated');
      const recipient = 'repeated@example.com';
      await admin('otp.v1.OtpService/Send', { recipients: { email: recipient } });
      const request = { recipient, requestId: 'case 4711' };
      const dry = await admin(`${SERVICE}/EraseRecipient`, { ...request, dryRun: true });
      expect(dry.body.counts.sessions).toBe('1');
      const first = await admin(`${SERVICE}/EraseRecipient`, request);
      expect(first.body.counts.sessions).toBe('1');
      // Asked for again by the person, whom the repeat leaves alone.
      service.clock.advance(31_000);
      const again = await admin('otp.v1.OtpService/Send', { recipients: { email: recipient } });
      const second = await admin(`${SERVICE}/EraseRecipient`, request);
      expect(second.body).toEqual(first.body);
      const sessionId = again.body.session.id;
      expect((await admin('otp.v1.OtpService/GetSession', { sessionId })).status).toBe(200);
      const { body } = await admin('otp.admin.v1.JobService/ListJobs', {});
      expect(body.jobs).toHaveLength(1);
      const other = await admin(`${SERVICE}/EraseRecipient`, { ...request, recipient: 'other@example.com' });
      expect(other.reason).toBe('IDEMPOTENCY_CONFLICT');
    });

    it('keeps a rule made by STOP, without the masked form, and says so', async () => {
      const admin = await keyOf(service, 'stopped');
      const phone = '+573009876511';
      outcome = { kind: 'failed', error: 'OPTED_OUT' };
      await admin('otp.v1.OtpService/Send', { recipients: { sms: phone } });
      const [rule] = await eventually(async () => {
        service.clock.advance(5_000);
        const { body } = await admin(`${SERVICE}/ListRecipientRules`, { recipient: phone });
        return body.recipientRules?.length > 0 && body.recipientRules;
      });
      outcome = { kind: 'accepted' };
      const { body } = await admin(`${SERVICE}/EraseRecipient`, { fingerprint: rule.fingerprint });
      expect(body.kept.map(({ what }: { what: string }) => what).sort()).toEqual([
        'GUESS_BUDGET',
        'STOP_RULE',
      ]);
      const left = (await holding([rule.fingerprint])).map((one) => one.split(' ')[0]).sort();
      expect(left).toEqual(['limits', 'recipientRules']);
      expect((await anywhere([rule.fingerprint, phone])).sort()).toEqual(['limits', 'recipientRules']);
      expect(await holding([rule.maskedRecipient])).toEqual([]);
      service.clock.advance(5_000);
      const { reason } = await admin('otp.v1.OtpService/Send', { recipients: { sms: phone } });
      expect(reason).toBe('SEND_REFUSED');
    });
  });
});
