import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestInbox } from '../../clients/testing/index.js';
import type { Clock } from '../../server/platform/clock.js';
import { systemClock } from '../../server/platform/clock.js';
import { connectJson } from '../support/connectJson.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService<Clock>;
beforeAll(async () => {
  service = await startService({ clock: systemClock });
});
afterAll(() => service.stop());

const inbox = (options: { readonly baseUrl?: string; readonly inboxToken?: string } = {}) =>
  createTestInbox({ baseUrl: service.baseUrl, inboxToken: service.inboxToken, ...options });
const send = async (recipients: Readonly<Record<string, string>>): Promise<string> => {
  const { body } = await connectJson(service.baseUrl, service.liveKey)('otp.v1.OtpService/Send', {
    recipients,
  });
  return body.session.id;
};
const verify = async (sessionId: string, code: string) =>
  (await connectJson(service.baseUrl, service.liveKey)('otp.v1.OtpService/Verify', { sessionId, code })).body;

describe('the inbox of end-to-end tests', () => {
  it('waits for the code that a person would receive, and it verifies', async () => {
    const code = inbox().lastCode('Waiting@Example.com');
    const sessionId = await send({ email: 'waiting@example.com' });
    expect((await verify(sessionId, await code)).session.status).toBe('SESSION_STATUS_APPROVED');
  });

  it('tells the codes of two channels apart, and those of one recipient by time', async () => {
    const [sms, whatsapp] = ['+573005550101', '+573005550101'];
    await send({ sms, whatsapp });
    const first = await inbox().lastMessage(sms, { channel: 'sms' });
    expect(first.message.text).toContain(first.code);
    expect(await inbox().lastCode(whatsapp, { channel: 'whatsapp' })).not.toBe(first.code);

    const later = inbox().lastMessage(sms, { channel: 'sms', after: first.receivedAt });
    await send({ sms });
    expect((await later).code).not.toBe(first.code);
  });

  it('deletes what a recipient has, and leaves the rest', async () => {
    await send({ email: 'cleared@example.com' });
    await send({ email: 'kept@example.com' });
    await inbox().lastCode('cleared@example.com');
    const kept = await inbox().lastCode('kept@example.com');
    expect(await inbox().clear('cleared@example.com')).toBe(1);
    await expect(inbox().lastCode('cleared@example.com', { timeoutMs: 0 })).rejects.toThrow(
      'No code for cleared@example.com arrived within 0 ms.',
    );
    expect(await inbox().lastCode('kept@example.com')).toBe(kept);
  });

  it('says why there is none', async () => {
    const of = (options: Parameters<typeof inbox>[0]) => inbox(options).lastCode('you@example.com');
    await expect(of({ inboxToken: 'another-token-than-its-own' })).rejects.toThrow('another token');
    await expect(of({ inboxToken: service.liveKey })).rejects.toThrow('another token');
    await expect(of({ baseUrl: 'http://127.0.0.1:9' })).rejects.toThrow('cannot be reached');
    await expect(inbox().lastCode('nobody')).rejects.toThrow('recipient must be an e-mail address');

    const masterKeys = `1:${Buffer.alloc(32).toString('base64')}`;
    const env = {
      OTP_ENV: 'production',
      OTP_MASTER_KEYS: masterKeys,
      OTP_BOOTSTRAP_API_KEY: service.liveKey,
    };
    const production = await startService({ clock: systemClock, env });
    const there = { baseUrl: production.baseUrl, inboxToken: service.liveKey };
    await expect(of(there)).rejects.toThrow('it exists in development only');
    await production.stop();
  });
});
