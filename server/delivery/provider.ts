import type { ChannelName } from '../domain/channels.js';
import type { VendorResponse } from './vendorResponse.js';
import type { FinalError, RetryError } from './words.js';

/** A message ready to go. Holds the code and the full address: never log one. */
export interface Message {
  /** The same for every delivery attempt of one message, so that a provider can drop repeats. */
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
  /** When the code expires, milliseconds: a vendor that accepts a time to live drops the message then. */
  readonly expiresAt: number;
}

/** The result of one delivery attempt. `error` is our word for it; `vendor` is what the vendor said, made safe to keep. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly vendorId?: string }
  /** Another delivery attempt may succeed, not before `retryAfterMs` where the vendor asked for it. */
  | {
      readonly kind: 'retry';
      readonly error: RetryError;
      readonly vendor?: VendorResponse;
      readonly retryAfterMs?: number;
      /** The vendor works and only this message has to wait, as in greylisting. */
      readonly aboutMessage?: true;
    }
  /** This provider will not accept the message; words.ts says whether another one may. */
  | { readonly kind: 'failed'; readonly error: FinalError; readonly vendor?: VendorResponse };

/** Delivers the messages of some channels. */
export interface Provider {
  /** Short lower-case word, stable: it is stored, and unless it is an account's a label of metrics. */
  readonly name: string;
  /** Of a workspace's own account: the vendor it is with, and what no other account has in common with it. */
  readonly account?: { readonly kind: string; readonly key: string };
  readonly channels: readonly ChannelName[];
  /** Those of them whose text is the vendor's own, with the code in it: a transaction cannot be shown there. */
  readonly fixedText?: readonly ChannelName[];
  /** Longest duration of a send; the worker's lease is longer. */
  readonly timeoutMs: number;
  /** Delivery receipts may follow, which name an accepted message by its vendor id. */
  readonly reports?: boolean;
  /** Sends one message. Faults of the network are outcomes; an error that is thrown counts as a retry. */
  send(message: Message, signal: AbortSignal): Promise<Outcome>;
  /**
   * Looks for a message that an earlier request may have brought to the vendor, and
   * returns its id there; undefined where the vendor does not have it. Absent: the
   * vendor cannot be asked. Rejects where there is no response.
   */
  find?(message: Message, signal: AbortSignal): Promise<string | undefined>;
  /** Asks the vendor whether it accepts our credentials; sends nothing. Absent: the vendor has no call for that. */
  check?(signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** What tells a provider from every other one, those of other workspaces included. */
export const keyOf = ({ name, account }: Pick<Provider, 'name' | 'account'>): string => account?.key ?? name;

/** The label of all accounts in metrics: their names are for the workspaces to choose, and without number. */
export const ACCOUNT_LABEL = 'account';

/** A provider as a label of metrics. */
export const labelOf = ({ name, account }: Pick<Provider, 'name' | 'account'>): string =>
  account ? ACCOUNT_LABEL : name;
