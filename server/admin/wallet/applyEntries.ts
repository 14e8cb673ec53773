import type { WalletCollections } from './ledger.js';
import type { StoredWallet } from './stored.js';

/** Entries added to a balance at once: what bounds the wallet document. */
const BATCH = 50;

/**
 * Adds credits and refunds of the ledger to the balance, each once.
 *
 * A batch is added in one update that also names its entries and counts it, and
 * is guarded by the count read before the entries were. Every batch before is
 * closed by then, and the entries of a closed batch no longer say that they
 * wait. So an entry that was read as waiting is added only if nothing was added
 * in between, however long ago it was read and no matter what other processes do; and a
 * batch that its process left open is closed by the next one.
 */
export function createApplyEntries({
  wallets,
  ledger,
}: WalletCollections): (workspace: string) => Promise<void> {
  async function close({ _id, batchNo, batch = [] }: StoredWallet): Promise<void> {
    await Promise.all(batch.map((id) => ledger.findOneAndUpdate({ _id: id }, { $unset: { unapplied: '' } })));
    await wallets.findOneAndUpdate({ _id, batchNo }, { $unset: { batch: '' } });
  }

  return oneAtATime(async (workspace) => {
    let wallet = await wallets.findOne({ _id: workspace });
    while (wallet) {
      if (wallet.batch) await close(wallet);
      const { batchNo } = wallet;
      const waiting = await ledger.find({ unapplied: workspace }, { limit: BATCH }).toArray();
      if (waiting.length === 0) return;
      const sum = waiting.reduce((total, { amount }) => total + amount, 0);
      const added = await wallets.findOneAndUpdate(
        { _id: workspace, batchNo },
        { $inc: { balance: sum, batchNo: 1 }, $set: { batch: waiting.map(({ _id }) => _id) } },
      );
      wallet = added ?? (await wallets.findOne({ _id: workspace }));
    }
  });
}

/**
 * Runs a task once at a time for each key. Callers that ask while it runs wait
 * for one more run, which they share: it begins after they asked.
 */
function oneAtATime(task: (key: string) => Promise<void>): (key: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();

  function run(key: string): Promise<void> {
    const done = task(key).finally(() => running.delete(key));
    running.set(key, done);
    return done;
  }

  return (key) => {
    const current = running.get(key);
    if (!current) return run(key);
    const known = waiting.get(key);
    if (known) return known;
    const next = current
      .catch(() => {})
      .then(() => {
        waiting.delete(key);
        return run(key);
      });
    waiting.set(key, next);
    return next;
  };
}
