import type { Debit } from '../../admin/wallet/wallet.js';
import { addressField, messageField } from '../../delivery/buildMessage.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import type { Recipient } from '../../domain/recipients.js';
import type { Random } from '../../platform/random.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { CodeHasher } from '../../secrets/hashing/codeHasher.js';
import type { Slot } from '../../secrets/hashing/hashPool.js';
import { arranged } from '../../session/fallback.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { charged, earliestDue, notSent, queued } from '../../session/messages.js';
import { newCode } from '../../session/newCode.js';
import { purgeAtOf } from '../../session/status.js';
import type { StoredBeneficiary, StoredChannel, StoredSession } from '../../session/stored.js';
import type { Plan } from './parseOptions.js';
import { chargeOf } from './withDebit.js';

/** Makes the secret parts of a session's channels. */
export interface CodeMaker {
  readonly hasher: CodeHasher;
  readonly encryption: Encryption;
  readonly random: Random;
}

/** What a new code changes about a channel, in a first send and in every resend. */
export type FreshCode = Pick<StoredChannel, 'codeHash' | 'sandboxCode' | 'delivery'>;

/** Names the sealed code of a sandbox channel. */
export const sandboxCodeField = (channel: ChannelName): string => `channels.${channel}.sandboxCode`;

/** What a code is hashed for: it verifies on this channel of this session only. */
export const codeContext = (_id: string, channel: ChannelName): string => `${_id}/${channel}`;

/** A new code for one channel: hashed, and sealed for delivery (live) or for the answer (sandbox). */
export async function freshCode(
  { hasher, encryption, random }: CodeMaker,
  slot: Slot,
  session: { readonly _id: string; readonly mode: Mode; readonly codeLength: number },
  channel: ChannelName,
  n: number,
  now: number,
): Promise<FreshCode> {
  const code = newCode(session.codeLength, random);
  const codeHash = await slot.run(() => hasher.hash(code, codeContext(session._id, channel)));
  const seal = (field: string) => encryption.seal({ collection: 'sessions', id: session._id, field }, code);
  return session.mode === 'test'
    ? { codeHash, sandboxCode: seal(sandboxCodeField(channel)), delivery: notSent(n) }
    : { codeHash, delivery: queued(seal(messageField(channel)), n, now) };
}

/** The codes of a sandbox session, to be answered. Empty for a live one: its codes leave by delivery only. */
export function sandboxCodes(encryption: Encryption, session: StoredSession): Record<string, string> {
  const codes: Record<string, string> = {};
  for (const [name, channel] of Object.entries(session.channels) as [ChannelName, StoredChannel][]) {
    if (session.mode === 'test' && channel.sandboxCode) {
      const place = { collection: 'sessions', id: session._id, field: sandboxCodeField(name) };
      codes[name] = encryption.open(place, channel.sandboxCode);
    }
  }
  return codes;
}

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
  /** Somebody subscribed to its events. */
  readonly notify?: true;
}

/** A recipient with its fingerprint and the sender its messages come from. */
export interface OpeningRecipient extends Recipient {
  readonly fingerprint: string;
  /** Of a phone in a live session: the fingerprint of its prefix. */
  readonly prefix?: string;
  readonly sender?: string;
}

/** A code for every recipient, hashed and sealed. */
export async function freshCodes(
  maker: CodeMaker,
  slot: Slot,
  { _id, mode, recipients }: Opening,
  codeLength: number,
  now: number,
): Promise<ReadonlyMap<ChannelName, FreshCode>> {
  const each = recipients.map(
    async ({ channel }) =>
      [channel, await freshCode(maker, slot, { _id, mode, codeLength }, channel, 1, now)] as const,
  );
  return new Map(await Promise.all(each));
}

/** The document that one insert commits: the session, its outbox, and the debit that pays for it. */
export function newSession(
  encryption: Encryption,
  opening: Opening,
  plan: Plan,
  codes: ReadonlyMap<ChannelName, FreshCode>,
  debit: Debit | undefined,
  now: number,
): StoredSession {
  const { recipients, ...owner } = opening;
  const expiresAt = new Date(now + plan.lifetimeMs);
  const deliveries = arranged(
    new Map([...codes].map(([name, { delivery }]) => [name, charged(delivery, chargeOf(debit, name))])),
    plan.fallback,
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
    purpose: plan.purpose,
    locale: plan.locale,
    ...(plan.messageTemplate && { messageTemplate: plan.messageTemplate }),
    strategy: plan.strategy,
    required: plan.required,
    channels,
    recipients: [...new Set(recipients.map(({ fingerprint }) => fingerprint))],
    codeLength: plan.codeLength,
    lifetimeMs: plan.lifetimeMs,
    retentionDays: plan.retentionDays,
    attemptsLeft: plan.maxAttempts,
    resendsLeft: resend.max,
    resendAt: new Date(now + resend.cooldownSeconds * 1000),
    resends: [],
    ...(deliverAt && { deliverAt }),
    ...(debit && { charges: { [debit.id]: debit.charges } }),
    events: [],
    eventsDone: 0,
    ...(opening.notify && { expireAt: expiresAt }),
    eraseAt: new Date(now + resend.lifetimes * plan.lifetimeMs),
    metadata: plan.metadata,
    ...(plan.addContact && { addContact: true }),
    ...(plan.operation && { operation: plan.operation }),
    createdAt: new Date(now),
    expiresAt,
    purgeAt: purgeAtOf(plan, expiresAt),
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
