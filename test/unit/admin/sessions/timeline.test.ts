import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, Provider } from '../../../../server/delivery/provider.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService, type TestService } from '../../../support/service.js';
import { newKey } from '../../../support/tenant.js';
import { startWebhookReceiver } from '../../../support/webhookReceiver.js';

const SERVICE = 'otp.admin.v1.SessionService';
const PHONE = '+573001234542';

/** A provider that responds as the test says, and remembers the codes it was given. */
function vendor(name: string, channel: 'sms' | 'email', outcomes: () => Outcome) {
  const codes: string[] = [];
  const provider: Provider = {
    name,
    channels: [channel],
    timeoutMs: 10_000,
    async send({ code }) {
      codes.push(code);
      return outcomes();
    },
    close: async () => {},
  };
  return { codes, provider };
}

eachEngine((engine) => {
  let service: TestService;
  let call: ReturnType<typeof connectJson>;
  let support: ReturnType<typeof connectJson>;
  const sms = vendor('first', 'sms', () => ({
    kind: 'failed',
    error: 'REFUSED',
    vendor: { code: '21408', text: 'region not enabled' },
  }));
  const email = vendor('second', 'email', () => ({ kind: 'accepted', vendorId: 'm-1' }));

  beforeAll(async () => {
    service = await startService({
      documents: await engine.open(),
      overrides: { providers: { sms: sms.provider, email: email.provider } },
    });
    call = connectJson(service.baseUrl, service.liveKey);
    support = connectJson(service.baseUrl, await newKey(service, 'default', ['support']));
  });
  afterAll(() => service.stop());

  const wrong = (code: string, by: number) => `${(Number(code[0]) + by) % 10}${code.slice(1)}`;
  const eventsOf = async (sessionId: string) => {
    const { body } = await support(`${SERVICE}/ListSessionEvents`, { sessionId });
    // biome-ignore lint/suspicious/noExplicitAny: tests read any field of the contract.
    return body.events as any[];
  };
  const typesOf = async (sessionId: string) =>
    (await eventsOf(sessionId)).map(({ event }) => event.type.slice('EVENT_TYPE_'.length));
  const step = () => service.clock.advance(1_000);

  describe('the timeline of a session', () => {
    it('is what happened, in order: a refusal, a fallback, wrong codes, a resend, approval, redemption, webhooks', async () => {
      const receiver = await startWebhookReceiver();
      const made = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
        webhookEndpoint: { url: receiver.url, eventTypes: ['session.approved'] },
      });
      service.clock.advance(5_000);
      const sent = await call('otp.v1.OtpService/Send', {
        recipients: { sms: PHONE, email: 'ana@example.com' },
        fallback: [{ channel: 'CHANNEL_EMAIL', wait: '60s' }],
        metadata: { user_id: 'u-1' },
        endUserIp: '192.0.2.7',
        requestId: 'order-1',
      });
      const sessionId = sent.body.session.id;
      await eventually(() => email.codes[0]);
      const first = await eventually(
        async () => (await typesOf(sessionId)).includes('DELIVERY_ACCEPTED') && email.codes[0],
      );
      for (const code of [wrong(first!, 1), wrong(first!, 2)]) {
        step();
        const reply = await call('otp.v1.OtpService/Verify', { sessionId, codes: { email: code } });
        expect(reply.reason).toBe('INVALID_CODE');
      }
      service.clock.advance(30_000);
      const channels = ['CHANNEL_EMAIL'];
      const resent = await support(`${SERVICE}/ResendSession`, { sessionId, channels });
      expect(resent.status, JSON.stringify(resent.body)).toBe(200);
      const second = await eventually(() => email.codes[1]);
      await eventually(
        async () => (await eventsOf(sessionId)).filter((one) => one.attempt?.vendorMessageId).length >= 4,
      );
      step();
      const verified = await call('otp.v1.OtpService/Verify', { sessionId, codes: { email: second } });
      expect(verified.status, JSON.stringify(verified.body)).toBe(200);
      const { verificationToken } = verified.body;
      step();
      const operation = { type: 'payment', id: '991' };
      await call('otp.v1.VerificationTokenService/Redeem', { verificationToken, operation });
      await eventually(async () => {
        service.clock.advance(100);
        return (await typesOf(sessionId)).includes('WEBHOOK_DELIVERED');
      });
      const events = await eventsOf(sessionId);
      const shown = events.map(({ event }) => event.type.slice('EVENT_TYPE_'.length));
      expect(shown.filter((type) => type !== 'WEBHOOK_DELIVERED')).toEqual([
        'SESSION_CREATED',
        'DELIVERY_ATTEMPTED',
        'DELIVERY_FAILED',
        'FALLBACK_STARTED',
        'DELIVERY_ATTEMPTED',
        'DELIVERY_ACCEPTED',
        'CODE_REJECTED',
        'CODE_REJECTED',
        'CODE_RESENT',
        'DELIVERY_ATTEMPTED',
        'DELIVERY_ACCEPTED',
        'SESSION_APPROVED',
        'TOKEN_REDEEMED',
      ]);
      expect(shown).toContain('WEBHOOK_DELIVERED');
      const of = (type: string) => events.filter(({ event }) => event.type === `EVENT_TYPE_${type}`);
      expect(of('DELIVERY_FAILED')[0].attempt).toMatchObject({
        number: 1,
        provider: 'first',
        outcome: 'DELIVERY_OUTCOME_REFUSED',
        vendorCode: '21408',
        vendorText: 'region not enabled',
      });
      expect(of('CODE_REJECTED').map(({ event }) => event.attemptsRemaining)).toEqual([2, 1]);
      expect(of('CODE_RESENT')[0]).toMatchObject({ actor: expect.any(String), event: { codeNumber: 2 } });
      expect(of('TOKEN_REDEEMED')[0].operation).toMatchObject(operation);
      expect(of('WEBHOOK_DELIVERED')[0].webhookEndpointId).toBe(made.body.webhookEndpoint.id);
      const times = events.map(({ event }) => Date.parse(event.at));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      await receiver.close();

      const { body } = await support(`${SERVICE}/GetSession`, { sessionId });
      expect(body.session).toMatchObject({
        workspace: 'default',
        apiKeyName: 'first live key',
        userId: 'u-1',
        requestId: 'order-1',
        resends: 1,
        deliveries: [
          { channel: 'CHANNEL_EMAIL', codeNumber: 1, state: 'DELIVERY_STATE_ACCEPTED' },
          { channel: 'CHANNEL_SMS', codeNumber: 1, state: 'DELIVERY_STATE_FAILED', error: 'REFUSED' },
          { channel: 'CHANNEL_EMAIL', codeNumber: 2, state: 'DELIVERY_STATE_ACCEPTED' },
        ],
      });
      for (const text of [PHONE, 'ana@example.com', ...email.codes, verificationToken]) {
        expect(JSON.stringify([body, events])).not.toContain(text);
      }
    });

    it('is listed by pages, each event once', async () => {
      const sent = await call('otp.v1.OtpService/Send', { recipients: { email: 'pages@example.com' } });
      const sessionId = sent.body.session.id;
      await eventually(async () => (await typesOf(sessionId)).length === 3);
      const seen: string[] = [];
      let pageToken = '';
      do {
        const { body } = await support(`${SERVICE}/ListSessionEvents`, { sessionId, pageSize: 1, pageToken });
        seen.push(...body.events.map(({ event }: { event: { id: string } }) => event.id));
        pageToken = body.nextPageToken ?? '';
      } while (pageToken);
      expect(seen).toEqual((await eventsOf(sessionId)).map(({ event }) => event.id));
    });
  });

  describe('support', () => {
    it('cancels a session and is named as the one who did', async () => {
      const sent = await call('otp.v1.OtpService/Send', {
        recipients: { email: 'cancel@example.com' },
        endUserIp: '192.0.2.8',
      });
      const sessionId = sent.body.session.id;
      const before = await support(`${SERVICE}/GetSession`, { sessionId });
      expect(before.body.session.endUserIp).toBe('192.0.2.8');
      const { body } = await support(`${SERVICE}/CancelSession`, { sessionId });
      expect(body.session.session.status).toBe('SESSION_STATUS_CANCELED');
      const canceled = (await eventsOf(sessionId)).find(({ event }) => event.type.endsWith('CANCELED'));
      expect(canceled.actor).toEqual(expect.any(String));
    });

    it('sees the request id of the caller, which is stored sealed: it may be an address', async () => {
      const requestId = 'request-of-ana@example.com';
      const sent = await call('otp.v1.OtpService/Send', {
        recipients: { email: 'ana@example.com' },
        requestId,
      });
      const sessionId = sent.body.session.id;
      const { body } = await support(`${SERVICE}/GetSession`, { sessionId });
      expect(body.session.requestId).toBe(requestId);
      const stored = await service.documents.collection('sessions').findOne({ _id: `default/${sessionId}` });
      expect(stored).toHaveProperty('requestId');
      expect(JSON.stringify(stored)).not.toContain('ana@example.com');
    });

    it('sees whether the caller vouched for the person', async () => {
      const vouching = connectJson(
        service.baseUrl,
        await newKey(service, 'default', ['otp.send', 'otp.vouch']),
      );
      const vouchedOf = async (vouched: boolean) => {
        const recipients = { email: `vouched.${vouched}@example.com` };
        const { body } = await vouching('otp.v1.OtpService/Send', { recipients, vouched });
        const read = await support(`${SERVICE}/GetSession`, { sessionId: body.session.id });
        return read.body.session.vouched ?? false;
      };
      expect([await vouchedOf(true), await vouchedOf(false)]).toEqual([true, false]);
    });

    it('finds sessions by recipient, delivery error and key, and reading them is audited once an hour', async () => {
      const recipients = { sms: '+573001234543' };
      const sent = await call('otp.v1.OtpService/Send', { recipients });
      const { id } = sent.body.session;
      const list = async (request: object) =>
        ((await support(`${SERVICE}/ListSessions`, request)).body.sessions ?? []).map(
          (one: { session: { id: string } }) => one.session.id,
        );
      await eventually(async () => (await typesOf(id)).includes('DELIVERY_FAILED'));
      expect(await list({ recipient: recipients.sms })).toEqual([id]);
      expect(await list({ recipient: recipients.sms, deliveryError: 'REFUSED', provider: 'first' })).toEqual([
        id,
      ]);
      expect(await list({ recipient: recipients.sms, deliveryError: 'EXPIRED' })).toEqual([]);
      const { body } = await support(`${SERVICE}/GetSession`, { sessionId: id });
      expect(await list({ fingerprint: body.session.recipients[0].fingerprint })).toEqual([id]);
      await support(`${SERVICE}/GetSession`, { sessionId: id });
      const audit = await call('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 100 });
      const reads = audit.body.entries.filter(
        ({ method, resource }: { method: string; resource: string }) =>
          method === `${SERVICE}/GetSession` && resource === `sessions/${id}`,
      );
      expect(reads).toHaveLength(1);
      expect(JSON.stringify(audit.body)).not.toContain(recipients.sms);
    });

    it('lists the sessions of every workspace, newest first, for operators only', async () => {
      const ids: string[] = [];
      for (const workspace of ['north', 'south', 'north']) {
        const theirs = connectJson(service.baseUrl, await newKey(service, workspace));
        service.clock.advance(1);
        const { body } = await theirs('otp.v1.OtpService/Send', {
          recipients: { email: `${ids.length}@example.com` },
          purpose: 'everywhere',
        });
        ids.unshift(body.session.id);
      }
      const seen: string[] = [];
      let pageToken = '';
      do {
        const { body } = await call(`${SERVICE}/ListSessions`, {
          workspace: '-',
          purpose: 'everywhere',
          pageSize: 2,
          pageToken,
        });
        seen.push(...body.sessions.map((one: { session: { id: string } }) => one.session.id));
        pageToken = body.nextPageToken ?? '';
      } while (pageToken);
      expect(seen).toEqual(ids);
      expect((await support(`${SERVICE}/ListSessions`, { workspace: '-' })).reason).toBe('PERMISSION_DENIED');
      expect((await support(`${SERVICE}/GetSession`, { sessionId: ids[0] })).reason).toBe(
        'SESSION_NOT_FOUND',
      );
      const read = await call(`${SERVICE}/GetSession`, { workspace: 'north', sessionId: ids[0] });
      expect(read.body.session.workspace).toBe('north');
    });
  });
});
