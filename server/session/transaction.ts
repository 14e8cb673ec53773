import { lengthPrefixed } from '../secrets/lengthPrefixed.js';
import type { StoredTransaction } from './stored.js';

/** A decimal amount in the one way in which equal amounts are written alike: 020.50 is 20.5. */
const canonicalAmount = (amount: string): string => {
  const [whole = '', fraction = ''] = amount.split('.');
  const digits = whole.replace(/^0+(?=\d)/, '');
  const rest = fraction.replace(/0+$/, '');
  return rest ? `${digits}.${rest}` : digits;
};

const parts = ({ amount, currency, payee, account = '' }: StoredTransaction): readonly string[] => [
  canonicalAmount(amount),
  currency,
  payee.normalize('NFC'),
  account.normalize('NFC'),
];

/** What a code of a session with a transaction is hashed for, besides its session and channel: the same text for the same transaction only. */
export const transactionContext = (transaction: StoredTransaction): string =>
  lengthPrefixed(...parts(transaction));

/** Whether two are the same: amounts as numbers, everything else letter by letter. */
export const isSameTransaction = (
  one: StoredTransaction | undefined,
  other: StoredTransaction | undefined,
): boolean =>
  one === undefined || other === undefined
    ? one === other
    : transactionContext(one) === transactionContext(other);

const SHOWN = 4;

/** The end of an account, as messages show it. */
export const shownAccount = ({ account = '' }: StoredTransaction): string =>
  account.replaceAll(/\s/g, '').slice(-SHOWN);
