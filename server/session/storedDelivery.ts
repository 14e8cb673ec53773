import type { ChannelName } from '../domain/channels.js';

/** The state of a channel's message. */
export type DeliveryState = 'QUEUED' | 'ACCEPTED' | 'DELIVERED' | 'FAILED' | 'NOT_SENT';

/** The outbox entry of one channel. It lives inside the session so that one insert commits both. */
export interface StoredDelivery {
  /** Counts the messages of this channel; a worker holding an older number writes nothing. */
  readonly n: number;
  readonly state: DeliveryState;
  /** Delivery attempts that may still be made. */
  readonly triesLeft: number;
  /** When the next delivery attempt is due. Absent once the message has ended. */
  readonly dueAt?: Date;
  /** The delivery attempt that is being made, and until when no other may begin. */
  readonly lease?: StoredLease;
  /** The sealed code, until the message has ended. */
  readonly message?: string;
  readonly provider?: string;
  readonly vendorId?: string;
  readonly error?: string;
  /** What the wallet was debited for this message; absent when nothing was. */
  readonly charge?: StoredCharge;
  /** Of a channel that is used only if others fail: what it waits for. Absent once it no longer waits. */
  readonly waits?: StoredWait;
  /** Of a channel that waited: when it stopped waiting. */
  readonly freedAt?: Date;
  /** How often every provider has had its turn; absent for 0. */
  readonly round?: number;
  /** What the vendor said in the receipt that reported a failure. */
  readonly receipt?: StoredReceipt;
  /** The latest response of each provider. */
  readonly tried?: readonly StoredResponse[];
}

/** A delivery attempt that has ended. Vendors' words are stored without numbers, addresses and the message. */
export interface StoredAttempt {
  readonly channel: ChannelName;
  /** Which message of the channel; see StoredDelivery.n. */
  readonly n: number;
  readonly provider: string;
  readonly at: Date;
  readonly ms: number;
  readonly outcome: 'accepted' | 'retry' | 'failed';
  /** Our word for the error; see delivery/words.ts. */
  readonly error?: string;
  readonly vendorCode?: string;
  readonly vendorText?: string;
  readonly vendorId?: string;
}

/** What a vendor said about a message that it had accepted and could not deliver. */
export interface StoredReceipt {
  readonly at: Date;
  readonly code?: string;
  readonly text?: string;
}

/** A delivery attempt's hold on its message. */
export interface StoredLease {
  readonly id: string;
  readonly until: Date;
  /** The process that makes the attempt: when it ends, others need not wait until then. Absent in release 0.1. */
  readonly owner?: string;
}

/** A message leaves at its `dueAt`, or as soon as the messages of all these channels have failed. */
export interface StoredWait {
  readonly for: readonly ChannelName[];
  /** How long after the message before it. */
  readonly ms: number;
}

/** A provider's latest response to a message. */
export interface StoredResponse {
  readonly provider: string;
  readonly round: number;
  /** It will never take the message: why. */
  readonly final?: string;
  /** It asked for no request before then. */
  readonly notBefore?: Date;
}

/** A message's part of a debit, in micro-units of the workspace's currency. */
export interface StoredCharge {
  readonly debit: string;
  readonly amount: number;
}

/**
 * A debit by channel, in micro-units of the workspace's currency. Channels that
 * cost nothing are left out.
 */
export type Charges = Readonly<Partial<Record<ChannelName, number>>>;

/** A debit of the wallet as the session that it paid for records it, under `charges.<id>`. */
export interface SessionDebit {
  readonly id: string;
  readonly charges: Charges;
}
