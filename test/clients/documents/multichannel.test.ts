import { describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { newKey } from '../../support/tenant.js';
import { otherThan } from '../../wire/support/delivered.js';
import { multichannelClient } from './support/documentClients.js';
import { newPerson, readCode } from './support/person.js';
import { STYLES } from './support/style.js';

const service = serviceForSuite({ env: { OTP_HASH: 'hmac' } });
let workspaces = 0;

describe.each(Object.entries(STYLES))('a client of the multi-channel document, %s,', (_, style) => {
  async function start() {
    const workspace = `documents-${++workspaces}`;
    const client = multichannelClient(service.baseUrl, await newKey(service, workspace), style());
    const read = (channel: string, address: string, count?: number) =>
      readCode(service, channel, address, count);
    return { workspace, client, read };
  }

  it('verifies an e-mail address, after a wrong code, and finds its metadata in the list', async () => {
    const { client, read } = await start();
    const { email } = newPerson();
    const metadata = { purpose: 'email_verification', user_id: 'user_12345' };
    const sent = await client.send({ channels: ['email'], recipients: { email }, metadata });
    expect(sent.status).toBe(200);
    const code = await read('email', email);
    const wrong = await client.verify(sent.body.token, { email: otherThan(code) });
    expect(wrong).toMatchObject({ status: 400, body: { success: false, message: 'Invalid OTP' } });
    const right = await client.verify(sent.body.token, { email: code });
    expect(right).toMatchObject({ status: 200, body: { success: true } });
    const [session] = (await client.sessions()).body.sessions;
    expect(session.metadata).toEqual(metadata);
  });

  it('verifies a phone by SMS or WhatsApp, with either code', async () => {
    const { client, read } = await start();
    for (const channel of ['sms', 'whatsapp']) {
      const { phone } = newPerson();
      const recipients = { sms: phone, whatsapp: phone };
      const { body } = await client.send({
        channels: ['sms', 'whatsapp'],
        recipients,
        metadata: { purpose: 'phone_verification' },
      });
      const verified = await client.verify(body.token, { [channel]: await read(channel, phone) });
      expect(verified).toMatchObject({ status: 200, body: { success: true } });
      expect((await client.sessions()).body.sessions[0].status).toBe('APPROVED');
    }
  });

  it('has length, expiry and attempts as configured, and locks after the last one', async () => {
    const { client, read } = await start();
    const { phone } = newPerson();
    const send = () =>
      client.send({
        channels: ['sms'],
        recipients: { sms: phone },
        config: { otp_length: 8, expiry_minutes: 5, max_attempts: 3 },
        metadata: { purpose: '2fa_login', user_id: 'user_12345' },
      });
    const { token } = (await send()).body;
    const code = await read('sms', phone);
    expect(code).toHaveLength(8);
    for (let n = 0; n < 3; n++)
      expect((await client.verify(token, { sms: otherThan(code) })).body.message).toBe('Invalid OTP');
    expect((await client.verify(token, { sms: code })).body.message).toBe('Max attempts exceeded');

    const second = (await send()).body;
    const late = await read('sms', phone, 2);
    service.clock.advance(5 * 60_000);
    expect((await client.verify(second.token, { sms: late })).body.message).toBe('OTP expired');
    const third = (await send()).body;
    const last = await read('sms', phone, 3);
    expect((await client.verify(third.token, { sms: last })).status).toBe(200);
  });

  it('verifies channels one after another, from PARTIAL on, or all in one call', async () => {
    const { client, read } = await start();
    const open = async () => {
      const { email, phone: sms } = newPerson();
      const { phone: whatsapp } = newPerson();
      const recipients = { email, sms, whatsapp };
      const { body } = await client.send({ channels: Object.keys(recipients), recipients });
      const codes: Record<string, string> = {};
      for (const [channel, address] of Object.entries(recipients))
        codes[channel] = await read(channel, address);
      return { token: body.token, codes };
    };
    const status = async () => (await client.sessions()).body.sessions[0].status;
    const slow = await open();
    for (const [channel, after] of [
      ['whatsapp', 'PARTIAL'],
      ['sms', 'PARTIAL'],
      ['email', 'APPROVED'],
    ] as const) {
      const { token, codes } = slow;
      expect((await client.verify(token, { [channel]: codes[channel]! })).status).toBe(200);
      expect(await status()).toBe(after);
    }
    const { token, codes } = await open();
    expect((await client.verify(token, codes)).status).toBe(200);
    expect(await status()).toBe('APPROVED');
  });

  it('resends, and verifies with the new code by the token of either response', async () => {
    const { client, read } = await start();
    const { email } = newPerson();
    const { token } = (await client.send({ channels: ['email'], recipients: { email } })).body;
    const old = await read('email', email);
    service.clock.advance(60_000);
    const again = await client.resend(token);
    expect(again.status).toBe(200);
    const code = await read('email', email, 2);
    if (old !== code) expect((await client.verify(token, { email: old })).body.message).toBe('Invalid OTP');
    expect((await client.verify(again.body.token, { email: code })).status).toBe(200);
  });

  it('reads the codes of the sandbox from the response, and filters its sessions', async () => {
    const { client } = await start();
    const { email, phone } = newPerson();
    const live = await client.send({ channels: ['email'], recipients: { email } });
    expect(live.status).toBe(200);
    const sent = await client.send({
      channels: ['email', 'sms'],
      recipients: { email, sms: phone },
      sandbox_mode: true,
    });
    const codes = codesIn(sent.body)!;
    expect(Object.keys(codes).sort()).toEqual(['email', 'sms']);
    expect((await client.verify(sent.body.token, codes)).status).toBe(200);
    expect((await client.sessions('?sandbox_mode=true')).body.sessions).toHaveLength(1);
    expect((await client.sessions('?sandbox_mode=false')).body.sessions).toHaveLength(1);
  });

  it('makes a contact of a verified recipient, where asked to', async () => {
    const { workspace, client, read } = await start();
    const { email } = newPerson();
    const sent = await client.send({ channels: ['email'], recipients: { email }, add_contact: true });
    await client.verify(sent.body.token, { email: await read('email', email) });
    const operator = connectJson(service.baseUrl, service.liveKey);
    await expect
      .poll(
        async () =>
          (await operator('otp.admin.v1.ContactService/ListContacts', { workspace })).body.contacts?.length,
        { timeout: 10_000 },
      )
      .toBe(1);
  });

  it('learns from the message what is wrong with a request', async () => {
    const { workspace, client } = await start();
    const invalid = await client.send({ channels: ['email'], recipients: { email: 'not-an-email' } });
    expect(invalid).toMatchObject({ status: 400, body: { success: false, message: 'Invalid recipient' } });
    const { email } = newPerson();
    const send = () => client.send({ channels: ['email'], recipients: { email } });
    for (let n = 0; n < 5; n++) expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(429);
    const operator = connectJson(service.baseUrl, service.liveKey);
    await operator('otp.admin.v1.WalletService/UpdateWallet', {
      workspace,
      wallet: { enabled: true, prices: { smsMicros: 50_000 } },
      updateMask: 'enabled,prices',
    });
    service.clock.advance(5_000);
    const poor = await client.send({ channels: ['sms'], recipients: { sms: newPerson().phone } });
    expect(poor).toMatchObject({ status: 402, body: { success: false, message: 'Insufficient balance' } });
  });
});

/** The document says that the codes are in the response, and not where: a code per channel, anywhere in it. */
function codesIn(value: unknown): Record<string, string> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const isCodes = entries.every(([, code]) => typeof code === 'string' && /^\d{4,8}$/.test(code));
  if (entries.length > 0 && isCodes) return value as Record<string, string>;
  for (const [, inner] of entries) {
    const found = codesIn(inner);
    if (found) return found;
  }
  return undefined;
}
