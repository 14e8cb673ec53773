import type { ChannelName } from '../../domain/channels.js';
import type { Draft } from '../../platform/draft.js';
import { workspaceOf } from '../../store/documentId.js';
import { type FirstContent, firstRevision } from '../change.js';
import { arrangeFallback, type FallbackStep } from '../fallback.js';
import { SESSION_LIMITS } from '../limits.js';
import { chargeOf, withCharge } from '../messages.js';
import { operationKey } from '../operationKey.js';
import type { StrategyName } from '../policy.js';
import { purgeAtOf } from '../status.js';
import type { StoredChannel, StoredOperation, StoredSession } from '../stored.js';
import type { SessionDebit } from '../storedDelivery.js';

/** Who opens a session, and under which id. */
export type SessionOwner = Pick<
  StoredSession,
  | '_id'
  | 'partition'
  | 'mode'
  | 'client'
  | 'requestId'
  | 'endUserIp'
  | 'beneficiary'
  | 'trace'
  | 'notify'
  | 'vouched'
>;

/** What the caller asks of a session. */
export interface SessionOptions {
  readonly purpose: string;
  readonly locale: string;
  readonly messageTemplate?: string;
  readonly strategy: StrategyName;
  readonly required: readonly ChannelName[];
  /** Channels whose messages wait for those before them. */
  readonly fallback: readonly FallbackStep[];
  readonly codeLength: number;
  readonly source?: string;
  readonly lifetimeMs: number;
  readonly maxAttempts: number;
  readonly retentionDays: number;
  readonly metadata: string;
  readonly addContact: boolean;
  readonly embedHost?: string;
  readonly onlyProvider?: string;
  readonly operation?: StoredOperation;
}

/** A channel with its first code. */
export type NewChannel = Omit<StoredChannel, 'state' | 'codeExpiresAt'>;

interface Opening {
  readonly owner: SessionOwner;
  readonly options: SessionOptions;
  /** In channel order. */
  readonly channels: ReadonlyMap<ChannelName, NewChannel>;
  readonly debit: SessionDebit | undefined;
}

/** The document that one insert commits: the session, its messages, and the debit that pays for them. */
export function open({ owner, options, channels, debit }: Opening, at: number): StoredSession {
  const { resend } = SESSION_LIMITS;
  const expiresAt = new Date(at + options.lifetimeMs);
  const [only, ...others] = [...channels.keys()];
  // The code of a transaction needs the transaction, which only the session knows.
  const isOnly = others.length === 0 && options.operation?.transaction === undefined;
  const session: Draft<FirstContent> = {
    status: 'PENDING',
    purpose: options.purpose,
    locale: options.locale,
    strategy: options.strategy,
    required: options.required,
    channels: newChannels({ owner, options, channels, debit }, { at, expiresAt, isOnly }),
    recipients: [...new Set([...channels.values()].map(({ recipient }) => recipient))],
    codeLength: options.codeLength,
    lifetimeMs: options.lifetimeMs,
    retentionDays: options.retentionDays,
    attemptsLeft: options.maxAttempts,
    resendsLeft: resend.max,
    resendAt: new Date(at + resend.cooldownSeconds * 1000),
    resends: [],
    eraseAt: new Date(at + resend.lifetimes * options.lifetimeMs),
    metadata: options.metadata,
    createdAt: new Date(at),
    expiresAt,
    purgeAt: purgeAtOf(options, expiresAt),
    ...owner,
  };
  if (isOnly && only) {
    session.only = only;
    // See prepaid.ts.
    const { paid } = channels.get(only)!;
    if (paid !== undefined) session.paid = paid;
  }
  if (options.messageTemplate) session.messageTemplate = options.messageTemplate;
  if (options.source !== undefined) session.source = options.source;
  if (debit) session.charges = { [debit.id]: debit.charges };
  if (owner.notify) session.expireAt = expiresAt;
  if (options.addContact) session.addContact = true;
  if (options.embedHost) session.embedHost = options.embedHost;
  if (options.onlyProvider) session.onlyProvider = options.onlyProvider;
  if (options.operation) session.operation = options.operation;
  if (options.operation?.productType && owner.beneficiary)
    session.operationKey = operationKey(workspaceOf(owner), owner.beneficiary.sponsorSlug, options.operation);
  return firstRevision(session, at);
}

/** The channels as the session holds them, with their messages. */
function newChannels(
  { options, channels, debit }: Opening,
  { at, expiresAt, isOnly }: { readonly at: number; readonly expiresAt: Date; readonly isOnly: boolean },
): StoredSession['channels'] {
  const deliveries = arrangeFallback(
    new Map([...channels].map(([name, { delivery }]) => [name, withCharge(delivery, chargeOf(debit, name))])),
    options.fallback,
    { now: at, expiresAt: expiresAt.getTime() },
  );
  const stored: Partial<Record<ChannelName, StoredChannel>> = {};
  for (const [name, { paid, delivery: _unpaid, ...channel }] of channels) {
    const made: Draft<StoredChannel> = {
      state: 'PENDING',
      delivery: deliveries.get(name)!,
      codeExpiresAt: expiresAt,
      ...channel,
    };
    if (!isOnly && paid !== undefined) made.paid = paid;
    stored[name] = made;
  }
  return stored;
}
