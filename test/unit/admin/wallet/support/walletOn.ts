import { pino } from 'pino';
import { beforeAll, beforeEach } from 'vitest';
import type { StoredWallet } from '../../../../../server/admin/wallet/stored.js';
import { createSweep } from '../../../../../server/admin/wallet/sweep.js';
import { createWallet, type Debit, type Wallet } from '../../../../../server/admin/wallet/wallet.js';
import type { ChannelName } from '../../../../../server/domain/channels.js';
import { createIds } from '../../../../../server/domain/ids.js';
import type { StoredSession } from '../../../../../server/session/stored.js';
import type { Documents } from '../../../../../server/store/documents.js';
import type { Engine } from '../../../../support/engines.js';
import { ManualClock } from '../../../../support/manualClock.js';
import { seededRandom } from '../../../../support/seededRandom.js';
import { expectSettled, readLedger } from './ledger.js';

const log = pino({ level: 'silent' });
export const PRICES = { email: 1_000, sms: 50_000, whatsapp: 0 };

/** What is new for each test: a clock, and the wallet of a workspace of its own. */
interface Fresh {
  clock: ManualClock;
  newId: () => string;
  workspace: string;
  wallet: Wallet;
}

/** A store for the suite, and a wallet on it for each test. */
export function walletOn(engine: Engine) {
  const random = seededRandom(`wallet on ${engine.name}`);
  let documents: Documents;
  beforeAll(async () => {
    documents = await engine.open();
  });

  const fresh = {} as Fresh;
  beforeEach(() => {
    fresh.clock = new ManualClock();
    fresh.newId = createIds(fresh.clock, random);
    fresh.workspace = `w-${fresh.newId()}`;
    fresh.wallet = another();
  });

  /** As another process has it. */
  const another = () => createWallet({ documents, newId: fresh.newId, clock: fresh.clock, log });
  const wallets = () => documents.collection<StoredWallet>('wallets');
  const sessions = () => documents.collection<StoredSession>('sessions');

  return Object.assign(fresh, {
    another,
    wallets,
    sessions,
    async switchOn(balance: number, prices = PRICES) {
      const { wallet, workspace } = fresh;
      await wallet.open(workspace);
      await wallets().findOneAndUpdate({ _id: workspace }, { $set: { enabled: true, prices } });
      wallet.forget(workspace);
      if (balance > 0) await wallet.credit(workspace, { amount: balance, reference: '', requestId: '' });
    },
    debit: (channels: ChannelName[], session = fresh.newId(), from = fresh.wallet) =>
      from.debit(fresh.workspace, session, channels, fresh.clock.now()),
    balance: async () => (await fresh.wallet.read(fresh.workspace)).balance,
    store: (sessionId: string, { id, charges }: Debit) =>
      sessions().insertOne({ _id: `${fresh.workspace}/${sessionId}`, charges: { [id]: charges } } as never),
    async sweep() {
      const found = await wallets().findOne({ _id: fresh.workspace });
      if (found) await createSweep(documents, fresh.clock)(found);
    },
    ledger: () => readLedger(documents, fresh.workspace),
    expectSettled: () => expectSettled(documents, fresh.workspace),
  });
}
