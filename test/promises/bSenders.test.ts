import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type RecordingSmtp, startRecordingSmtp } from '../support/recordingSmtp.js';
import { startService, type TestService } from '../support/service.js';
import { keyOf, newKey } from '../support/tenant.js';
import { codeIn, fresh, multichannelApi } from './support/multichannelApi.js';

let smtp: RecordingSmtp;
let service: TestService;
beforeAll(async () => {
  smtp = await startRecordingSmtp();
  service = await startService({
    env: { OTP_SMTP_URL: smtp.url, OTP_EMAIL_FROM: 'Countersign <codes@countersign.example>' },
  });
});
afterAll(async () => {
  await service.stop();
  await smtp.close();
});

/** A workspace, with a sender of its own where one is named, and what arrives when it sends. */
async function workspace(name: string, sender?: { senderId: string; displayName: string }) {
  const admin = await keyOf(service, name);
  if (sender) {
    const made = await admin('otp.admin.v1.SenderService/CreateSender', {
      sender: { channel: 'CHANNEL_EMAIL', ...sender },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
  }
  const api = multichannelApi(service.baseUrl, await newKey(service, name));
  return async () => {
    const email = fresh.email();
    const { body } = await api.send({ channels: ['email'], recipients: { email } });
    const mail = await eventually(() => smtp.mails.find(({ to }) => to.includes(email)));
    const { from, messageId, text } = mail.parsed;
    const verified = await api.verify({ token: body.token, otps: { email: codeIn(text ?? '') } });
    expect(verified.body.session_verified).toBe(true);
    return { envelope: mail.from, from, domain: messageId?.split('@').at(-1) };
  };
}

describe('the identity of a workspace, over SMTP', () => {
  it('B17, P16 is in the envelope, the From header and the Message-ID, and in no other workspace’s mail', async () => {
    const shop = await workspace('smtp-shop', { senderId: 'codes@shop.example', displayName: 'The Shop' });
    const bank = await workspace('smtp-bank', { senderId: 'otp@bank.example', displayName: 'The Bank' });
    const plain = await workspace('smtp-plain');
    expect(await shop()).toEqual({
      envelope: 'codes@shop.example',
      from: { address: 'codes@shop.example', name: 'The Shop' },
      domain: 'shop.example>',
    });
    expect(await bank()).toEqual({
      envelope: 'otp@bank.example',
      from: { address: 'otp@bank.example', name: 'The Bank' },
      domain: 'bank.example>',
    });
    expect(await plain()).toEqual({
      envelope: 'codes@countersign.example',
      from: { address: 'codes@countersign.example', name: 'Countersign' },
      domain: 'countersign.example>',
    });
  });
});
