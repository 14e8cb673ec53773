import { describe, expect, it } from 'vitest';
import type { GuardSettings } from '../../../server/guard/settings.js';
import { type SentSession, sentMessagesOf } from '../../../server/guard/simulation/sentMessages.js';
import { simulate } from '../../../server/guard/simulation/simulate.js';
import { createLog } from '../../../server/observe/log.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { seededRandom } from '../../support/seededRandom.js';
import { deliveredCode } from '../../wire/support/delivered.js';
import { sampleSession } from '../session/support/sampleSession.js';
import { type Calls, guardAdmin, SERVICE } from './support/guardAdmin.js';
import { OFF, phone, testGuard } from './support/testGuard.js';

const START = Date.UTC(2030, 0, 15);
const MINUTE = 60_000;
const replay = (sessions: readonly SentSession[], rules: Partial<GuardSettings>) =>
  simulate(
    { workspace: 'acme', sessions, to: Number.POSITIVE_INFINITY },
    {
      rules: { ...OFF, ...rules },
      priceOf: async () => 10,
      log: createLog('silent'),
      turn: (part) => part(),
      signal: new AbortController().signal,
    },
  );

describe('messages of a stored session', () => {
  it('are those to phones, with resends, outcomes and what they cost', () => {
    const session = sampleSession(['email', 'sms']);
    const sms = { ...session.channels.sms!, prefix: 'p', country: 'CO' };
    const at = (ms: number) => new Date(session.createdAt.getTime() + ms);
    const sent = sentMessagesOf({
      ...session,
      channels: { ...session.channels, sms },
      marks: [{ type: 'resent', at: at(60_000), channel: 'sms', n: 2 }],
      charges: { one: { sms: 50 }, two: { sms: 50 } },
      events: [
        {
          id: 'refund',
          type: 'refund',
          at: at(1),
          channel: 'sms',
          charge: { debit: 'one', amount: 50 },
        },
        { id: 'failed', type: 'delivery.failed', at: at(1), channel: 'sms' },
        { id: 'approved', type: 'session.approved', at: at(70_000), channel: 'sms' },
      ],
    });
    const ms = session.createdAt.getTime();
    expect(sent).toMatchObject({
      phones: [{ channel: 'sms', prefix: 'p', country: 'CO' }],
      price: new Map([['sms', 25]]),
      events: [
        { kind: 'sent', at: ms, channels: ['sms'] },
        { kind: 'sent', at: ms + 60_000, channels: ['sms'] },
        { kind: 'failed', at: ms + 1 },
        { kind: 'approved', at: ms + 70_000 },
      ],
    });
    expect(sentMessagesOf(sampleSession(['email']))).toBeUndefined();
  });
});

