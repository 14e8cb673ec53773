import { expect } from 'vitest';
import type { StoredEntry, StoredWallet } from '../../../../../server/admin/wallet/stored.js';
import type { StoredSession } from '../../../../../server/session/stored.js';
import type { Charges } from '../../../../../server/session/storedDelivery.js';
import type { Documents } from '../../../../../server/store/documents.js';

/** All that is written down about a workspace's money. */
export async function readLedger(documents: Documents, workspace: string) {
  const wallet = await documents.collection<StoredWallet>('wallets').findOne({ _id: workspace });
  const entries = await documents
    .collection<StoredEntry>('ledger')
    .find({ listedAs: { $gte: `${workspace}/`, $lt: `${workspace}0` } })
    .toArray();
  return { wallet, entries, sum: entries.reduce((total, { amount }) => total + amount, 0) };
}

/** The charges that sessions hold, by debit. */
export async function chargesOfSessions(
  documents: Documents,
  workspace: string,
): Promise<Record<string, Charges>> {
  const sessions = await documents
    .collection<StoredSession>('sessions')
    .find({ _id: { $gte: `${workspace}/`, $lt: `${workspace}0` } })
    .toArray();
  return Object.assign({}, ...sessions.map(({ charges }) => charges));
}

/**
 * Checks that the books add up and that nothing is under way: the balance is the
 * sum of the ledger, and exactly the debits that sessions hold were paid.
 */
export async function expectSettled(documents: Documents, workspace: string): Promise<void> {
  const { wallet, entries, sum } = await readLedger(documents, workspace);
  expect({ balance: wallet?.balance ?? 0, pending: wallet?.pending ?? {}, batch: wallet?.batch }).toEqual({
    balance: sum,
    pending: {},
    batch: undefined,
  });
  expect(entries.filter(({ unapplied }) => unapplied !== undefined)).toEqual([]);
  const paid = entries
    .filter(({ type }) => type === 'DEBIT')
    .map(({ _id, charges }) => [_id.slice(workspace.length + 1), charges]);
  expect(Object.fromEntries(paid)).toEqual(await chargesOfSessions(documents, workspace));
}
