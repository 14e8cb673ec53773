import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, Provider } from '../../../../server/delivery/provider.js';
import { connectJson } from '../../../support/connectJson.js';
import { type Engine, eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { ManualClock } from '../../../support/manualClock.js';
import { type RecordingSmtp, startRecordingSmtp } from '../../../support/recordingSmtp.js';
import { startService, type TestService } from '../../../support/service.js';
import { newKey } from '../../../support/tenant.js';
import { ACCEPTED, scriptedProvider } from '../../delivery/support/scripted.js';

const PROVIDERS = 'otp.admin.v1.ProviderService';

/** A provider of text messages that responds as the test says. */
interface Puppet extends Provider {
  next: Outcome;
  readonly codes: string[];
}

function puppet(name: string): Puppet {
  const codes: string[] = [];
  return {
    name,
    channels: ['sms'],
    timeoutMs: 1_000,
    next: { kind: 'accepted', vendorId: `${name}-1` },
    codes,
    async send({ code }) {
      codes.push(code);
      return this.next;
    },
    close: async () => {},
  };
}

eachEngine((engine: Engine) => {
  let service: TestService;
  let smtp: RecordingSmtp;
  let call: ReturnType<typeof connectJson>;
  const first = puppet('first');
  const second = puppet('second');
  const clock = new ManualClock();
  const scripted = scriptedProvider(clock);
  const slow = { ...scripted, provider: { ...scripted.provider, name: 'slow', channels: ['sms'] as const } };
  beforeAll(async () => {
    smtp = await startRecordingSmtp();
    service = await startService({
      documents: await engine.open(),
      clock,
      env: { OTP_SMTP_URL: smtp.url },
      overrides: { providers: { sms: [first, second, slow.provider] } },
    });
    call = connectJson(service.baseUrl, service.liveKey);
  });
  afterAll(async () => {
    await service.stop();
    await smtp.close();
  });
  const list = async (request: object = {}, key = service.liveKey) =>
    (await connectJson(service.baseUrl, key)(`${PROVIDERS}/ListProviders`, request)).body.providers;
  const test = (request: object) => call(`${PROVIDERS}/SendTestMessage`, request);

  describe('ListProviders', () => {
    it('shows what could serve a channel, those of the route first, and how each did in the last hour', async () => {
      first.next = {
        kind: 'failed',
        error: 'REFUSED',
        vendor: { code: '21408', text: 'Permission to send is not enabled.' },
      };
      const { body } = await call('otp.v1.OtpService/Send', { recipients: { sms: '+573005550401' } });
      const shown = await eventually(async () => {
        service.clock.advance(100);
        const found = await list({ channel: 'CHANNEL_SMS' });
        return found[1]?.accepted === '1' && found;
      });
      first.next = { kind: 'accepted', vendorId: 'first-2' };
      expect(shown.slice(0, 2)).toMatchObject([
        {
          channel: 'CHANNEL_SMS',
          name: 'first',
          position: 1,
          configured: true,
          breaker: 'BREAKER_STATE_CLOSED',
          attempts: '1',
          lastFailure: {
            provider: 'first',
            outcome: 'DELIVERY_OUTCOME_REFUSED',
            vendorCode: '21408',
            vendorText: 'Permission to send is not enabled.',
          },
        },
        { name: 'second', position: 2, configured: true, attempts: '1', accepted: '1', share: 1 },
      ]);
      expect(shown[0]).not.toHaveProperty('accepted');
      expect(shown[1].lastSuccessAt).toBeTruthy();
      const names = shown.map(({ name }: { name: string }) => name);
      expect(names).toEqual(expect.arrayContaining(['twilio', 'vonage', 'sns']));
      const twilio = shown.find(({ name }: { name: string }) => name === 'twilio');
      expect(twilio).not.toHaveProperty('configured');
      expect(twilio).not.toHaveProperty('position');
      await call('otp.v1.OtpService/CancelSession', { sessionId: body.session.id });
    });

    it('shows the numbers of a workspace to it alone, and those of all to an operator', async () => {
      const key = await newKey(service, 'tenant-providers', ['admin']);
      const own = await list({ channel: 'CHANNEL_SMS' }, key);
      expect(own.map(({ attempts }: { attempts?: string }) => attempts).filter(Boolean)).toEqual([]);
      const all = await list({ workspace: '-', channel: 'CHANNEL_SMS' });
      expect(all[1]).toMatchObject({ name: 'second', accepted: '1' });
      expect((await call(`${PROVIDERS}/ListProviders`, { workspace: 'unknown' })).reason).toBe('NOT_FOUND');
    });

    it('forgets what is older than an hour', async () => {
      service.clock.advance(3_600_001);
      const shown = await list({ channel: 'CHANNEL_SMS' });
      expect(shown.filter(({ attempts }: { attempts?: string }) => attempts)).toEqual([]);
    });
  });

  describe('TestProvider', () => {
    it('asks the vendor about the credentials and sends nothing', async () => {
      const { body } = await call(`${PROVIDERS}/TestProvider`, { provider: 'smtp' });
      expect(body).toMatchObject({ supported: true, passed: true, attempt: { provider: 'smtp' } });
      expect(smtp.mails).toEqual([]);
    });

    it('says why not, as a response', async () => {
      smtp.misbehave('connect', '421 4.3.2 not now');
      const { body } = await call(`${PROVIDERS}/TestProvider`, { provider: 'smtp' });
      smtp.misbehave('connect', undefined);
      expect(body.supported).toBe(true);
      expect(body).not.toHaveProperty('passed');
      expect(body.attempt.error).not.toBe('');
    });

    it('says where there is nothing to ask, and knows no other', async () => {
      expect((await call(`${PROVIDERS}/TestProvider`, { provider: 'first' })).body).toEqual({});
      expect((await call(`${PROVIDERS}/TestProvider`, { provider: 'unknown' })).reason).toBe('NOT_FOUND');
      const key = connectJson(service.baseUrl, service.testKey);
      expect((await key(`${PROVIDERS}/TestProvider`, { provider: 'smtp' })).reason).toBe('PERMISSION_DENIED');
    });
  });

  describe('SendTestMessage', () => {
    const latest = async () => {
      const { body } = await call('otp.v1.OtpService/ListSessions', { purpose: 'test-message', pageSize: 1 });
      return body.sessions[0];
    };

    it('sends by the provider that it names, and its code verifies nothing', async () => {
      const { body } = await test({
        channel: 'CHANNEL_SMS',
        recipient: '+573005550402',
        provider: 'second',
      });
      expect(body.delivery).toMatchObject({
        channel: 'CHANNEL_SMS',
        state: 'DELIVERY_STATE_ACCEPTED',
        attempts: [{ provider: 'second', outcome: 'DELIVERY_OUTCOME_ACCEPTED' }],
      });
      const { id, status } = await latest();
      expect(status).toBe('SESSION_STATUS_CANCELED');
      const verify = await call('otp.v1.OtpService/Verify', { sessionId: id, code: second.codes.at(-1) });
      expect(verify.reason).toBe('SESSION_CANCELED');
    });

    it('shows what the vendor said, tries no other provider and counts against the limits', async () => {
      first.next = { kind: 'failed', error: 'REFUSED', vendor: { code: '21408' } };
      const before = second.codes.length;
      const message = { channel: 'CHANNEL_SMS', recipient: '+573005550403', provider: 'first' };
      const { body } = await test(message);
      expect(body.delivery).toMatchObject({
        state: 'DELIVERY_STATE_FAILED',
        error: 'REFUSED',
        attempts: [{ provider: 'first', vendorCode: '21408' }],
      });
      expect(second.codes).toHaveLength(before);
      const repeated = await Promise.all(Array.from({ length: 20 }, () => test(message)));
      expect(repeated.map(({ reason }) => reason)).toContain('RATE_LIMITED');
      first.next = { kind: 'accepted', vendorId: 'first-3' };
    });

    it('waits for a slow provider as long as its request may take, and returns the message as it ended', async () => {
      const message = { channel: 'CHANNEL_SMS', recipient: '+573005550406', provider: 'slow' };
      const asked = test(message);
      const { respond } = await slow.nth(1);
      // Nearly its time limit, in steps as the clock is looked at.
      for (let second = 0; second < 19; second++) service.clock.advance(1_000);
      respond(ACCEPTED);
      expect((await asked).body.delivery).toMatchObject({
        state: 'DELIVERY_STATE_ACCEPTED',
        attempts: [{ provider: 'slow', outcome: 'DELIVERY_OUTCOME_ACCEPTED' }],
      });

      const again = test({ ...message, recipient: '+573005550407' });
      await slow.nth(2);
      service.clock.advance(20_000);
      expect((await again).body.delivery).toMatchObject({
        state: 'DELIVERY_STATE_NOT_SENT',
        attempts: [{ provider: 'slow', outcome: 'DELIVERY_OUTCOME_RETRY', error: 'TIMEOUT' }],
      });
      expect(await latest()).toMatchObject({
        status: 'SESSION_STATUS_CANCELED',
        channels: [{ deliveryState: 'DELIVERY_STATE_NOT_SENT' }],
      });
    });

    it('is repeated safely by its request id', async () => {
      const message = { channel: 'CHANNEL_SMS', recipient: '+573005550404', requestId: 'test-1' };
      const [one, other] = [await test(message), await test(message)];
      expect(other.body.delivery.attempts).toEqual(one.body.delivery.attempts);
    });

    it('is recorded, and refused for a provider of another channel, no recipient and a test key', async () => {
      const { body } = await call('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 50 });
      const methods = body.entries.map(({ method }: { method: string }) => method);
      expect(methods.some((method: string) => method.endsWith('SendTestMessage'))).toBe(true);
      const reasons = [
        await test({ channel: 'CHANNEL_SMS', recipient: '+573005550405', provider: 'smtp' }),
        await test({ channel: 'CHANNEL_SMS', recipient: 'nobody' }),
        await connectJson(service.baseUrl, service.testKey)(`${PROVIDERS}/SendTestMessage`, {
          channel: 'CHANNEL_SMS',
          recipient: '+573005550405',
        }),
      ].map(({ reason }) => reason);
      expect(reasons).toEqual(['NOT_FOUND', 'INVALID_RECIPIENT', 'PERMISSION_DENIED']);
    });
  });
});
