import type { ChannelName } from '../domain/channels.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import { type Change, changeGuarded, withMessages } from '../session/change.js';
import { settled } from '../session/messages.js';
import { channelsOf } from '../session/status.js';
import type { StoredChannel, StoredSession } from '../session/stored.js';
import type { StoredDelivery } from '../session/storedDelivery.js';
import { updateMessages } from '../session/transitions/updateMessages.js';
import type { Collection } from '../store/documents.js';
import { claimSurely } from '../store/leases.js';
import type { Processes } from '../store/processes/processes.js';
import type { Breakers } from './breakers.js';
import type { DeliveryAttempt } from './deliveryAttempt.js';
import { keyOf, type Provider } from './provider.js';
import { type Circumstances, nextAttempt, putOff } from './retryPolicy.js';

/**
 * A lease outlives the provider's time limit by this much, so that its holder
 * can still record the outcome.
 */
const LEASE_MARGIN_MS = 10_000;
/** Wait before a process that may not begin a request asks again. */
const BEGIN_AGAIN_MS = 500;

export interface ClaimDeps {
  readonly sessions: Collection<StoredSession>;
  /** The providers of a session's channel, in the order in which they are used. */
  readonly routeOf: (session: StoredSession, channel: ChannelName) => Promise<readonly Provider[]>;
  readonly breakers: Breakers;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Pick<Processes, 'id' | 'mayBegin'>;
}

/** One message that is leased for one delivery attempt. */
export interface Claim extends DeliveryAttempt {
  readonly n: number;
  /** When it was leased, milliseconds. */
  readonly at: number;
  readonly leaseUntil: number;
  readonly route: readonly Provider[];
}

/** What is decided for the due messages of a session with this revision. */
interface Decision {
  readonly rev: number;
  readonly claims: readonly Claim[];
  readonly change: Change | undefined;
}

export const circumstances = (
  { breakers, clock, random }: Pick<ClaimDeps, 'breakers' | 'clock' | 'random'>,
  route: readonly Provider[],
  expiresAt: number,
): Circumstances => ({
  route,
  readyAt: (provider) => breakers.readyAt(provider),
  expiresAt,
  now: clock.now(),
  random,
});

/** Leases every due message of a session, in one update. */
export function createClaim(deps: ClaimDeps) {
  const { sessions, routeOf, breakers, clock, random, processes } = deps;

  /**
   * A due message as it is stored before its delivery attempt, with the claim
   * to make one; without a claim if none is to be made.
   */
  async function begin(session: StoredSession, channel: ChannelName, stored: StoredChannel) {
    const route = await routeOf(session, channel);
    const now = clock.now();
    const expiresAt = stored.codeExpiresAt.getTime();
    const { waits, ...kept } = stored.delivery;
    // It is due, so it no longer waits for other channels.
    const delivery = waits ? { ...kept, freedAt: new Date(now) } : kept;
    if (expiresAt <= now) return { next: settled(delivery, { state: 'FAILED', error: 'EXPIRED' }) };
    if (delivery.triesLeft <= 0)
      return { next: settled(delivery, { state: 'FAILED', error: 'OUT_OF_TRIES' }) };
    const here = circumstances(deps, route, expiresAt);
    const chosen = nextAttempt(delivery, here);
    if (!('provider' in chosen)) return { next: putOff(delivery, chosen, here) };
    const { provider } = chosen;
    const pass = breakers.enter(keyOf(provider));
    const until = now + provider.timeoutMs;
    const leaseUntil = until + LEASE_MARGIN_MS;
    const lease = random.bytes(9).toString('base64url');
    return {
      next: {
        ...delivery,
        triesLeft: delivery.triesLeft - 1,
        dueAt: new Date(leaseUntil),
        lease: { id: lease, until: new Date(leaseUntil), owner: processes.id },
      },
      claim: { channel, provider, pass, until, expiresAt, n: delivery.n, at: now, lease, leaseUntil, route },
    };
  }

  /** Waits a moment where this process may not: the message stays due, and the queue would return with it at once. */
  async function mayBegin(): Promise<boolean> {
    if (!processes.mayBegin()) await new Promise<void>((resolve) => clock.after(BEGIN_AGAIN_MS, resolve));
    return processes.mayBegin();
  }

  async function decideOn(seen: StoredSession): Promise<Decision> {
    const now = clock.now();
    const claims: Claim[] = [];
    const messages = new Map<ChannelName, StoredDelivery>();
    try {
      for (const [channel, stored] of channelsOf(seen)) {
        const { state, dueAt } = stored.delivery;
        if (state !== 'QUEUED' || !dueAt || dueAt.getTime() > now) continue;
        const begun = await begin(seen, channel, stored);
        messages.set(channel, begun.next);
        if (begun.claim) claims.push(begun.claim);
      }
    } catch (error) {
      discard(claims);
      throw error;
    }
    const { rev } = seen;
    return {
      rev,
      claims,
      change: messages.size > 0 ? updateMessages(messages, now) : undefined,
    };
  }

  async function claim(due: StoredSession): Promise<{ session: StoredSession; claims: readonly Claim[] }> {
    if (!(await mayBegin())) return { session: due, claims: [] };
    /** The latest decision, and those of its claims that were found to be stored although no response said so. */
    let decision: Decision | undefined;
    let stored: readonly Claim[] = [];
    let latest = due;
    const decide = async (seen: StoredSession) => {
      latest = seen;
      // The same once more: either it takes effect now, or it already has.
      if (decision?.rev === seen.rev) return decision.change;
      stored = decision?.claims.filter((one) => isHeld(seen, one)) ?? [];
      if (stored.length > 0) return undefined;
      if (decision) discard(decision.claims);
      decision = undefined;
      decision = await decideOn(seen);
      return decision.change;
    };
    let claims: readonly Claim[] = [];
    try {
      const claimed = await claimSurely(() => changeGuarded(sessions, latest, decide), clock);
      claims = claimed?.changed ? (decision?.claims ?? []) : stored;
      return { session: claimed?.session ?? due, claims };
    } finally {
      discard(decision?.claims.filter((one) => !claims.includes(one)) ?? []);
    }
  }

  /** The same for a session that is not stored yet; undefined unless every due message is leased. */
  async function claimNew(session: StoredSession) {
    if (!processes.mayBegin()) return undefined;
    const { claims, change } = await decideOn(session);
    const messages = change?.messages;
    if (messages && claims.length === messages.size)
      return { session: withMessages(session, messages), claims };
    discard(claims);
    return undefined;
  }

  return { claim, claimNew };
}

const isHeld = ({ channels }: StoredSession, { channel, lease }: Claim): boolean =>
  channels[channel]?.delivery.lease?.id === lease;

/** The claims are not used: they show nothing about their providers. */
export function discard(claims: readonly Claim[]): void {
  for (const { pass } of claims) pass.unused();
}
