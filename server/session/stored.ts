import type { ChannelName } from '../domain/channels.js';
import type { Mode } from '../domain/mode.js';
import type { StrategyName } from './policy.js';

/** What becomes of a channel's message. */
export type DeliveryState = 'QUEUED' | 'ACCEPTED' | 'DELIVERED' | 'FAILED' | 'NOT_SENT';

/** The outbox entry of one channel. It lives inside the session so that one insert commits both. */
export interface StoredDelivery {
  /** Counts the messages of this channel; a worker holding an older number writes nothing. */
  readonly n: number;
  readonly state: DeliveryState;
  readonly triesLeft: number;
  /** When the next try is due. Absent once the message is done. */
  readonly dueAt?: Date;
  /** Who is trying now, and until when nobody else may. */
  readonly lease?: { readonly id: string; readonly until: Date };
  /** The sealed code, until the message is done. */
  readonly message?: string;
  readonly provider?: string;
  readonly vendorId?: string;
  readonly error?: string;
  /** What the wallet was debited for this message; absent when nothing was. */
  readonly charge?: StoredCharge;
  /** Of a channel that is used only when others fail: what it waits for. Absent once it does no longer. */
  readonly waits?: StoredWait;
  /** Of a channel that waited: since when it does no longer. */
  readonly freedAt?: Date;
  /** Which time through the providers this is, counted from 0; absent in the first. */
  readonly round?: number;
  /** What the providers said so far, one entry each. */
  readonly tried?: readonly StoredTry[];
}

/** A message leaves at its `dueAt`, or as soon as the messages of all these channels have failed. */
export interface StoredWait {
  readonly for: readonly ChannelName[];
  /** How long after the message before it. */
  readonly ms: number;
}

/** What a provider last said to a message. */
export interface StoredTry {
  readonly provider: string;
  readonly round: number;
  /** It will never take the message: why. */
  readonly final?: string;
  /** It asked to be left alone until then. */
  readonly notBefore?: Date;
}

/** A message's part of a debit, in micro-units of the workspace's currency. */
export interface StoredCharge {
  readonly debit: string;
  readonly amount: number;
}

/** A debit by channel, in micro-units of the workspace's currency. Channels that cost nothing are left out. */
export type Charges = Readonly<Partial<Record<ChannelName, number>>>;

/** A debit of the wallet as the session that it paid for records it, under `charges.<id>`. */
export interface SessionDebit {
  readonly id: string;
  readonly charges: Charges;
}

/** A repeatable request that succeeded: its id and a keyed digest of what it asked. */
export interface StoredRequest {
  readonly id: string;
  readonly digest: string;
}

/** One channel of a stored session. */
export interface StoredChannel {
  readonly state: 'PENDING' | 'VERIFIED';
  /** The sealed address. */
  readonly address?: string;
  readonly masked: string;
  /** Whom messages come from; absent: the provider's default. */
  readonly sender?: string;
  /** Keyed digest of the recipient's identity. */
  readonly recipient: string;
  /** Of a phone: see Recipient.country. */
  readonly country?: string;
  /** Of a phone that is really sent to: keyed digest of its prefix, by which the guard counts. */
  readonly prefix?: string;
  /** Absent once verified. */
  readonly codeHash?: string;
  /** When this code stops working: a resend to another channel prolongs the session, not this code. */
  readonly codeExpiresAt: Date;
  /** Sandbox only: the sealed code, so that a repeated call can answer with it. */
  readonly sandboxCode?: string;
  readonly verifiedAt?: Date;
  readonly verifiedBy?: StoredRequest;
  readonly delivery: StoredDelivery;
}

/** What a new code changes about its channel, in the first send and in every resend. */
export type FreshCode = Pick<StoredChannel, 'codeHash' | 'sandboxCode' | 'delivery'>;

/** A person known to a sponsor, to whose addresses on file a session was sent. */
export interface StoredBeneficiary {
  readonly sponsorSlug: string;
  readonly beneficiaryId: string;
}

/** What a proof is for. */
export interface StoredOperation {
  readonly type: string;
  readonly id: string;
  readonly productType?: string;
}

/** The verification token of an approved session. The token itself is never stored. */
export interface StoredToken {
  readonly expiresAt: Date;
  readonly redeemedAt: Date | null;
  readonly redeemedFor?: StoredOperation;
  readonly redeemedBy?: StoredRequest;
}

