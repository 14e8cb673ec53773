import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson, type JsonResponse } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import type { TestService } from '../../../support/service.js';
import { keyOf, newKey } from '../../../support/tenant.js';
import { startTwo, type TwoProcesses } from '../../../support/twoProcesses.js';
import { deliveredCode } from '../../../wire/support/delivered.js';

const SERVICE = 'otp.admin.v1.StatsService/GetStats';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
type Calls = ReturnType<typeof connectJson>;

eachEngine((engine) => {
  let two: TwoProcesses;
  let operator: Calls;
  beforeAll(async () => {
    two = await startTwo(engine);
    operator = connectJson(two.here.baseUrl, two.here.liveKey);
  });
  afterAll(() => two.stop());

  let tenants = 0;
  /** A new workspace, through both processes. */
  async function tenant() {
    const workspace = `acme-${++tenants}`;
    const key = await newKey(two.here, workspace);
    return {
      workspace,
      here: connectJson(two.here.baseUrl, key),
      there: connectJson(two.there.baseUrl, key),
    };
  }
  /** Without what dimensions.test.ts is about. */
  const stats = async (admin: Calls, request: object = {}): Promise<JsonResponse> => {
    const response = await admin(SERVICE, request);
    for (const row of [...(response.body?.rows ?? []), response.body?.total ?? {}])
      for (const name of ['timeToApproval', 'spendPerApprovalMicros', 'refusedTotal']) delete row[name];
    return response;
  };
  const send = async (admin: Calls, recipients: object, more = {}) => {
    const { status, body } = await admin('otp.v1.OtpService/Send', { recipients, ...more });
    expect(status, JSON.stringify(body)).toBe(200);
    return body.session.id as string;
  };
  const verify = async (service: TestService, admin: Calls, sessionId: string, channel: string) => {
    const code = await deliveredCode(service, sessionId, channel);
    const { status } = await admin('otp.v1.OtpService/Verify', { sessionId, codes: { [channel]: code } });
    expect(status).toBe(200);
  };
  /** The totals, once so many messages were taken, by either process. */
  const totals = ({ here, there }: { here: Calls; there: Calls }, accepted: number) =>
    eventually(async () => {
      // The process that is asked writes down what it counted.
      await stats(there);
      const { total } = (await stats(here)).body;
      return Number(total.accepted ?? 0) >= accepted && total;
    });
  let numbers = 0;
  const colombian = () => `+57300${1_000_000 + ++numbers}`;
  const chilean = () => `+5622${1_000_000 + ++numbers}`;

  it('show what was sent, accepted, entered, refused and paid, by channel, country and provider', async () => {
    const acme = await tenant();
    const { workspace, here } = acme;
    const wallet = { enabled: true, prices: { smsMicros: 50_000, whatsappMicros: 7 } };
    const money = 'otp.admin.v1.WalletService';
    await operator(`${money}/UpdateWallet`, { workspace, wallet, updateMask: 'enabled,prices' });
    await operator(`${money}/CreditWallet`, { workspace, amountMicros: 1_000_000 });
    await here('otp.admin.v1.GuardService/UpdateGuard', {
      guard: { countryBlock: ['CU'] },
      updateMask: 'countryBlock',
    });

    const first = await send(here, { sms: colombian() });
    await send(here, { sms: colombian() });
    await send(here, { sms: chilean(), whatsapp: colombian(), email: `s.${numbers}@example.com` });
    await totals(acme, 5);
    await verify(two.here, here, first, 'sms');
    const refused = await here('otp.v1.OtpService/Send', {
      recipients: { sms: '+5352345678', whatsapp: colombian() },
    });
    expect(refused.reason).toBe('SEND_REFUSED');

    const total = {
      sends: '5',
      accepted: '5',
      approvals: '1',
      refused: '2',
      conversion: 0.2,
      spendMicros: '150007',
    };
    expect((await stats(here)).body).toEqual({ rows: [total], total });
    const by = async (...groupBy: string[]) =>
      (await stats(here, { groupBy: groupBy.map((name) => `STATS_DIMENSION_${name}`) })).body;
    expect(await by('CHANNEL')).toEqual({
      rows: [
        { channel: 'CHANNEL_EMAIL', sends: '1', accepted: '1' },
        {
          channel: 'CHANNEL_SMS',
          sends: '3',
          accepted: '3',
          approvals: '1',
          refused: '1',
          conversion: 1 / 3,
          spendMicros: '150000',
        },
        { channel: 'CHANNEL_WHATSAPP', sends: '1', accepted: '1', refused: '1', spendMicros: '7' },
      ],
      total,
    });
    expect(await by('COUNTRY')).toEqual({
      rows: [
        { sends: '1', accepted: '1' },
        { country: 'CL', sends: '1', accepted: '1', spendMicros: '50000' },
        {
          country: 'CO',
          sends: '3',
          accepted: '3',
          approvals: '1',
          refused: '1',
          conversion: 1 / 3,
          spendMicros: '100007',
        },
        { country: 'CU', refused: '1' },
      ],
      total,
    });
    expect(await by('PROVIDER')).toEqual({
      rows: [
        { refused: '2', spendMicros: '150007' },
        { provider: 'inbox', sends: '5', accepted: '5', approvals: '1', conversion: 0.2 },
      ],
      total,
    });
    const only = async (filter: object) => (await stats(here, filter)).body.total;
    expect(await only({ channel: 'CHANNEL_WHATSAPP' })).toEqual({
      sends: '1',
      accepted: '1',
      refused: '1',
      spendMicros: '7',
    });
    expect(await only({ country: 'CU' })).toEqual({ refused: '1' });
    const inbox = { sends: '5', accepted: '5', approvals: '1', conversion: 0.2 };
    expect(await only({ provider: 'inbox' })).toEqual(inbox);
    const split = await stats(here, { provider: 'inbox', groupBy: ['STATS_DIMENSION_PROVIDER'] });
    expect(split.body).toEqual({ rows: [{ provider: 'inbox', ...inbox }], total: inbox });
    expect(await only({ provider: 'twilio' })).toEqual({});
  });

  it('add up what two processes counted', async () => {
    const { here, there } = await tenant();
    const sessions = await Promise.all(
      Array.from({ length: 12 }, (_, n) => send(n % 2 ? here : there, { sms: colombian() })),
    );
    await totals({ here, there }, 12);
    for (const [n, sessionId] of sessions.slice(0, 4).entries())
      await verify(two.here, n % 2 ? there : here, sessionId, 'sms');
    await totals({ here, there }, 12);
    expect((await stats(there)).body.total).toEqual({
      sends: '12',
      accepted: '12',
      approvals: '4',
      conversion: 1 / 3,
    });
  });

  it('are counted in the hour and the day in which things happened', async () => {
    const acme = await tenant();
    const { here } = acme;
    // Just before midnight.
    two.clock.advance(DAY - (two.clock.now() % DAY) - 1);
    const midnight = two.clock.now() + 1;
    const early = await send(here, { email: `h.${++numbers}@example.com` });
    await totals(acme, 1);
    two.clock.advance(1);
    await send(here, { email: `h.${++numbers}@example.com` });
    await totals(acme, 2);
    await verify(two.here, here, early, 'email');
    two.clock.advance(HOUR);
    await send(here, { email: `h.${++numbers}@example.com` });
    await totals(acme, 3);

    const by = async (...names: string[]) =>
      (await stats(here, { groupBy: names.map((name) => `STATS_DIMENSION_${name}`) })).body.rows;
    const at = (ms: number) => new Date(ms).toISOString().replace('.000', '');
    const one = { sends: '1', accepted: '1' };
    expect(await by('HOUR')).toEqual([
      { start: at(midnight - HOUR), ...one },
      { start: at(midnight), ...one, approvals: '1', conversion: 1 },
      { start: at(midnight + HOUR), ...one },
    ]);
    expect(await by('DAY')).toEqual([
      { start: at(midnight - DAY), ...one },
      { start: at(midnight), sends: '2', accepted: '2', approvals: '1', conversion: 0.5 },
    ]);
    expect(await by('HOUR', 'PROVIDER')).toHaveLength(3);
    const between = async (from: number, to: number) =>
      (await stats(here, { from: at(from), to: at(to) })).body.total.sends;
    expect(await between(midnight - HOUR, midnight)).toBe('1');
    expect(await between(midnight, midnight + HOUR)).toBe('1');
    expect(await between(midnight, midnight + DAY)).toBe('2');
    expect(await between(midnight - DAY, midnight + 2 * DAY)).toBe('3');
    // Whole days in the middle, hours at both ends.
    expect(await between(midnight - HOUR, midnight + DAY + HOUR)).toBe('3');
    // A begun hour is a whole one.
    expect(await between(midnight + 1_000, midnight + HOUR + 1_000)).toBe('2');
    expect(await between(midnight + 2 * HOUR, midnight + 3 * HOUR)).toBeUndefined();
  });

  it('count what was sent before the hour ended under the provider that accepted it after', async () => {
    const acme = await tenant();
    const { here } = acme;
    two.clock.advance(HOUR - (two.clock.now() % HOUR) - 1_000);
    const sessionId = await send(here, { email: `late.${++numbers}@example.com` });
    await totals(acme, 1);
    two.clock.advance(60_000);
    await verify(two.here, here, sessionId, 'email');
    const { rows } = (await stats(here, { groupBy: ['STATS_DIMENSION_PROVIDER', 'STATS_DIMENSION_HOUR'] }))
      .body;
    const counts = rows.map(({ start: _start, ...rest }: { start: string }) => rest);
    expect(counts).toEqual([
      { provider: 'inbox', sends: '1', accepted: '1' },
      { provider: 'inbox', approvals: '1' },
    ]);
  });

  describe('the range', () => {
    const at = (days: number) => new Date(Date.UTC(2031, 0, 1) + days * DAY).toISOString();
    const hour = { groupBy: ['STATS_DIMENSION_HOUR'] };

    it.each([
      ['400 days', { from: at(0), to: at(400) }],
      ['32 days by the hour', { from: at(0), to: at(32), ...hour }],
      ['one hour', { from: at(0), to: at(1 / 24) }],
      ['one begun hour', { from: at(0), to: at(0.001) }],
    ])('may be %s', async (_what, range) => {
      expect((await stats(operator, range)).status).toBe(200);
    });

    it.each([
      ['a second more than 400 days', { from: at(0), to: at(400 + 1 / 86_400) }, 'from'],
      ['a second more than 32 days by the hour', { from: at(0), to: at(32 + 1 / 86_400), ...hour }, 'from'],
      ['nothing', { from: at(0), to: at(0) }, 'to'],
      ['backwards', { from: at(1), to: at(0) }, 'to'],
    ])('may not be %s', async (_what, range, field) => {
      const { reason, fields } = await stats(operator, range);
      expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
    });
  });

  it.each([
    ['the same twice', { groupBy: [1, 1] }, 'group_by'],
    ['something unknown', { groupBy: ['STATS_DIMENSION_WEEK'] }, 'group_by[0]'],
    ['nothing in particular', { groupBy: [0] }, 'group_by[0]'],
    ['five', { groupBy: [1, 2, 3, 4, 5] }, 'group_by'],
    ['the hour and the day', { groupBy: [4, 5] }, 'group_by'],
    ['a country in small letters', { country: 'co' }, 'country'],
    ['a long provider', { provider: 'x'.repeat(65) }, 'provider'],
    ['a channel that is none', { channel: 9 }, 'channel'],
    ['a mode that is none', { mode: 9 }, 'mode'],
  ])('%s cannot be asked for', async (_what, request, field) => {
    const { reason, fields } = await stats(operator, request);
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
  });

  it('of each workspace and mode are its own', async () => {
    const acme = await tenant();
    const { workspace, here } = acme;
    const other = await tenant();
    const tester = await keyOf(two.here, workspace, ['admin', 'otp.send'], 'MODE_TEST');
    await send(here, { email: `own.${++numbers}@example.com` });
    for (let n = 0; n < 2; n++) await send(tester, { email: `own.${++numbers}@example.com` });
    await send(here, { email: `own.${++numbers}@example.com` }, { sandbox: true });
    expect((await totals(acme, 1)).sends).toBe('1');
    expect((await stats(tester)).body.total).toEqual({ sends: '3' });
    expect((await stats(operator, { workspace, mode: 'MODE_TEST' })).body.total).toEqual({ sends: '3' });
    expect((await stats(operator, { workspace })).body.total.sends).toBe('1');
    expect((await stats(here, { mode: 'MODE_TEST' })).reason).toBe('PERMISSION_DENIED');
    expect((await stats(other.here)).body).toEqual({ total: {} });
    expect((await stats(other.here, { workspace })).reason).toBe('PERMISSION_DENIED');
    const reader = await keyOf(two.here, workspace, ['otp.send', 'sessions.read']);
    expect((await stats(reader)).reason).toBe('PERMISSION_DENIED');
  });
});
