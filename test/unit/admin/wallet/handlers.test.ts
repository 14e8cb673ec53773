import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../../support/connectJson.js';
import { eventually } from '../../../support/eventually.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.WalletService';
const service = serviceForSuite();
let operator: ReturnType<typeof connectJson>;
let workspace: string;
let made = 0;

beforeAll(async () => {
  operator = connectJson(service.baseUrl, service.liveKey);
});

/** A workspace of its own for each test. */
async function tenant() {
  workspace = `tenant-${++made}`;
  return keyOf(service, workspace);
}
const get = () => operator(`${SERVICE}/GetWallet`, { workspace });
const update = (wallet: object, updateMask: string, call = operator) =>
  call(`${SERVICE}/UpdateWallet`, { workspace, wallet, updateMask });
const credit = (amountMicros: number | string, more = {}, call = operator) =>
  call(`${SERVICE}/CreditWallet`, { workspace, amountMicros, ...more });
const entries = async (call = operator) =>
  (await call(`${SERVICE}/ListLedgerEntries`, { workspace })).body.entries ?? [];

describe('the wallet', () => {
  it('is off, empty and free until it is changed', async () => {
    await tenant();
    expect((await get()).body.wallet).toEqual({ currency: 'USD', prices: {} });
    expect(await entries()).toEqual([]);
  });

  it('is changed by field mask: only what the mask names', async () => {
    await tenant();
    const on = { enabled: true, currency: 'COP', prices: { smsMicros: '50000', emailMicros: 1_000 } };
    const changed = await update(on, 'enabled,currency,prices');
    const shown = { enabled: true, currency: 'COP', prices: { smsMicros: '50000', emailMicros: '1000' } };
    expect(changed.body.wallet).toEqual(shown);
    const off = await update({ enabled: false, currency: 'EUR' }, 'enabled');
    expect(off.body.wallet).toEqual({ currency: 'COP', prices: shown.prices });
    const replaced = await update({ prices: { whatsappMicros: 7 } }, 'prices');
    expect(replaced.body.wallet.prices).toEqual({ whatsappMicros: '7' });
    expect((await update({}, 'currency')).body.wallet.currency).toBe('USD');
    expect((await update({ balanceMicros: 5 }, 'balanceMicros')).fields).toEqual(['update_mask']);
  });

  it.each([
    ['a currency that is none', { currency: 'dollars' }, 'currency', 'wallet.currency'],
    ['a price below zero', { prices: { smsMicros: -1 } }, 'prices', 'wallet.prices.sms_micros'],
    [
      'a price beyond a million units',
      { prices: { emailMicros: '1000000000001' } },
      'prices',
      'wallet.prices.email_micros',
    ],
  ])('refuses %s', async (_, wallet, mask, field) => {
    await tenant();
    const { reason, fields } = await update(wallet, mask);
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
  });

  it('is credited once for a request id, and says so in the ledger', async () => {
    await tenant();
    const invoice = { reference: 'invoice 17', requestId: 'r-17' };
    const first = await credit('2500000', invoice);
    expect(first.body).toEqual({
      wallet: { currency: 'USD', prices: {}, balanceMicros: '2500000' },
      entry: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        type: 'LEDGER_ENTRY_TYPE_CREDIT',
        amountMicros: '2500000',
        currency: 'USD',
        at: expect.stringMatching(/^2030-01-15T/),
        reference: 'invoice 17',
      },
    });
    expect((await credit('2500000', invoice)).body).toEqual(first.body);
    expect((await credit('2500001', invoice)).reason).toBe('IDEMPOTENCY_CONFLICT');
    expect(await entries()).toEqual([first.body.entry]);
    expect((await credit(0)).fields).toEqual(['amount_micros']);
    expect((await credit('1000000000000001')).fields).toEqual(['amount_micros']);
    const taken = await credit(-500_000);
    expect(taken.body.wallet.balanceMicros).toBe('2000000');
    expect(taken.body.entry.amountMicros).toBe('-500000');
  });

  it('keeps its currency while it holds money', async () => {
    await tenant();
    await credit(1);
    const refused = await update({ currency: 'EUR' }, 'currency');
    expect({ reason: refused.reason, fields: refused.fields }).toEqual({
      reason: 'INVALID_REQUEST',
      fields: ['wallet.currency'],
    });
    await credit(-1);
    expect((await update({ currency: 'EUR' }, 'currency')).body.wallet.currency).toBe('EUR');
    expect((await credit(1)).body.entry.currency).toBe('EUR');
  });

  it('lists its ledger newest first, by pages, each entry once', async () => {
    await tenant();
    for (let n = 1; n <= 5; n++) await credit(n);
    const seen: number[] = [];
    let pageToken = '';
    do {
      const { body } = await operator(`${SERVICE}/ListLedgerEntries`, { workspace, pageSize: 2, pageToken });
      seen.push(...body.entries.map(({ amountMicros }: { amountMicros: string }) => Number(amountMicros)));
      pageToken = body.nextPageToken ?? '';
    } while (pageToken);
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  it('is read by its own workspace and changed by operators with a live key only', async () => {
    const admin = await tenant();
    await credit(5);
    expect((await admin(`${SERVICE}/GetWallet`, {})).body.wallet.balanceMicros).toBe('5');
    expect((await admin(`${SERVICE}/ListLedgerEntries`, {})).body.entries).toHaveLength(1);
    expect((await credit(5, {}, admin)).reason).toBe('PERMISSION_DENIED');
    expect((await update({ enabled: false }, 'enabled', admin)).reason).toBe('PERMISSION_DENIED');
    expect((await admin(`${SERVICE}/GetWallet`, { workspace: 'default' })).reason).toBe('PERMISSION_DENIED');
    const testOperator = await keyOf(service, 'default', ['operator'], 'MODE_TEST');
    expect((await credit(5, {}, testOperator)).reason).toBe('PERMISSION_DENIED');
    expect((await testOperator(`${SERVICE}/GetWallet`, { workspace })).status).toBe(200);
    const unknown = { workspace: 'no-such-workspace' };
    expect((await credit(5, unknown)).reason).toBe('NOT_FOUND');
  });

  it('is audited', async () => {
    await tenant();
    await credit(5);
    const { body } = await operator('otp.admin.v1.AuditService/ListAuditEntries', {
      workspace,
      pageSize: 1,
    });
    expect(body.entries).toMatchObject([
      { method: `${SERVICE}/CreditWallet`, resource: 'wallet', outcome: 'OK' },
    ]);
  });

  it('gets back what a crashed process had taken', async () => {
    await tenant();
    await credit(100);
    await service.documents.collection('wallets').findOneAndUpdate(
      { _id: workspace },
      {
        $inc: { balance: -30 },
        $set: {
          'pending.some-debit': {
            sessionId: 'never-stored',
            charges: { sms: 30 },
            currency: 'USD',
            at: new Date(service.clock.now()),
          },
        },
      },
    );
    expect((await get()).body.wallet).toMatchObject({ balanceMicros: '70', pendingMicros: '30' });
    const whole = await eventually(async () => {
      service.clock.advance(60_000);
      const { wallet } = (await get()).body;
      return wallet.pendingMicros === undefined && wallet;
    });
    expect(whole.balanceMicros).toBe('100');
  });
});
