import { fc, test } from '@fast-check/vitest';
import { beforeAll, describe } from 'vitest';
import type { StoredWallet } from '../../../../server/admin/wallet/stored.js';
import { createSweep } from '../../../../server/admin/wallet/sweep.js';
import { createIds } from '../../../../server/domain/ids.js';
import type { Documents } from '../../../../server/store/documents.js';
import { onEmbedded } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';
import { wrapOperations } from '../../../support/wrapOperations.js';
import { expectSettled, readLedger } from './support/ledger.js';
import { createPaymentProcess, type PaymentStep, PRICES } from './support/paymentProcess.js';

const STEPS: readonly PaymentStep[] = [
  { do: 'credit', amount: 60_000, request: 'a' },
  { do: 'credit', amount: 40_000, request: 'b' },
  { do: 'send', session: 's1', channels: ['sms'], ends: 'stored' },
  { do: 'send', session: 's2', channels: ['sms'], ends: 'refused' },
  { do: 'resend', session: 's0', channels: ['email'] },
  { do: 'fail', session: 's0', channel: 'sms' },
  { do: 'fail', session: 's0', channel: 'email' },
];

onEmbedded((engine) => {
  const random = seededRandom('interleaving');
  let documents: Documents;
  beforeAll(async () => {
    documents = await engine.open();
  });

  describe('processes that share a wallet', () => {
    const deeds = fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 4 });
    test.prop([fc.scheduler(), fc.array(deeds, { minLength: 2, maxLength: 3 })], { numRuns: 150 })(
      'keep books that add up, in any order in which their operations reach the store',
      async (scheduler, processes) => {
        const clock = new ManualClock();
        const newId = createIds(clock, random);
        const workspace = `w-${newId()}`;
        const first = createPaymentProcess(documents, workspace, newId, clock);
        await first({ do: 'credit', amount: 200_000, request: 'first' });
        await documents
          .collection('wallets')
          .findOneAndUpdate({ _id: workspace }, { $set: { enabled: true, prices: PRICES } });
        await createPaymentProcess(
          documents,
          workspace,
          newId,
          clock,
        )({
          do: 'send',
          session: 's0',
          channels: ['email', 'sms'],
          ends: 'stored',
        });

        const running = processes.map(async (script) => {
          const shared = wrapOperations(documents, async (operation) => {
            await scheduler.schedule(Promise.resolve());
            return operation();
          });
          const process = createPaymentProcess(shared, workspace, newId, clock);
          for (const deed of script) await process(deed).catch(refused);
        });
        await scheduler.waitFor(Promise.all(running));

        // Nothing is left to a sweeper: every process has ended.
        await expectSettled(documents, workspace);
        const { entries } = await readLedger(documents, workspace);
        await sweepLater(workspace, clock);
        await expectSettled(documents, workspace);
        const after = await readLedger(documents, workspace);
        if (after.entries.length !== entries.length) throw new Error('the sweeper moved money');
      },
      60_000,
    );
  });

  async function sweepLater(workspace: string, clock: ManualClock) {
    clock.advance(300_000);
    const wallet = await documents.collection<StoredWallet>('wallets').findOne({ _id: workspace });
    await createSweep(documents, clock)(wallet!);
  }
});

/** Too little money is a response; anything else is a fault. */
function refused(thrown: { reason?: string }): void {
  if (thrown.reason !== 'INSUFFICIENT_BALANCE') throw thrown;
}