eachEngine((engine) => {
  const RULES: readonly Partial<GuardSettings>[] = [
    { prefixVelocity: { max: 5, windowSeconds: 600 } },
    { countryVelocity: { max: 12, windowSeconds: 600 } },
    { approvalRate: { minSends: 6, minPercent: 30, windowSeconds: 1800 } },
    { countryApprovalRate: { minSends: 10, minPercent: 30, minPrefixes: 3, windowSeconds: 1800 } },
    { dailyCeiling: { messages: 60, spendMicros: 700 } },
    {
      prefixVelocity: { max: 8, windowSeconds: 600 },
      approvalRate: { minSends: 6, minPercent: 30, windowSeconds: 1800 },
      countryBlock: ['CL'],
    },
  ];

  it.each(RULES.map((rules, index) => ({ rules, index })))(
    'a simulation refuses exactly what the guard refuses: $rules',
    async ({ rules, index }) => {
      const random = seededRandom(`guard ${index}`);
      const clock = new ManualClock(START);
      const store = await engine.open();
      const real = testGuard({ documents: store, clock, rules, price: 10 });
      const workspace = { workspace: `simulated-${index}` };
      const sessions: SentSession[] = [];
      const refused = { messages: 0, approved: 0 };
      for (let n = 0; n < 90; n++) {
        clock.advance(random.int(MINUTE));
        const [prefix, country] = (
          [
            ['p1', 'CO'],
            ['p2', 'CO'],
            ['p3', 'CO'],
            ['p4', 'CL'],
          ] as const
        )[random.int(4)]!;
        const to = { ...phone(prefix, country), recipient: `person-${n}` };
        const source = Buffer.from([random.int(8)]).toString('base64url');
        const sent = { kind: 'sent' as const, at: clock.now(), channels: ['sms' as const] };
        const isReal = random.int(5) === 0;
        const approved = { kind: 'approved' as const, at: clock.now() + 1, channel: 'sms' as const };
        const entered = await real.enter([to], { ...workspace, source, budgets: new Map() });
        if (!entered.passed) {
          refused.messages++;
          if (isReal) refused.approved++;
        } else if (isReal) {
          await real.guard.approved({ ...workspace, mode: 'live', prefix, country, source, sentAt: sent.at });
        }
        sessions.push({
          id: `${n}`,
          source,
          phones: [{ ...to, budget: `person-${n}` }],
          price: new Map([['sms', 10]]),
          events: [sent, ...(isReal ? [approved] : [])],
        });
      }
      const found = await replay(sessions, rules);
      expect(refused.messages).toBeGreaterThan(0);
      expect(found).toMatchObject({
        sends: 90,
        refused: refused.messages,
        approved: refused.approved,
        savedMicros: 10 * refused.messages,
      });
    },
  );

  const { two, tenant, operator, send, get, workspace } = guardAdmin(engine);
  const simulateGuard = async (admin: Calls, request: object) => {
    const { status, body } = await admin(`${SERVICE}/SimulateGuard`, request);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };

  it('what a rule would have refused is counted, with the real people among them, and nothing changes', async () => {
    const acme = await tenant();
    const before = await get(acme);
    const sent: string[] = [];
    for (let n = 0; n < 4; n++) sent.push((await send(acme, { sms: `+57300400000${n}` })).body.session.id);
    await send(acme, { sms: '+56221230001', email: 'ana@example.com' });
    const code = await deliveredCode(two.here, sent[3]!, 'sms');
    await acme('otp.v1.OtpService/Verify', { sessionId: sent[3], codes: { sms: code } });
    expect(await simulateGuard(acme, {})).toMatchObject({ sends: '5' });
    expect(
      await simulateGuard(acme, { guard: { prefixVelocity: { max: 2 } }, updateMask: 'prefixVelocity' }),
    ).toMatchObject({
      sends: '5',
      refused: '2',
      refusedApproved: '1',
      rules: [{ rule: 'GUARD_RULE_PREFIX_VELOCITY', refused: '2', refusedApproved: '1' }],
    });
    const blocked = await simulateGuard(acme, {
      guard: { countryBlock: ['CL'] },
      updateMask: 'countryBlock',
    });
    expect(blocked).toMatchObject({ refused: '1', rules: [{ rule: 'GUARD_RULE_COUNTRY_BLOCKED' }] });
    const vetoed = await simulateGuard(acme, {
      guard: { veto: { url: 'https://shop.example/veto' } },
      updateMask: 'veto',
    });
    expect(vetoed.notSimulated).toEqual(['GUARD_RULE_VETO', 'GUARD_RULE_VETO_UNANSWERED']);
    expect(await get(acme)).toEqual(before);
    expect((await send(acme, { sms: '+573004000009' })).status).toBe(200);
  });

  it('only the time that is asked for is simulated, at most the last 30 days', async () => {
    const acme = await tenant();
    await send(acme, { sms: '+573004000001' });
    const at = (days: number) => new Date(two.clock.now() + days * 24 * 60 * MINUTE).toISOString();
    expect((await simulateGuard(acme, { from: at(-2), to: at(-1) })).sends).toBeUndefined();
    for (const [request, field] of [
      [{ from: at(-31) }, 'from'],
      [{ from: at(-1), to: at(-2) }, 'to'],
      [
        { guard: { approvalRate: { minPercent: 200 } }, updateMask: 'approvalRate' },
        'guard.approval_rate.min_percent',
      ],
      [{ updateMask: 'nothing' }, 'update_mask'],
    ] as const) {
      const { reason, fields } = await acme(`${SERVICE}/SimulateGuard`, request);
      expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
    }
    const name = workspace();
    const stranger = await tenant();
    const denied = await stranger(`${SERVICE}/SimulateGuard`, { workspace: name });
    expect(denied.reason).toBe('PERMISSION_DENIED');
    expect((await operator(`${SERVICE}/SimulateGuard`, { workspace: 'none-such' })).reason).toBe('NOT_FOUND');
  });
});
