import type { ChannelName } from '../../domain/channels.js';
import type { Charges } from '../../session/storedDelivery.js';
import type { Document } from '../../store/documents.js';

/** What one message costs, by channel, in micro-units; zero is free. */
export type Prices = Readonly<Record<ChannelName, number>>;

/**
 * The money of a workspace, `_id` = the workspace. Amounts are whole numbers of
 * micro-units of its currency: 1,000,000 is one unit.
 */
export interface StoredWallet extends Document {
  readonly enabled: boolean;
  /** ISO 4217. */
  readonly currency: string;
  readonly prices: Prices;
  /** What can be spent. */
  readonly balance: number;
  /** Debits taken off the balance and not yet in the ledger, by their ids. */
  readonly pending: Readonly<Record<string, PendingDebit>>;
  /** Counts the batches of ledger entries added to the balance; see applyEntries.ts. */
  readonly batchNo: number;
  /** `_id`s of the entries of the last batch, until each of them says that it was added. */
  readonly batch?: readonly string[];
  /** When the sweeper looks at it again. */
  readonly sweepAt: Date;
}

/** A debit whose session may or may not have been stored. */
export interface PendingDebit {
  readonly sessionId: string;
  readonly charges: Charges;
  readonly currency: string;
  readonly at: Date;
}

/**
 * One movement of money. Inserting it is what makes a credit or refund happen,
 * once, because its `_id` says what it is for: workspace/debit for a debit,
 * workspace/debit/channel for a refund, workspace/credit/request for a credit.
 */
export interface StoredEntry extends Document {
  /** workspace/id, by which entries are listed: ids sort by age. */
  readonly listedAs: string;
  readonly type: 'CREDIT' | 'DEBIT' | 'REFUND';
  /** What it adds to the balance; below zero for a debit. */
  readonly amount: number;
  readonly currency: string;
  readonly at: Date;
  readonly sessionId?: string;
  readonly charges?: Charges;
  /** The debit that is refunded. */
  readonly debit?: string;
  readonly reference?: string;
  /** The workspace, while the amount is not in its balance. */
  readonly unapplied?: string;
}

export const DEFAULT_CURRENCY = 'USD';

/** A wallet that was never used: off and empty. */
export const emptyWallet = (workspace: string, now: number): StoredWallet => ({
  _id: workspace,
  enabled: false,
  currency: DEFAULT_CURRENCY,
  prices: { email: 0, sms: 0, whatsapp: 0 },
  balance: 0,
  pending: {},
  batchNo: 0,
  sweepAt: new Date(now),
});

/** What a message on each of these channels costs. Free ones are left out. */
export const chargesFor = (prices: Prices, channels: readonly ChannelName[]): Charges =>
  Object.fromEntries(channels.filter((name) => prices[name] > 0).map((name) => [name, prices[name]]));
/** The charges together. */
export const sumCharges = (charges: Charges): number =>
  Object.values(charges).reduce((total, amount) => total + amount, 0);
