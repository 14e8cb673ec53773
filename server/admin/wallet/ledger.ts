import type { Collection, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { PendingDebit, StoredEntry, StoredWallet } from './stored.js';
import { sumCharges } from './stored.js';

/** Where a workspace's money is written down. */
export interface WalletCollections {
  readonly wallets: Collection<StoredWallet>;
  readonly ledger: Collection<StoredEntry>;
}

export const walletCollections = (documents: Documents): WalletCollections => ({
  wallets: documents.collection('wallets'),
  ledger: documents.collection('ledger'),
});

/** A session holds the debit: it moves to the ledger. */
export async function settleDebit(
  { wallets, ledger }: WalletCollections,
  workspace: string,
  id: string,
  { sessionId, charges, currency, at }: PendingDebit,
): Promise<void> {
  const _id = `${workspace}/${id}`;
  await insertOnce(ledger, {
    _id,
    listedAs: _id,
    type: 'DEBIT',
    amount: -sumCharges(charges),
    currency,
    at,
    sessionId,
    charges,
  });
  await wallets.findOneAndUpdate({ _id: workspace }, { $unset: { [`pending.${id}`]: '' } });
}

/** No session holds the debit: it never was. */
export async function returnDebit(
  { wallets }: WalletCollections,
  workspace: string,
  id: string,
  { charges }: PendingDebit,
): Promise<void> {
  const pending = `pending.${id}`;
  await wallets.findOneAndUpdate(
    { _id: workspace, [pending]: { $exists: true } },
    { $inc: { balance: sumCharges(charges) }, $unset: { [pending]: '' } },
  );
}
