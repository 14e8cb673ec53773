import type { OutboundError } from '../outbound/outbound.js';
import type { ShownEventType } from '../session/storedEvents.js';
import type { Document } from '../store/documents.js';

/** A sealed secret of an endpoint. */
export interface StoredSecret {
  /** Names the place it is sealed for. */
  readonly id: string;
  readonly sealed: string;
  /** From when on it signs no more. Absent: until it is replaced. */
  readonly until?: Date;
}

/** A URL that receives events, `_id` = workspace.mode/uuid. */
export interface StoredEndpoint extends Document {
  readonly url: string;
  /** Empty: all. */
  readonly eventTypes: readonly string[];
  readonly description: string;
  /** Newest first. */
  readonly secrets: readonly StoredSecret[];
  readonly createdAt: Date;
  readonly disabledAt?: Date;
  readonly disabledReason?: 'OPERATOR' | 'FAILING' | 'GONE';
  /** When it last ended being disabled: what began to wait before is not sent. */
  readonly enabledAt?: Date;
  /** Since when nothing was accepted, and of how many delivery attempts. Absent while the endpoint accepts events. */
  readonly failingSince?: Date;
  readonly failures?: number;
}

/** An event as it is sent, every time the same, `_id` = workspace.mode/uuid. */
export interface StoredEvent extends Document {
  /** UUID of the session. */
  readonly session: string;
  /** Its place in the session's history. */
  readonly index: number;
  readonly type: ShownEventType;
  /** JSON text, without the metadata of the session where `sealed` has the whole. */
  readonly body: string;
  readonly sealed?: string;
  readonly purgeAt: Date;
}

/** An event that waits to be sent. `tries`: delivery attempts made. */
export interface PendingEvent {
  /** UUID of the event. */
  readonly event: string;
  readonly type: string;
  readonly index: number;
  readonly queuedAt: Date;
  readonly tries: number;
}

/** One delivery attempt. */
export interface StoredAttempt {
  readonly event: string;
  readonly type: string;
  readonly at: Date;
  readonly ms: number;
  readonly status?: number;
  readonly error?: OutboundError;
}

/** What one endpoint is sent about one session, `_id` = endpoint/session. */
export interface StoredWebhookDelivery extends Document {
  /** Incremented by every update. */
  readonly rev: number;
  /** The place in the session's history up to which events have been queued. */
  readonly next: number;
  /** In the order of the session's history. */
  readonly waiting: readonly PendingEvent[];
  /** When the first of them is sent; during an attempt, when another process may send it. Absent when none is pending. */
  readonly dueAt?: Date;
  /** The dueKey of `dueAt`, by which it is found. */
  readonly dueKey?: string;
  /** Names the running delivery attempt and its process, see newLease; expires at `dueAt`. */
  readonly lease?: string;
  /** Oldest first. */
  readonly tries: readonly StoredAttempt[];
  readonly purgeAt: Date;
}
