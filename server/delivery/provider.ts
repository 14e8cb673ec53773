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
  /** When the code stops working, milliseconds: a vendor that can be told so drops the message then. */
  readonly expiresAt: number;
}

/** What a provider said to a message. `error` is a stable word, never a vendor's text: those quote addresses. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly vendorId?: string }
  /** Trying again may work, not before `retryAfterMs` where the vendor said so. */
  | {
      readonly kind: 'retry';
      readonly error: string;
      readonly retryAfterMs?: number;
      /** The vendor is well and only this message has to wait, as in greylisting. */
      readonly aboutMessage?: true;
    }
  /** Trying this provider again is pointless; of a WRONG_RECIPIENT any other, too. */
  | { readonly kind: 'failed'; readonly error: FinalError };

/** Why a message is not taken. REFUSED is about the message, MISCONFIGURED about our account at the vendor. */
export type FinalError = 'WRONG_RECIPIENT' | 'REFUSED' | 'MISCONFIGURED';

/** A way to get messages of some channels to people. */
export interface Provider {
  /** Short lower-case word, stable: it is stored and stands in metrics. */
  readonly name: string;
  readonly channels: readonly ChannelName[];
  /** Longest a send can take; the worker's lease is longer. */
  readonly timeoutMs: number;
  /** It may tell later, by the vendor id of an accepted message, what became of it. */
  readonly reports?: boolean;
  /** Hands over one message. Faults of the network are outcomes; what it throws counts as a retry. */
  send(message: Message, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}
