import type { StoredTransaction } from '../session/stored.js';
import { shownAccount } from '../session/transaction.js';
import type { TransactionVariables } from './compileTemplate.js';

/** What a template may show of a transaction: of the account its end only. */
export const transactionVariables = (transaction: StoredTransaction): TransactionVariables => ({
  amount: transaction.amount,
  currency: transaction.currency,
  payee: transaction.payee,
  account: shownAccount(transaction),
});