/**
 * A session as it is stored, `_id` = workspace/uuid. EXPIRED and LOCKED are
 * never stored: time and attemptsLeft say them.
 */
export interface StoredSession {
  readonly _id: string;
  /** workspace.mode: what a listing that sees one mode reads. */
  readonly partition: string;
  readonly mode: Mode;
  /** Incremented by every update except the reservation of an attempt and the event queue. */
  readonly rev: number;
  readonly status: 'PENDING' | 'PARTIAL' | 'APPROVED' | 'CANCELED';
  /** The key that opened it. */
  readonly client: string;
  /** The trace of the latest Send or Resend (traceparent), which its messages carry on. Only where it is recorded. */
  readonly trace?: string;
  readonly purpose: string;
  readonly locale: string;
  /** The text of SMS and WhatsApp messages in place of a template, with <OTP> in it. */
  readonly messageTemplate?: string;
  readonly strategy: StrategyName;
  /** For SPECIFIC: the channels that must be verified. */
  readonly required: readonly ChannelName[];
  readonly channels: Readonly<Partial<Record<ChannelName, StoredChannel>>>;
  /** provider/id of messages that a vendor may report on. */
  readonly vendorIds?: readonly string[];
  readonly recipients: readonly string[];
  /** To a sandbox recipient: neither its sends nor its wrong codes count against any limit. */
  readonly uncounted?: true;
  readonly codeLength: number;
  readonly lifetimeMs: number;
  /** Days it stays readable once it has ended. */
  readonly retentionDays: number;
  readonly attemptsLeft: number;
  readonly resendsLeft: number;
  readonly resendAt: Date;
  readonly resends: readonly StoredRequest[];
  /** When the earliest delivery is due. Absent when none is. */
  readonly deliverAt?: Date;
  /** Everything that happened, oldest first; see events.ts. */
  readonly events: readonly SessionEvent[];
  /** How many of them have been carried out. */
  readonly eventsDone: number;
  /** When the rest wants to be carried out. Absent when nothing of it does. */
  readonly eventsAt?: Date;
  /** Somebody subscribed to this session's events when it was opened. */
  readonly notify?: boolean;
  /** Of a session that somebody subscribed to: when its end by time is to be stored. Absent once it has another end. */
  readonly expireAt?: Date;
  /** When the addresses are erased: once decided, or when no resend can revive the session. */
  readonly eraseAt?: Date;
  /** Verified recipients become contacts. */
  readonly addContact?: boolean;
  /** One JSON text: a caller's keys never become field names. */
  readonly metadata: string;
  readonly operation?: StoredOperation;
  readonly beneficiary?: StoredBeneficiary;
  readonly token?: StoredToken;
  /** Which operation at which sponsor the redeemed token satisfies; see satisfaction.ts. Never set in the sandbox. */
  readonly satisfies?: string;
  /** The wallet's debits for this session, by their ids: what tells the wallet that one was used. */
  readonly charges?: Readonly<Record<string, Charges>>;
  readonly createdAt: Date;
  readonly approvedAt?: Date;
  readonly canceledAt?: Date;
  /** When somebody first found that no attempts were left. */
  readonly lockedAt?: Date;
  readonly expiresAt: Date;
  readonly purgeAt: Date;
}

/** What can happen to a session. The update that makes it happen stores it, so no event is lost or invented. */
export type EventType =
  /** A channel was verified and the policy is not satisfied yet. */
  | 'session.partial'
  /** A channel was verified and the policy is satisfied. */
  | 'session.approved'
  | 'session.locked'
  | 'session.expired'
  | 'session.canceled'
  /** A provider took the message of a channel. */
  | 'delivery.accepted'
  /** The provider says that it reached the person. */
  | 'delivery.delivered'
  /** The message was given up. */
  | 'delivery.failed'
  /** A message that was paid for did not go out. For the wallet only. */
  | 'refund'
  /** A message that waited for others was not needed. For those who counted it when it was asked for. */
  | 'unsent';

/** What subscribers and watchers are told. */
export type ShownEventType = Exclude<EventType, 'refund' | 'unsent'>;

/** One entry of a session's history. */
export interface SessionEvent {
  /** Unique within the session. */
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  /** Of the events about one channel. */
  readonly channel?: ChannelName;
  /** Of a failed delivery: why. */
  readonly error?: string;
  /** Of a refund: what is given back. */
  readonly charge?: StoredCharge;
}
