import type { ChannelName } from '../domain/channels.js';

/** A message ready to go. Holds the code and the full address: never log one. */
export interface Message {
  /** The same for every try of one message, so that a provider can drop repeats. */
  readonly id: string;
  readonly channel: ChannelName;
  readonly to: string;
  /** The workspace's own sender for the channel; undefined: the provider's default. */
  readonly from?: string;
  /** E-mail only. */
  readonly subject?: string;
  readonly text: string;
  /** E-mail only. */
  readonly html?: string;
  readonly code: string;
  readonly locale: string;
  readonly workspace: string;
  readonly sessionId: string;
}

/** What a provider said to a message. `error` is a stable word, never a vendor's text: those quote addresses. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly vendorId?: string }
  /** Trying again may work, not before `retryAfterMs` where the vendor said so. */
  | { readonly kind: 'retry'; readonly error: string; readonly retryAfterMs?: number }
  /** Trying again is pointless. */
  | { readonly kind: 'failed'; readonly error: 'WRONG_RECIPIENT' | 'REFUSED' | 'MISCONFIGURED' };

/** A way to get messages of some channels to people. */
export interface Provider {
  /** Short lower-case word, stable: it is stored and stands in metrics. */
  readonly name: string;
  readonly channels: readonly ChannelName[];
  /** Longest a send can take; the worker's lease is longer. */
  readonly timeoutMs: number;
  /** Hands over one message. Faults of the network are outcomes; what it throws counts as a retry. */
  send(message: Message, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}
