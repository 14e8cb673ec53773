import type { Operation } from '../../gen/otp/v1/session_pb.js';
import { normalName } from '../domain/sponsorRules.js';
import type { StoredOperation } from '../session/stored.js';
import { isSameTransaction } from '../session/transaction.js';

/** An operation of the contract as it is stored. */
export const storedOperation = ({ type, id, productType, transaction }: Operation): StoredOperation => ({
  type,
  id,
  ...(productType && { productType }),
  ...(transaction && {
    transaction: {
      amount: transaction.amount,
      currency: transaction.currency,
      payee: transaction.payee.normalize('NFC'),
      ...(transaction.account && { account: transaction.account.normalize('NFC') }),
    },
  }),
});

/** Whether an operation is the one that was named before. The product type is compared only where both name one. */
export const isSameOperation = (bound: StoredOperation, named: StoredOperation): boolean =>
  isSameName(bound.type, named.type) &&
  bound.id === named.id &&
  (!bound.productType || !named.productType || isSameName(bound.productType, named.productType)) &&
  isSameTransaction(bound.transaction, named.transaction);

const isSameName = (one: string, other: string): boolean => normalName(one) === normalName(other);
