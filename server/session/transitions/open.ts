import type { ChannelName } from '../../domain/channels.js';
import { workspaceOf } from '../../store/documentId.js';
import { firstRevision } from '../change.js';
import { arrangeFallback, type FallbackStep } from '../fallback.js';
import { SESSION_LIMITS } from '../limits.js';
import { chargeOf, withCharge } from '../messages.js';
import { operationKey } from '../operationKey.js';
import type { StrategyName } from '../policy.js';
import { purgeAtOf } from '../status.js';
import type { SessionDebit, StoredChannel, StoredOperation, StoredSession } from '../stored.js';

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
  const deliveries = arrangeFallback(
    new Map([...channels].map(([name, { delivery }]) => [name, withCharge(delivery, chargeOf(debit, name))])),
    options.fallback,
    { now: at, expiresAt: expiresAt.getTime() },
  );
  const [only, ...others] = [...channels.keys()];
  // The code of a transaction needs the transaction, which only the session knows.
  const isOnly = others.length === 0 && options.operation?.transaction === undefined;
  return firstRevision(
    {
      ...owner,
      status: 'PENDING',
      purpose: options.purpose,
      locale: options.locale,
      ...(options.messageTemplate && { messageTemplate: options.messageTemplate }),
      strategy: options.strategy,
      required: options.required,
      channels: Object.fromEntries(
        [...channels].map(([name, { paid: prepaid, ...channel }]) => [
          name,
          {
            ...channel,
            ...(!isOnly && prepaid !== undefined && { paid: prepaid }),
            state: 'PENDING',
            delivery: deliveries.get(name)!,
            codeExpiresAt: expiresAt,
          },
        ]),
      ),
      ...(isOnly && only && onlyChannel(only, channels.get(only)!)),
      recipients: [...new Set([...channels.values()].map(({ recipient }) => recipient))],
      codeLength: options.codeLength,
      ...(options.source !== undefined && { source: options.source }),
      lifetimeMs: options.lifetimeMs,
      retentionDays: options.retentionDays,
      attemptsLeft: options.maxAttempts,
      resendsLeft: resend.max,
      resendAt: new Date(at + resend.cooldownSeconds * 1000),
      resends: [],
      ...(debit && { charges: { [debit.id]: debit.charges } }),
      ...(owner.notify && { expireAt: expiresAt }),
      eraseAt: new Date(at + resend.lifetimes * options.lifetimeMs),
      metadata: options.metadata,
      ...(options.addContact && { addContact: true }),
      ...(options.embedHost && { embedHost: options.embedHost }),
      ...(options.operation && { operation: options.operation }),
      ...(options.operation?.productType &&
        owner.beneficiary && {
          operationKey: operationKey(workspaceOf(owner), owner.beneficiary.sponsorSlug, options.operation),
        }),
      createdAt: new Date(at),
      expiresAt,
      purgeAt: purgeAtOf(options, expiresAt),
    },
    at,
  );
}

/** See prepaid.ts. */
const onlyChannel = (only: ChannelName, { paid }: NewChannel) => ({
  only,
  ...(paid !== undefined && { paid }),
});
