import type { Collection, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { totalOf } from './charges.js';
import type { PendingDebit, StoredEntry, StoredWallet } from './stored.js';

/** Where a workspace's money is written down. */
export interface Books {
  readonly wallets: Collection<StoredWallet>;
  readonly ledger: Collection<StoredEntry>;
}

export const openBooks = (documents: Documents): Books => ({
  wallets: documents.collection('wallets'),
  ledger: documents.collection('ledger'),
});

/** A session holds the debit: it moves to the ledger. */
export async function keepDebit(
  { wallets, ledger }: Books,
  workspace: string,
  id: string,
  { sessionId, charges, currency, at }: PendingDebit,
): Promise<void> {
  const _id = `${workspace}/${id}`;
  await insertOnce(ledger, {
    _id,
    listedAs: _id,
    type: 'DEBIT',
    amount: -totalOf(charges),
    currency,
    at,
    sessionId,
    charges,
  });
  await wallets.findOneAndUpdate({ _id: workspace }, { $unset: { [`pending.${id}`]: '' } });
}

/** No session holds the debit: it never was. */
export async function dropDebit(
  { wallets }: Books,
  workspace: string,
  id: string,
  { charges }: PendingDebit,
): Promise<void> {
  const pending = `pending.${id}`;
  await wallets.findOneAndUpdate(
    { _id: workspace, [pending]: { $exists: true } },
    { $inc: { balance: totalOf(charges) }, $unset: { [pending]: '' } },
  );
}
