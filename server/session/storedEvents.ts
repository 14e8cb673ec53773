import type { ChannelName } from '../domain/channels.js';
import type { StoredCharge } from './storedDelivery.js';

/**
 * What can happen to a session. The update that makes it happen stores it, so
 * no event is lost or invented.
 */
export type EventType =
  /** A channel was verified and the policy is not satisfied yet. */
  | 'session.partial'
  /** A channel was verified and the policy is satisfied. */
  | 'session.approved'
  | 'session.locked'
  | 'session.expired'
  | 'session.canceled'
  /** A provider accepted the message of a channel. */
  | 'delivery.accepted'
  /** The provider reported that it reached the person. */
  | 'delivery.delivered'
  /** No more delivery attempts will be made. */
  | 'delivery.failed'
  /** A message that was paid for was not sent. For the wallet only. */
  | 'refund'
  /** A message that waited for others was not needed. For the guard, which counted it at Send. */
  | 'unsent';

/** The events that subscribers and watchers receive. */
export type ShownEventType = Exclude<EventType, 'refund' | 'unsent'>;

/** One entry of a session's history. */
export interface SessionEvent {
  /** Unique within the session. */
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  /** Of the events about one channel. */
  readonly channel?: ChannelName;
  /** When it was stored, where that may be long after `at`. */
  readonly storedAt?: Date;
  /** Of a failed delivery: why. */
  readonly error?: string;
  /** Of a refund: what is given back. */
  readonly charge?: StoredCharge;
  /** Of a right code: what it gives back to the recipient's budget. */
  readonly success?: StoredSuccess;
}

/** A right code, as the recipient's budget needs to know it. */
export interface StoredSuccess {
  /** Keyed digest of what limits count the recipient by. */
  readonly recipient: string;
  /** The unit of its comparison, where there is one. */
  readonly unit?: string;
  /** In place of `unit`: all units that this client bought in this session. */
  readonly by?: string;
  readonly source?: string;
}
