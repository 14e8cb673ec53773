import type { ChannelName } from '../domain/channels.js';
import type { Mode } from '../domain/mode.js';
import type { NumberType } from '../domain/numberType.js';
import type { StrategyName } from './policy.js';
import type { Charges, StoredAttempt, StoredDelivery } from './storedDelivery.js';
import type { SessionEvent } from './storedEvents.js';

/** What the timeline shows and neither an event nor a delivery attempt says. */
export interface StoredMark {
  /** A new code was made; a message that waited for others is sent. */
  readonly type: 'resent' | 'fallback';
  readonly at: Date;
  readonly channel: ChannelName;
  /** Which message of the channel; see StoredDelivery.n. */
  readonly n: number;
  /** Who caused it, where that was not the key that opened the session. */
  readonly by?: string;
}

/**
 * A code that was compared and not accepted, or whose comparison did not end.
 * Stored with the attempt that it reserves; an accepted code takes its own out.
 */
export interface StoredCheck {
  readonly id: string;
  /** Absent where the session has one channel only. */
  readonly channel?: ChannelName;
  readonly at: Date;
}

/** A repeatable request that succeeded: its id and a keyed digest of its content. */
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
  /** The sender of its messages; absent: the provider's default. */
  readonly sender?: string;
  /** Keyed digest of the recipient's identity. */
  readonly recipient: string;
  /** Keyed digest of what limits count the recipient by, where that is another; see domain/limitIdentity.ts. */
  readonly budget?: string;
  /** Whose units of the recipient's budget its comparisons use; absent: those of anybody. */
  readonly lane?: 'open' | 'known';
  /** Of the comparison that the newest message brought with it. */
  readonly unit?: string;
  /**
   * Comparisons that the newest message brought with it and that are left;
   * negative once others were bought. Absent in a session of an earlier release,
   * where each is bought, and where there is one channel only: see prepaid.ts.
   */
  readonly paid?: number;
  /** Of a phone: see Recipient.country. */
  readonly country?: string;
  /** Of a phone: see Recipient.numberType. */
  readonly numberType?: NumberType;
  /** Of a phone in a live session: keyed digest of its prefix, by which the guard counts. */
  readonly prefix?: string;
  /** Absent once verified. */
  readonly codeHash?: string;
  /** When this code stops working: a resend to another channel prolongs the session, not this code. */
  readonly codeExpiresAt: Date;
  /** Sandbox only: the sealed code, so that a repeated call can return it. */
  readonly sandboxCode?: string;
  readonly verifiedAt?: Date;
  readonly verifiedBy?: StoredRequest;
  /** The check whose code was right: so it knows itself again where the store's response was lost. */
  readonly verifiedCheck?: string;
  readonly delivery: StoredDelivery;
}

/** What a new code changes about its channel, in the first send and in every resend. */
export type FreshCode = Pick<
  StoredChannel,
  'codeHash' | 'sandboxCode' | 'delivery' | 'lane' | 'unit' | 'paid'
>;

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
  readonly transaction?: StoredTransaction;
}

