import type { Debit } from '../../admin/wallet/wallet.js';
import { addressField } from '../../delivery/buildMessage.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import type { Recipient } from '../../domain/recipients.js';
import type { Encryption } from '../../secrets/encryption.js';
import { arranged } from '../../session/fallback.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { charged, earliestDue } from '../../session/messages.js';
import { purgeAtOf } from '../../session/status.js';
import type { StoredBeneficiary, StoredChannel, StoredSession } from '../../session/stored.js';
import type { SendOptions } from './parseOptions.js';
import { chargeOf } from './withDebit.js';

/** What a new code changes about a channel, in a first send and in every resend. */
export type FreshCode = Pick<StoredChannel, 'codeHash' | 'sandboxCode' | 'delivery'>;

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
  const expiresAt = new Date(now + options.lifetimeMs);
  const deliveries = arranged(
    new Map([...codes].map(([name, { delivery }]) => [name, charged(delivery, chargeOf(debit, name))])),
    options.fallback,
    now,
    expiresAt.getTime(),
  );
  const channels = Object.fromEntries(
    recipients.map((recipient) => {
      const { delivery: _unarranged, ...hashed } = codes.get(recipient.channel)!;
      const fresh = { ...hashed, delivery: deliveries.get(recipient.channel)! };
      return [recipient.channel, newChannel(encryption, owner._id, recipient, fresh, expiresAt)];
    }),
  ) as StoredSession['channels'];
  const deliverAt = earliestDue(channels);
  const { resend } = SESSION_LIMITS;
  return {
    ...owner,
    rev: 0,
    status: 'PENDING',
    purpose: options.purpose,
    locale: options.locale,
    ...(options.messageTemplate && { messageTemplate: options.messageTemplate }),
    strategy: options.strategy,
    required: options.required,
    channels,
    recipients: [...new Set(recipients.map(({ fingerprint }) => fingerprint))],
    codeLength: options.codeLength,
    lifetimeMs: options.lifetimeMs,
    retentionDays: options.retentionDays,
    attemptsLeft: options.maxAttempts,
    resendsLeft: resend.max,
    resendAt: new Date(now + resend.cooldownSeconds * 1000),
    resends: [],
    ...(deliverAt && { deliverAt }),
    ...(debit && { charges: { [debit.id]: debit.charges } }),
    events: [],
    eventsDone: 0,
    ...(opening.notify && { expireAt: expiresAt }),
    eraseAt: new Date(now + resend.lifetimes * options.lifetimeMs),
    metadata: options.metadata,
    ...(options.addContact && { addContact: true }),
    ...(options.operation && { operation: options.operation }),
    createdAt: new Date(now),
    expiresAt,
    purgeAt: purgeAtOf(options, expiresAt),
  };
}

function newChannel(
  encryption: Encryption,
  id: string,
  { channel, address, masked, fingerprint, sender, country, prefix }: OpeningRecipient,
  fresh: FreshCode,
  codeExpiresAt: Date,
): StoredChannel {
  const place = { collection: 'sessions', id, field: addressField(channel) };
  return {
    state: 'PENDING',
    address: encryption.seal(place, address),
    masked,
    ...(sender && { sender }),
    recipient: fingerprint,
    ...(country && { country }),
    ...(prefix && { prefix }),
    ...fresh,
    codeExpiresAt,
  };
}
