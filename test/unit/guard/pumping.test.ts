import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { newKey } from '../../support/tenant.js';
import { startTwo, type TwoProcesses } from '../../support/twoProcesses.js';
import { deliveredCode } from '../../wire/support/delivered.js';

/** Messages to one prefix before the rule looks at how many were verified. */
const MIN_SENDS = 20;
/** With those that pass although the prefix is refused, so that approvals could lift it. */
const PASSING = MIN_SENDS + MIN_SENDS / 5;
/** Numbers of one prefix, in a row, as pumpers rent them. */
const PUMPED = 60;
const REAL = 15;
const PRICE = 50_000;
const CREDIT = 1_000_000_000;

eachEngine((engine) => {
  let two: TwoProcesses;
  let calls: ReturnType<typeof connectJson>[];
  let operator: ReturnType<typeof connectJson>;
  beforeAll(async () => {
    two = await startTwo(engine);
    operator = connectJson(two.here.baseUrl, two.here.liveKey);
    const key = await newKey(two.here, 'acme');
    calls = [two.here, two.there].map(({ baseUrl }) => connectJson(baseUrl, key));
    const wallet = { enabled: true, prices: { smsMicros: PRICE } };
    const money = 'otp.admin.v1.WalletService';
    await operator(`${money}/UpdateWallet`, { workspace: 'acme', wallet, updateMask: 'enabled,prices' });
    await operator(`${money}/CreditWallet`, { workspace: 'acme', amountMicros: CREDIT });
    const guard = { approvalRate: { minSends: MIN_SENDS, minPercent: 5 } };
    await calls[0]!('otp.admin.v1.GuardService/UpdateGuard', { guard, updateMask: 'approvalRate' });
    two.clock.advance(5_000);
  });
  afterAll(() => two.stop());

  const send = (sms: string, n: number) => calls[n % 2]!('otp.v1.OtpService/Send', { recipients: { sms } });
  const pumped = (prefix: string, n: number) => `${prefix}${String(n).padStart(4, '0')}`;
  /** Real people: each number of another prefix, some a few of one, and nearly all enter their code. */
  async function real(n: number): Promise<void> {
    const { status, body } = await send(pumped(`+57310${String(100 + (n % 12))}`, n), n);
    expect(status, JSON.stringify(body)).toBe(200);
    if (n % 5 === 4) return;
    const code = await deliveredCode(two.here, body.session.id, 'sms');
    const verified = await calls[n % 2]!('otp.v1.OtpService/Verify', { sessionId: body.session.id, code });
    expect(verified.status).toBe(200);
  }
  const refusals = async () => {
    const all: { rules: string[]; recipients: { prefix: string; country: string }[] }[] = [];
    // Each process writes what it has counted when it is asked.
    await calls[1]!('otp.admin.v1.GuardService/ListRefusedSends', {});
    let pageToken = '';
    do {
      const { body } = await calls[0]!('otp.admin.v1.GuardService/ListRefusedSends', {
        pageSize: 100,
        pageToken,
      });
      all.push(...(body.refusedSends ?? []));
      pageToken = body.nextPageToken ?? '';
    } while (pageToken);
    return all;
  };
  const tally = (reasons: readonly (string | undefined)[]) => ({
    sent: reasons.filter((reason) => reason === undefined).length,
    refused: reasons.filter((reason) => reason === 'SEND_REFUSED').length,
  });

  describe('pumping', () => {
    it.each([
      ['one after the other', '+57300555'],
      ['all at once', '+57300666'],
    ])(
      'is stopped after exactly the configured number, %s, while real people are sent theirs',
      async (how, prefix) => {
        const before = (await refusals()).length;
        // Ids of different processes are in order from one millisecond to the next.
        two.clock.advance(1);
        const one = (n: number) => send(pumped(prefix, n), n);
        const people = (async () => {
          for (let n = 0; n < REAL; n++) await real(n);
        })();
        const reasons: (string | undefined)[] = [];
        if (how === 'all at once') {
          const responses = await Promise.all(Array.from({ length: PUMPED }, (_, n) => one(n)));
          reasons.push(...responses.map(({ reason }) => reason));
        } else {
          for (let n = 0; n < PUMPED; n++) reasons.push((await one(n)).reason);
          expect(reasons.indexOf('SEND_REFUSED')).toBe(PASSING);
        }
        await people;
        expect(tally(reasons)).toEqual({ sent: PASSING, refused: PUMPED - PASSING });

        const listed = (await refusals()).slice(0, PUMPED - PASSING);
        expect(await refusals()).toHaveLength(before + PUMPED - PASSING);
        for (const { rules, recipients } of listed) {
          expect(rules).toEqual(['GUARD_RULE_APPROVAL_RATE']);
          expect(recipients).toMatchObject([{ country: 'CO' }]);
        }
        expect(new Set(listed.map(({ recipients }) => recipients[0]!.prefix)).size).toBe(1);
        const checked = await calls[1]!('otp.admin.v1.GuardService/CheckRecipient', {
          recipient: pumped(prefix, 9_999),
        });
        expect(checked.body).toMatchObject({ rules: ['GUARD_RULE_APPROVAL_RATE'], prefixSends: PASSING });
        expect(checked.body.recipient.prefix).toBe(listed[0]!.recipients[0]!.prefix);
      },
    );

    it('cost nothing where they were refused, and the statistics show it', async () => {
      const sent = 2 * (PASSING + REAL);
      const approvals = 2 * (REAL - Math.floor(REAL / 5));
      const total = await eventually(async () => {
        await calls[1]!('otp.admin.v1.StatsService/GetStats', {});
        const { body } = await calls[0]!('otp.admin.v1.StatsService/GetStats', {});
        return Number(body.total.accepted) === sent && body.total;
      });
      expect(total).toMatchObject({
        sends: `${sent}`,
        accepted: `${sent}`,
        approvals: `${approvals}`,
        refused: `${2 * (PUMPED - PASSING)}`,
        refusedTotal: `${2 * (PUMPED - PASSING)}`,
        conversion: approvals / sent,
        spendMicros: `${sent * PRICE}`,
      });
      const { body } = await operator('otp.admin.v1.WalletService/GetWallet', { workspace: 'acme' });
      expect(body.wallet.balanceMicros).toBe(String(CREDIT - sent * PRICE));
      const range = { _id: { $gte: 'acme/', $lt: 'acme0' } };
      const sessions = await two.here.documents.collection('sessions').find(range).toArray();
      expect(sessions).toHaveLength(sent);
    });

    it('may be tried again when it was said to, and not before', async () => {
      const { reason, headers } = await send(pumped('+57300555', 100), 0);
      expect(reason).toBe('SEND_REFUSED');
      const wait = Number(headers.get('retry-after')) * 1000;
      two.clock.advance(wait - 1_000);
      expect((await send(pumped('+57300555', 100), 1)).reason).toBe('SEND_REFUSED');
      two.clock.advance(1_000);
      expect((await send(pumped('+57300555', 100), 1)).status).toBe(200);
    });
  });
});