/** A payment that a person confirms with a code. Texts are normalized (NFC). */
export interface StoredTransaction {
  /** Decimal, as the caller wrote it. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly payee: string;
  readonly account?: string;
}

/** The verification token of an approved session. The token itself is never stored. */
export interface StoredToken {
  readonly expiresAt: Date;
  readonly redeemedAt: Date | null;
  readonly redeemedFor?: StoredOperation;
  readonly redeemedBy?: StoredRequest;
  /** The key that redeemed it, where that is not the one that opened the session. */
  readonly redeemer?: string;
}

/**
 * A session as it is stored, `_id` = workspace/uuid. EXPIRED and LOCKED are
 * never stored: they follow from time and attemptsLeft.
 */
export interface StoredSession {
  readonly _id: string;
  /** workspace.mode, for listings of one mode. */
  readonly partition: string;
  readonly mode: Mode;
  /** Incremented by every update except the reservation of an attempt and the event queue. */
  readonly rev: number;
  /**
   * When something last happened to it that its timeline may show. Absent in a
   * session of an earlier release until it changes.
   */
  readonly changedAt?: Date;
  readonly status: 'PENDING' | 'PARTIAL' | 'APPROVED' | 'CANCELED';
  /** The key that opened it. */
  readonly client: string;
  /** The request id of its Send, sealed: what a caller makes it of may be an address. */
  readonly requestId?: string;
  /** The sealed IP address of the person, as Send named it. Erased with the addresses. */
  readonly endUserIp?: string;
  /**
   * The trace of the latest Send or Resend (traceparent), continued by the
   * spans of its messages. Absent where traces are off.
   */
  readonly trace?: string;
  readonly purpose: string;
  readonly locale: string;
  /** The text of SMS and WhatsApp messages in place of a template, with <OTP> in it. */
  readonly messageTemplate?: string;
  readonly strategy: StrategyName;
  /** For SPECIFIC: the channels that must be verified. */
  readonly required: readonly ChannelName[];
  readonly channels: Readonly<Partial<Record<ChannelName, StoredChannel>>>;
  /** Its channel, where there is one only: its attempts are reserved without reading the session first. */
  readonly only?: ChannelName;
  /** Where there is one channel only, what StoredChannel.paid is for others. */
  readonly paid?: number;
  /** The latest delivery attempts of all messages, oldest first. */
  readonly attempts?: readonly StoredAttempt[];
  /** How many there were, those no longer kept included. */
  readonly attempted?: number;
  /** The latest, oldest first. */
  readonly marks?: readonly StoredMark[];
  /** Oldest first; at most as many as attempts. */
  readonly checks?: readonly StoredCheck[];
  /** provider/id of messages that a vendor may report on. */
  readonly vendorIds?: readonly string[];
  readonly recipients: readonly string[];
  /** To a sandbox recipient: neither its sends nor its wrong codes count against any limit. */
  readonly uncounted?: true;
  readonly codeLength: number;
  /** Keyed digest of where the person was who asked for it; absent where that is not known. */
  readonly source?: string;
  /** The caller of Send vouched for the person. */
  readonly vouched?: true;
  /** It was given to a second caller, so its token may be with two people. */
  readonly shared?: true;
  readonly lifetimeMs: number;
  /** Days it stays readable once it has ended. */
  readonly retentionDays: number;
  readonly attemptsLeft: number;
  readonly resendsLeft: number;
  readonly resendAt: Date;
  readonly resends: readonly StoredRequest[];
  /** When the earliest delivery is due. Absent when none is. */
  readonly deliverAt?: Date;
  /** The dueKey of `deliverAt`, by which it is found. */
  readonly deliverKey?: string;
  /** Everything that happened, oldest first; see EventType. */
  readonly events: readonly SessionEvent[];
  /** How many of them the event worker has processed. */
  readonly eventsDone: number;
  /**
   * When the others are to be processed; also the lease of the event worker.
   * Absent when none are pending.
   */
  readonly eventsAt?: Date;
  /** The dueKey of `eventsAt`. */
  readonly eventsKey?: string;
  /** The process that moved `eventsAt` last. Means something only while that is in the future. */
  readonly eventsOwner?: string;
  /** A webhook endpoint was subscribed to its events when it was opened. */
  readonly notify?: boolean;
  /**
   * Of a session with a subscriber: when its expiry is to be recorded. Absent
   * once it has ended in another way.
   */
  readonly expireAt?: Date;
  /** When the addresses are erased: once decided, or when no resend can revive the session. */
  readonly eraseAt?: Date;
  /** The host of the only page that frames the one on which its code is entered, for the line by which browsers fill it in. */
  readonly embedHost?: string;
  /** The only provider its messages are given to: it is a test of that provider. */
  readonly onlyProvider?: string;
  /** Verified recipients become contacts. */
  readonly addContact?: boolean;
  /** One JSON text: a caller's keys never become field names. */
  readonly metadata: string;
  readonly operation?: StoredOperation;
  readonly beneficiary?: StoredBeneficiary;
  readonly token?: StoredToken;
  /** Of a session opened for an operation on a product at a sponsor: that operation; see operationKey.ts. */
  readonly operationKey?: string;
  /**
   * Which operation at which sponsor the redeemed token satisfies; see
   * operationKey.ts. Never set in the sandbox.
   */
  readonly satisfies?: string;
  /** The wallet's debits for this session, by their ids. The wallet reads here whether a debit was used. */
  readonly charges?: Readonly<Record<string, Charges>>;
  readonly createdAt: Date;
  readonly approvedAt?: Date;
  readonly canceledAt?: Date;
  /** What ended it, where that was not a caller. */
  readonly closedBy?: 'restore';
  /** The key that cancelled it, where that is not the one that opened it. */
  readonly canceledBy?: string;
  /** When it was first found that no attempts were left. */
  readonly lockedAt?: Date;
  readonly expiresAt: Date;
  readonly purgeAt: Date;
}
