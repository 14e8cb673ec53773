import type { Debit } from '../../admin/wallet/wallet.js';
import { addressField } from '../../delivery/buildMessage.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import type { Recipient } from '../../domain/recipients.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { FreshCode, StoredBeneficiary, StoredSession } from '../../session/stored.js';
import { type NewChannel, open } from '../../session/transitions/open.js';
import type { SendOptions } from './parseOptions.js';

/** Who opens a session, for whom, and under which id. */
export interface Opening {
  readonly _id: string;
  readonly partition: string;
  readonly mode: Mode;
  readonly client: string;
  /** In channel order. */
  readonly recipients: readonly OpeningRecipient[];
  readonly beneficiary?: StoredBeneficiary;
  readonly trace?: string;
  /** A webhook endpoint is subscribed to its events. */
  readonly notify?: true;
}

/** A recipient with its fingerprint and the sender its messages come from. */
export interface OpeningRecipient extends Recipient {
  readonly fingerprint: string;
  /** Of a phone in a live session: the fingerprint of its prefix. */
  readonly prefix?: string;
  readonly sender?: string;
}

/** The document that one insert commits: the session, its outbox, and the debit that pays for it. */
export function newSession(
  encryption: Encryption,
  opening: Opening,
  options: SendOptions,
  codes: ReadonlyMap<ChannelName, FreshCode>,
  debit: Debit | undefined,
  now: number,
): StoredSession {
  const { recipients, ...owner } = opening;
  const channels = new Map(
    recipients.map((recipient) => {
      const { channel } = recipient;
      return [channel, newChannel(encryption, owner._id, recipient, codes.get(channel)!)] as const;
    }),
  );
  return open({ owner, options, channels, debit }, now);
}

function newChannel(
  encryption: Encryption,
  id: string,
  { channel, address, masked, fingerprint, sender, country, prefix }: OpeningRecipient,
  fresh: FreshCode,
): NewChannel {
  const place = { collection: 'sessions', id, field: addressField(channel) };
  return {
    address: encryption.seal(place, address),
    masked,
    ...(sender && { sender }),
    recipient: fingerprint,
    ...(country && { country }),
    ...(prefix && { prefix }),
    ...fresh,
  };
}
