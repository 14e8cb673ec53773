import { CHANNELS, type ChannelName } from '../domain/channels.js';
import { Failure, type Reason } from '../errors.js';
import { DAY_MS, MINUTE_MS } from '../platform/durations.js';
import type { StoredChannel, StoredSession } from './stored.js';

/** A session's status as reported; the first that holds, in the order of the contract. */
export type Status = 'APPROVED' | 'CANCELED' | 'EXPIRED' | 'LOCKED' | 'PARTIAL' | 'PENDING';

type Standing = Pick<StoredSession, 'status' | 'expiresAt' | 'attemptsLeft' | 'token'>;

/** The status at `now` (milliseconds). A session has expired from the millisecond of expiresAt on. */
export function statusOf(session: Standing, now: number): Status {
  if (session.status === 'APPROVED' || session.status === 'CANCELED') return session.status;
  if (session.expiresAt.getTime() <= now) return 'EXPIRED';
  if (session.attemptsLeft <= 0) return 'LOCKED';
  return session.status;
}

/**
 * The stored statuses of a session that is neither approved nor cancelled. It
 * may have expired or be locked: see statusOf.
 */
export const OPEN = ['PENDING', 'PARTIAL'] as const;

/** Whether the stored status is one of OPEN. */
export const isOpen = ({ status }: Pick<StoredSession, 'status'>): boolean =>
  status === 'PENDING' || status === 'PARTIAL';

const REFUSALS: Readonly<Record<Status, Reason | undefined>> = {
  APPROVED: 'ALREADY_VERIFIED',
  CANCELED: 'SESSION_CANCELED',
  EXPIRED: 'SESSION_EXPIRED',
  LOCKED: 'ATTEMPTS_EXHAUSTED',
  PARTIAL: undefined,
  PENDING: undefined,
};

/** Why no code of this session can be accepted at `now`; undefined while it is open. */
export function refusalOf(session: Standing, now: number): Reason | undefined {
  if (session.token?.redeemedAt) return 'SESSION_CONSUMED';
  return REFUSALS[statusOf(session, now)];
}

/** How far the clocks of processes may differ, milliseconds. */
export const SKEW_MS = MINUTE_MS;

/**
 * Throws STORE_UNAVAILABLE for a session that a clock far ahead of this one
 * opened: compared now, its codes would outlive the window of what paid for them.
 */
export function refuseFromTheFuture({ createdAt }: Pick<StoredSession, 'createdAt'>, now: number): void {
  const aheadMs = createdAt.getTime() - now - SKEW_MS;
  if (aheadMs > 0) throw new Failure('STORE_UNAVAILABLE', { retryAfterMs: Math.min(aheadMs, MINUTE_MS) });
}

/**
 * When the latest code of a channel was sent, milliseconds; earlier than that
 * where a resend's code had to end with the session.
 */
export const sentAtOf = (
  { lifetimeMs }: Pick<StoredSession, 'lifetimeMs'>,
  { codeExpiresAt }: Pick<StoredChannel, 'codeExpiresAt'>,
): number => codeExpiresAt.getTime() - lifetimeMs;

/** When a session that ends at `expiresAt` is purged. */
export const purgeAtOf = (
  { retentionDays }: Pick<StoredSession, 'retentionDays'>,
  expiresAt: number | Date,
): Date => new Date(Number(expiresAt) + retentionDays * DAY_MS);

/** The session's channels in the order e-mail, SMS, WhatsApp. */
export function channelsOf(session: Pick<StoredSession, 'channels'>): [ChannelName, StoredChannel][] {
  const channels: [ChannelName, StoredChannel][] = [];
  for (const name of CHANNELS) {
    const channel = session.channels[name];
    if (channel) channels.push([name, channel]);
  }
  return channels;
}
