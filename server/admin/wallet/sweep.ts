import type { Clock } from '../../platform/clock.js';
import { MINUTE_MS } from '../../platform/durations.js';
import type { StoredSession } from '../../session/stored.js';
import type { Documents } from '../../store/documents.js';
import { createApplyEntries } from './applyEntries.js';
import { returnDebit, settleDebit, walletCollections } from './ledger.js';
import type { StoredWallet } from './stored.js';

/** Each wallet is looked at this often. */
const SWEEP_EVERY_MS = MINUTE_MS;
/** A debit this old either has its session by now or never will: ten times as long as it may be used. */
const SETTLE_AFTER_MS = 5 * MINUTE_MS;

/** Finishes what a process that went down left of a wallet: debits under way, and entries not added up. */
export function createSweep(documents: Documents, clock: Clock) {
  const books = walletCollections(documents);
  const sessions = documents.collection<StoredSession>('sessions');
  const applyEntries = createApplyEntries(books);
  return async ({ _id, sweepAt }: StoredWallet): Promise<void> => {
    const now = clock.now();
    const claimed = await books.wallets.findOneAndUpdate(
      { _id, sweepAt },
      { $set: { sweepAt: new Date(now + SWEEP_EVERY_MS) } },
    );
    if (!claimed) return;
    for (const [id, pending] of Object.entries(claimed.pending)) {
      if (pending.at.getTime() > now - SETTLE_AFTER_MS) continue;
      const session = await sessions.findOne({ _id: `${_id}/${pending.sessionId}` });
      const settle = session?.charges?.[id] ? settleDebit : returnDebit;
      await settle(books, _id, id, pending);
    }
    await applyEntries(_id);
  };
}
