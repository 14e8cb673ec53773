import type { SendRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Debit } from '../../admin/wallet/wallet.js';
import type { Workspace } from '../../admin/workspaces/stored.js';
import type { Call } from '../../call/call.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import type { Recipient } from '../../domain/recipients.js';
import type { Slot } from '../../fairness/fairPool.js';
import type { Bought } from '../../limits/recipientBudget/take.js';
import type { SandboxScenario } from '../../session/sandboxRecipients.js';
import type { FreshCode, StoredBeneficiary } from '../../session/stored.js';
import type { SessionOwner } from '../../session/transitions/open.js';
import type { SendOptions } from './parseOptions.js';
import type { NamedSource } from './source.js';

/**
 * A Send on its way through its steps. Each of the types below is the one above
 * it with what one step added, so a step cannot run before those it builds on. It
 * is one object, to which the steps add.
 */
export interface BegunSend {
  readonly call: Call;
  readonly request: SendRequest;
  readonly workspace: Workspace;
  /** Of the session: `test` for a test key, and for a live one that asks for the sandbox. */
  readonly mode: Mode;
  readonly partition: string;
  /** The host whose pages frame the page on which the code is entered. */
  readonly embedHost?: string;
  /** The codes of this call by their sealed form: the response to a sandbox Send need not open what was just sealed. */
  readonly sealedCodes: Map<string, string>;
  /** How to give back what the steps took, in the order in which they took it. Run when a later step refuses the Send. */
  readonly undo: (() => Promise<void>)[];
}

/** The id of its session is chosen. */
export interface ClaimedSend extends BegunSend {
  readonly sessionId: string;
}

/** Its recipients are known and allowed. */
export interface AddressedSend extends ClaimedSend {
  /** In channel order, at least one. */
  readonly recipients: readonly Recipient[];
  readonly channels: readonly ChannelName[];
  readonly beneficiary?: StoredBeneficiary;
}

/** Its request is valid. */
export interface ParsedSend extends AddressedSend {
  readonly options: SendOptions;
  readonly from: NamedSource;
}

/** A recipient with its fingerprint, and the sender of its messages. */
export interface IdentifiedRecipient extends Recipient {
  readonly fingerprint: string;
  /** The fingerprint of what limits count it by. */
  readonly budget: string;
  /** Of a phone in a live session: the fingerprint of its prefix. */
  readonly prefix?: string;
  readonly sender?: string;
}

/** Its recipients have fingerprints and senders. */
export interface IdentifiedSend extends ParsedSend {
  readonly recipients: readonly IdentifiedRecipient[];
  readonly owner: SessionOwner;
  /** What one of its recipients makes happen in a sandbox session. */
  readonly scenario: SandboxScenario | undefined;
  /** Keyed digest of where the person is; undefined where that is not known. */
  readonly source: string | undefined;
}

/** It has a place in the hash pool. */
export interface PooledSend extends IdentifiedSend {
  readonly slot: Slot;
}

/** It is admitted, and its messages are bought from the recipients' budgets. */
export interface AdmittedSend extends PooledSend {
  /** When its session begins, milliseconds: when its units were bought, not when it is stored. */
  readonly now: number;
  /** Undefined for a sandbox recipient, which has no budget. */
  readonly bought: Bought | undefined;
}

/** Its codes are made. */
export interface CodedSend extends AdmittedSend {
  readonly codes: ReadonlyMap<ChannelName, FreshCode>;
}

/** It is paid for, where it costs anything. */
export interface PaidSend extends CodedSend {
  readonly debit: Debit | undefined;
}
