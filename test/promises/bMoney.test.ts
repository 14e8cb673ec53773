import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { newKey } from '../support/tenant.js';
import {
  codesOf,
  expectNothingSent,
  fresh,
  type MultichannelApi,
  multichannelApi,
  recipientsFor,
} from './support/multichannelApi.js';

const PRICES = { emailMicros: '1000', smsMicros: '50000', whatsappMicros: '30000' };

const service = serviceForSuite();
let operator: ReturnType<typeof connectJson>;
beforeAll(async () => {
  operator = connectJson(service.baseUrl, service.liveKey);
});

/** A workspace whose wallet is on and empty. */
async function withWallet(workspace: string) {
  const api = multichannelApi(service.baseUrl, await newKey(service, workspace));
  const on = await operator('otp.admin.v1.WalletService/UpdateWallet', {
    workspace,
    wallet: { enabled: true, currency: 'EUR', prices: PRICES },
    updateMask: 'enabled,currency,prices',
  });
  expect(on.status, JSON.stringify(on.body)).toBe(200);
  const wallets = 'otp.admin.v1.WalletService';
  return {
    api,
    credit: (amountMicros: number) =>
      operator(`${wallets}/CreditWallet`, { workspace, amountMicros: String(amountMicros) }),
    balance: async () =>
      Number((await operator(`${wallets}/GetWallet`, { workspace })).body.wallet.balanceMicros ?? 0),
  };
}

const both = () => ({
  channels: ['email', 'sms'],
  recipients: recipientsFor(['email', 'sms']) as Record<string, string>,
});
const sessionsOf = async (api: MultichannelApi) => (await api.sessions()).body.sessions;

describe('the wallet', () => {
  it('B28 pays each message of a live send, and of a resend', async () => {
    const { api, credit, balance } = await withWallet('paying');
    await credit(200_000);
    const { status, body } = await api.send(both());
    expect(status).toBe(200);
    expect(await balance()).toBe(200_000 - 51_000);
    await codesOf(service, body.session_id, 2);
    expect(await balance()).toBe(200_000 - 51_000);
    service.clock.advance(30_000);
    expect((await api.resend({ token: body.session_token, channels: ['sms'] })).status).toBe(200);
    expect(await balance()).toBe(200_000 - 101_000);
  });

  it('B28 is charged nothing in sandbox mode, which works at balance 0', async () => {
    const { api, credit, balance } = await withWallet('playing');
    const sandbox = () => api.send({ ...both(), sandbox_mode: true });
    expect((await sandbox()).status).toBe(200);
    expect(await balance()).toBe(0);
    await credit(60_000);
    const { status, body } = await sandbox();
    expect(status).toBe(200);
    service.clock.advance(30_000);
    expect((await api.resend({ token: body.session_token })).status).toBe(200);
    expect(await balance()).toBe(60_000);
  });

  it('B37 that does not cover the send refuses it, and adding credits helps', async () => {
    const { api, credit, balance } = await withWallet('short');
    await credit(50_999);
    const send = both();
    const { status, body } = await api.send(send);
    expect({ status, message: body.message }).toEqual({ status: 402, message: 'Insufficient balance' });
    expect(await sessionsOf(api)).toEqual([]);
    expect(await balance()).toBe(50_999);
    const elsewhere = multichannelApi(service.baseUrl, service.liveKey);
    await expectNothingSent(service, elsewhere, Object.values(send.recipients));

    await credit(1);
    const paid = await api.send(send);
    expect(paid.status).toBe(200);
    expect(Object.keys(await codesOf(service, paid.body.session_id, 2))).toEqual(['email', 'sms']);
    expect(await balance()).toBe(0);
  });

  it('B37 gives back the limits that a refused send had counted against', async () => {
    const { api, credit } = await withWallet('patient');
    const send = { channels: ['sms'], recipients: { sms: fresh.phone() } };
    for (let i = 0; i < 6; i++) expect((await api.send(send)).status).toBe(402);
    await credit(250_000);
    for (let i = 0; i < 5; i++) expect((await api.send(send)).status).toBe(200);
  });

  it('B38 pays nothing for a malformed recipient', async () => {
    const { api, credit, balance } = await withWallet('malformed');
    await credit(200_000);
    for (const [channel, address] of [
      ['email', 'not-an-email'],
      ['sms', '12345'],
      ['whatsapp', '+1'],
    ] as const) {
      const { status, body } = await api.send({ channels: [channel], recipients: { [channel]: address } });
      expect({ status, message: body.message }).toEqual({ status: 400, message: 'Invalid recipient' });
    }
    expect(await balance()).toBe(200_000);
    expect(await sessionsOf(api)).toEqual([]);
  });
});
