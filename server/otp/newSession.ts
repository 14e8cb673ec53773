import { addressField, messageField } from '../delivery/compose.js';
import { earliestDue, notSent, queued } from '../delivery/outbox.js';
import type { ChannelName } from '../domain/channels.js';
import { newCode } from '../domain/codes.js';
import type { Recipient } from '../domain/recipients.js';
import type { Mode, StoredChannel, StoredSession } from '../domain/session.js';
import { SESSION_LIMITS } from '../domain/sessionLimits.js';
import type { Random } from '../random.js';
import type { CodeHasher } from '../secrets/codeHasher.js';
import type { Encryption } from '../secrets/encryption.js';
import type { Slot } from '../secrets/hashPool.js';
import type { Plan } from './plan.js';

/** Codes by channel, in clear, on their way to being sealed. Never stored, never logged. */
export type Codes = Readonly<Partial<Record<ChannelName, string>>>;

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

/** Who opens a session, and under which id. */
export interface Opening {
  readonly _id: string;
  readonly partition: string;
  readonly mode: Mode;
  readonly client: string;
}

/** The document that one insert commits: the session and its outbox. */
export async function newSession(
  maker: CodeMaker,
  slot: Slot,
  opening: Opening,
  plan: Plan,
  fingerprintOf: (recipient: Recipient) => string,
  now: number,
): Promise<StoredSession> {
  const { _id, mode } = opening;
  const channels = Object.fromEntries(
    await Promise.all(
      plan.recipients.map(async (recipient) => {
        const { channel, address, masked } = recipient;
        const place = { collection: 'sessions', id: _id, field: addressField(channel) };
        const fresh = await freshCode(
          maker,
          slot,
          { _id, mode, codeLength: plan.codeLength },
          channel,
          1,
          now,
        );
        const stored: StoredChannel = {
          state: 'PENDING',
          address: maker.encryption.seal(place, address),
          masked,
          recipient: fingerprintOf(recipient),
          ...fresh,
        };
        return [channel, stored] as const;
      }),
    ),
  ) as StoredSession['channels'];
  const deliverAt = earliestDue(channels);
  const expiresAt = new Date(now + plan.lifetimeMs);
  const { resend, retentionDays } = SESSION_LIMITS;
  return {
    ...opening,
    rev: 0,
    status: 'PENDING',
    purpose: plan.purpose,
    locale: plan.locale,
    strategy: plan.strategy,
    required: plan.required,
    channels,
    recipients: [...new Set(plan.recipients.map(fingerprintOf))],
    codeLength: plan.codeLength,
    lifetimeMs: plan.lifetimeMs,
    attemptsLeft: plan.maxAttempts,
    resendsLeft: resend.max,
    resendAt: new Date(now + resend.cooldownSeconds * 1000),
    resends: [],
    ...(deliverAt && { deliverAt }),
    events: [],
    eraseAt: new Date(now + resend.lifetimes * plan.lifetimeMs),
    metadata: plan.metadata,
    ...(plan.operation && { operation: plan.operation }),
    createdAt: new Date(now),
    expiresAt,
    purgeAt: new Date(expiresAt.getTime() + retentionDays * 86_400_000),
  };
}
