import { fc, test } from '@fast-check/vitest';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredWallet } from '../../../../server/admin/wallet/stored.js';
import { createSweep } from '../../../../server/admin/wallet/sweep.js';
import { createIds } from '../../../../server/domain/ids.js';
import type { Documents } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';
import { type Fault, failOperation } from '../../../support/wrapOperations.js';
import { chargesOfSessions, expectSettled } from './support/ledger.js';
import { createPaymentProcess, type PaymentStep, PRICES } from './support/paymentProcess.js';

/** Every way in which money moves. */
const SCRIPT: readonly PaymentStep[] = [
  { do: 'credit', amount: 110_000, request: 'c1' },
  { do: 'send', session: 's1', channels: ['email', 'sms'], ends: 'stored' },
  { do: 'send', session: 's2', channels: ['sms'], ends: 'refused' },
  // The same session twice: the second insert meets the first one's.
  { do: 'send', session: 's1', channels: ['sms'], ends: 'stored' },
  { do: 'resend', session: 's1', channels: ['sms'] },
  { do: 'fail', session: 's1', channel: 'sms' },
  { do: 'fail', session: 's1', channel: 'sms' },
  { do: 'send', session: 's3', channels: ['email', 'sms', 'whatsapp'], ends: 'stored' },
  // More than there is.
  { do: 'send', session: 's4', channels: ['sms'], ends: 'stored' },
];

eachEngine((engine) => {
  const random = seededRandom(`crash on ${engine.name}`);
  let documents: Documents;
  beforeAll(async () => {
    documents = await engine.open();
  });

  /**
   * Lets a process run into a fault, continues as callers do that got no response,
   * sweeps, and looks whether the books add up. Gives the operations begun.
   */
  async function survives(
    script: readonly PaymentStep[],
    fault: Fault,
    isRepeated: boolean,
  ): Promise<number> {
    const clock = new ManualClock();
    const newId = createIds(clock, random);
    const workspace = `w-${newId()}`;
    const healthy = createPaymentProcess(documents, workspace, newId, clock);
    await healthy({ do: 'credit', amount: 1, request: 'first' });
    await documents
      .collection('wallets')
      .findOneAndUpdate({ _id: workspace }, { $set: { enabled: true, prices: PRICES } });

    const faulty = failOperation(documents, fault);
    const doomed = createPaymentProcess(faulty.documents, workspace, newId, clock);
    const run = async () => {
      for (const deed of script) await doomed(deed).catch(() => {});
    };
    await Promise.race([run(), faulty.crashed]);

    if (isRepeated) {
      // What has a request id is repeated by its caller, what is an event by the queue.
      for (const deed of script) if (deed.do === 'credit' || deed.do === 'fail') await healthy(deed);
    }
    clock.advance(300_000);
    await sweep(workspace, clock);
    await expectSettled(documents, workspace);
    if (isRepeated) await expectExact(workspace, script);
    return faulty.count();
  }

  async function sweep(workspace: string, clock: ManualClock) {
    const wallet = await documents.collection<StoredWallet>('wallets').findOne({ _id: workspace });
    await createSweep(documents, clock)(wallet!);
  }

  /** Everything credited once, what sessions hold debited once, what failed of it refunded once. */
  async function expectExact(workspace: string, script: readonly PaymentStep[]) {
    const credits = new Map<string, number>();
    for (const deed of script) if (deed.do === 'credit') credits.set(deed.request, deed.amount);
    let expected = 1;
    for (const amount of credits.values()) expected += amount;
    for (const charges of Object.values(await chargesOfSessions(documents, workspace))) {
      for (const amount of Object.values(charges)) expected -= amount;
    }
    const failed = new Set<string>();
    for (const deed of script) if (deed.do === 'fail') failed.add(`${deed.session}/${deed.channel}`);
    for (const what of failed) {
      const [session, channel] = what.split('/') as [string, keyof typeof PRICES];
      const stored = await documents
        .collection<{ _id: string; charges?: Record<string, Partial<typeof PRICES>> }>('sessions')
        .findOne({ _id: `${workspace}/${session}` });
      for (const charges of Object.values(stored?.charges ?? {})) expected += charges[channel] ?? 0;
    }
    const wallet = await documents.collection<StoredWallet>('wallets').findOne({ _id: workspace });
    expect(wallet?.balance).toBe(expected);
    expect(wallet?.balance).toBeGreaterThanOrEqual(0);
  }

  const never: Fault = { at: Number.POSITIVE_INFINITY, carriedOut: true, kind: 'once' };

  describe('the ledger adds up', () => {
    it('when nothing fails', async () => {
      await survives(SCRIPT, never, true);
    });

    // The engines differ in nothing here: the slower one is asked at some operations only.
    const [kinds, step] =
      engine.name === 'embedded' ? ([['once', 'crash'], 1] as const) : ([['crash'], 9] as const);
    describe.each(kinds)('after a store that fails (%s)', (kind) => {
      it.each([true, false])(
        'at any operation, executed: %s',
        async (carriedOut) => {
          const operations = await survives(SCRIPT, never, false);
          expect(operations).toBeGreaterThan(40);
          for (let at = 0; at < operations; at += step) {
            await survives(SCRIPT, { at, carriedOut, kind }, at % 2 === 0);
          }
        },
        60_000,
      );
    });
  });

  if (engine.name === 'embedded') {
    const session = fc.constantFrom('s1', 's2', 's3');
    const channel = fc.constantFrom('email' as const, 'sms' as const, 'whatsapp' as const);
    const channels = fc.uniqueArray(channel, { minLength: 1, maxLength: 3 });
    const deed: fc.Arbitrary<PaymentStep> = fc.oneof(
      fc.constantFrom<PaymentStep>(
        { do: 'credit', amount: 90_000, request: 'a' },
        { do: 'credit', amount: 150_000, request: 'b' },
      ),
      fc.record({
        do: fc.constant('send' as const),
        session,
        channels,
        ends: fc.constantFrom('stored' as const, 'refused' as const),
      }),
      fc.record({ do: fc.constant('resend' as const), session, channels }),
      fc.record({ do: fc.constant('fail' as const), session, channel }),
    );
    const fault: fc.Arbitrary<Fault> = fc.record({
      at: fc.nat(60),
      carriedOut: fc.boolean(),
      kind: fc.constantFrom('once' as const, 'down' as const, 'crash' as const),
    });
    test.prop([fc.array(deed, { minLength: 3, maxLength: 15 }), fault, fc.boolean()], { numRuns: 100 })(
      'the ledger adds up after any operations, interrupted at any point',
      async (script, where, isRepeated) => {
        await survives(script, where, isRepeated);
      },
      60_000,
    );
  }
});
