import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Provider } from '../../../../server/delivery/provider.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService, type TestService } from '../../../support/service.js';
import { keyOf, newKey } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.StatsService/GetStats';
type Calls = ReturnType<typeof connectJson>;

/** A provider that refuses numbers that end with 13, and remembers the code of each number. */
function vendor() {
  const codes = new Map<string, string>();
  const provider: Provider = {
    name: 'vendor',
    channels: ['sms'],
    timeoutMs: 10_000,
    async send({ to, code }) {
      if (to.endsWith('13')) return { kind: 'failed', error: 'REFUSED', vendor: { code: '1', text: 'no' } };
      codes.set(to, code);
      return { kind: 'accepted', vendorId: to };
    },
    close: async () => {},
  };
  return { codes, provider };
}

eachEngine((engine) => {
  let service: TestService;
  let operator: Calls;
  const sms = vendor();
  beforeAll(async () => {
    service = await startService({
      documents: await engine.open(),
      overrides: { providers: { sms: sms.provider } },
    });
    operator = connectJson(service.baseUrl, service.liveKey);
  });
  afterAll(() => service.stop());

  const send = async (caller: Calls, phone: string, more = {}) => {
    const { status, body } = await caller('otp.v1.OtpService/Send', { recipients: { sms: phone }, ...more });
    expect(status, JSON.stringify(body)).toBe(200);
    return body.session.id as string;
  };
  const stats = async (caller: Calls, request: object = {}) => {
    const { status, body } = await caller(SERVICE, request);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const by = async (caller: Calls, name: string, more = {}) =>
    (await stats(caller, { groupBy: [`STATS_DIMENSION_${name}`], ...more })).rows;
  /** Waits until so many messages have been accepted or have failed. */
  const delivered = (caller: Calls, messages: number) =>
    eventually(async () => {
      const { accepted = 0, failed = 0 } = (await stats(caller)).total;
      return Number(accepted) + Number(failed) >= messages;
    });

  describe('a workspace with three logins, a payment, a failure and refusals', () => {
    let acme: Calls;
    let second: Calls;
    beforeAll(async () => {
      acme = await keyOf(service, 'acme');
      second = await keyOf(service, 'acme');
      const wallet = { enabled: true, prices: { smsMicros: 50_000 } };
      await operator('otp.admin.v1.WalletService/UpdateWallet', {
        workspace: 'acme',
        wallet,
        updateMask: 'enabled,prices',
      });
      await operator('otp.admin.v1.WalletService/CreditWallet', {
        workspace: 'acme',
        amountMicros: 10_000_000,
      });
      await acme('otp.admin.v1.GuardService/UpdateGuard', {
        guard: { countryBlock: ['CU'] },
        updateMask: 'countryBlock',
      });
      const logins = [];
      for (const phone of ['+573001230001', '+573001230002', '+573001230003'])
        logins.push([phone, await send(acme, phone, { purpose: 'login', locale: 'es' })] as const);
      await send(second, '+573001230004', { purpose: 'payment', locale: 'en' });
      await send(second, '+573001230013');
      await delivered(acme, 5);
      // The first enters a wrong code, then the right one after 10 s; the second after 40 s.
      const code = sms.codes.get('+573001230001')!;
      const wrong = `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;
      const verify = (sessionId: string, of: string) =>
        acme('otp.v1.OtpService/Verify', { sessionId, codes: { sms: of } });
      expect((await verify(logins[0]![1], wrong)).reason).toBe('INVALID_CODE');
      service.clock.advance(10_000);
      expect((await verify(logins[0]![1], code)).status).toBe(200);
      service.clock.advance(30_000);
      expect((await verify(logins[1]![1], sms.codes.get('+573001230002')!)).status).toBe(200);
      const cuban = { recipients: { sms: '+5352345678' }, purpose: 'login' };
      expect((await acme('otp.v1.OtpService/Send', cuban)).reason).toBe('SEND_REFUSED');
      const invalid = { recipients: { sms: '12' }, purpose: 'login' };
      expect((await acme('otp.v1.OtpService/Send', invalid)).reason).toBe('INVALID_RECIPIENT');
    });

    it('is split by purpose, with wrong codes, everything that was refused, and what an approval costs', async () => {
      const rows = await by(acme, 'PURPOSE');
      expect(rows).toMatchObject([
        { sends: '1', failed: '1' },
        {
          purpose: 'login',
          sends: '3',
          accepted: '3',
          approvals: '2',
          wrongCodes: '1',
          refused: '1',
          refusedTotal: '2',
          spendMicros: '150000',
          spendPerApprovalMicros: '75000',
        },
        { purpose: 'payment', sends: '1', accepted: '1' },
      ]);
      const { total } = await stats(acme, { groupBy: ['STATS_DIMENSION_PURPOSE'] });
      expect(total).toEqual((await stats(acme)).total);
    });

    it('shows within one per cent how long it takes from Send to approval', async () => {
      const { timeToApproval } = (await stats(acme)).total;
      const seconds = (text: string) => Number(text.slice(0, -1));
      expect(timeToApproval.count).toBe('2');
      for (const [shown, exact] of [
        [timeToApproval.p50, 10],
        [timeToApproval.p90, 40],
        [timeToApproval.p99, 40],
      ])
        expect(Math.abs(seconds(shown) - exact)).toBeLessThanOrEqual(exact / 100);
      const [, login] = await by(acme, 'PURPOSE');
      expect(login.timeToApproval).toEqual(timeToApproval);
    });

    it('is split by API key, by language, by delivery error and by what refused messages', async () => {
      const keys = await by(acme, 'API_KEY');
      expect(keys.map(({ sends }: { sends: string }) => sends).sort()).toEqual(['2', '3']);
      expect(keys.every(({ apiKeyId }: { apiKeyId: string }) => apiKeyId)).toBe(true);
      const locales = await by(acme, 'LOCALE');
      expect(locales.map(({ locale = '', sends = '0' }) => [locale, sends])).toEqual(
        expect.arrayContaining([['es', '3']]),
      );
      expect(await by(acme, 'DELIVERY_ERROR')).toMatchObject([{ deliveryError: 'REFUSED', failed: '1' }]);
      expect(await by(acme, 'REFUSAL')).toEqual([
        { refusal: 'INVALID_RECIPIENT', refusedTotal: '1' },
        { refusal: 'country-blocked', refusedTotal: '1' },
      ]);
    });

    it('is filtered by purpose, key and language, alone or with other dimensions', async () => {
      expect((await stats(acme, { purpose: 'payment' })).total).toMatchObject({ sends: '1', accepted: '1' });
      expect((await stats(acme, { purpose: 'none such' })).total).toEqual({});
      expect((await stats(acme, { locale: 'es' })).total).toMatchObject({ sends: '3', approvals: '2' });
      expect(await by(acme, 'PROVIDER', { purpose: 'login' })).toMatchObject([
        { refusedTotal: '2' },
        { provider: 'vendor', sends: '3', approvals: '2' },
      ]);
      const [{ apiKeyId, sends }] = await by(acme, 'API_KEY');
      expect((await stats(acme, { apiKeyId })).total.sends).toBe(sends);
    });

    it.each([
      { groupBy: ['STATS_DIMENSION_PURPOSE', 'STATS_DIMENSION_LOCALE'] },
      { groupBy: ['STATS_DIMENSION_REFUSAL'], purpose: 'login' },
      { purpose: 'login', locale: 'es' },
    ])('cannot be split or filtered by two of these at once: %j', async (request) => {
      const { reason, fields } = await acme(SERVICE, request);
      expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: ['group_by'] });
    });
  });

  it('an operator sees all workspaces, together and one by one; others do not', async () => {
    const [here, there] = [await keyOf(service, 'here'), await keyOf(service, 'there')];
    const before = Number((await stats(operator, { workspace: '-' })).total.sends ?? 0);
    await send(here, '+573001231001', { purpose: 'across' });
    await send(there, '+573001231002', { purpose: 'across' });
    await send(there, '+573001231003', { purpose: 'across' });
    const all = { workspace: '-', purpose: 'across' };
    expect((await stats(operator, { workspace: '-' })).total.sends).toBe(`${before + 3}`);
    expect(await by(operator, 'WORKSPACE', all)).toMatchObject([
      { workspace: 'here', sends: '1' },
      { workspace: 'there', sends: '2' },
    ]);
    expect(await by(here, 'WORKSPACE')).toMatchObject([{ workspace: 'here', sends: '1' }]);
    const analyst = connectJson(service.baseUrl, await newKey(service, 'here', ['analyst']));
    for (const caller of [here, analyst])
      expect((await caller(SERVICE, { workspace: '-' })).reason).toBe('PERMISSION_DENIED');
  });
});
