import type { OutboundError } from '../outbound/outbound.js';
import type { ShownEventType } from '../session/stored.js';
import type { Document } from '../store/documents.js';

/** A sealed secret of an endpoint. */
export interface StoredSecret {
  /** Names the place it is sealed for. */
  readonly id: string;
  readonly sealed: string;
  /** From when on it signs no more. Absent: until it is replaced. */
  readonly until?: Date;
}

/** An address that is told of events, `_id` = workspace.mode/uuid. */
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
  /** Since when nothing was taken, and of how many tries. Absent while all is well. */
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
  /** JSON text. */
  readonly body: string;
  readonly purgeAt: Date;
}

/** An event in line. */
export interface PendingEvent {
  /** UUID of the event. */
  readonly event: string;
  readonly type: string;
  readonly index: number;
  readonly queuedAt: Date;
  readonly tries: number;
}

/** One try. */
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
  /** The place in the session's history up to which events have been put in line. */
  readonly next: number;
  /** In the order of the session's history. */
  readonly waiting: readonly PendingEvent[];
  /** When the first of them is tried; while it is being tried, when another process may. Absent when none waits. */
  readonly dueAt?: Date;
  /** Names the try that is under way; over when `dueAt` has come. */
  readonly lease?: string;
  /** Oldest first. */
  readonly tries: readonly StoredAttempt[];
  readonly purgeAt: Date;
}
