import type { Debit } from '../../admin/wallet/wallet.js';
import { Failure } from '../../errors.js';

/**
 * Runs `store`, the write that records a debit in its session, and settles the
 * debit by the result: stored → committed, certainly not stored → refunded. Where
 * the store did not say, the sweeper finds out. `held`: the session as stored
 * records the debit. Throws OVERLOADED instead of storing a debit so old that
 * the sweeper may have refunded it.
 */
export async function withDebit<T extends { readonly held: boolean }>(
  debit: Debit | undefined,
  now: () => number,
  store: () => Promise<T>,
): Promise<T> {
  if (!debit) return store();
  if (!debit.isUsable(now())) {
    await debit.refund();
    throw new Failure('OVERLOADED', { retryAfterMs: 1_000 });
  }
  try {
    const result = await store();
    await (result.held ? debit.commit() : debit.refund());
    return result;
  } catch (error) {
    const unknown = !(error instanceof Failure) || error.reason === 'STORE_UNAVAILABLE';
    if (!unknown) await debit.refund();
    throw error;
  }
}
