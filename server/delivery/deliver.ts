import type { ChannelName } from '../domain/channels.js';
import type { Random } from '../platform/random.js';
import { type Change, type Changed, changeGuarded } from '../session/change.js';
import { refundEvent, settled } from '../session/messages.js';
import { channelsOf } from '../session/status.js';
import type { StoredAttempt, StoredChannel, StoredDelivery, StoredSession } from '../session/stored.js';
import { updateMessages, vendorKey } from '../session/transitions/updateMessages.js';
import type { Collection } from '../store/documents.js';
import type { Processes } from '../store/processes/processes.js';
import type { Breakers } from './breakers.js';
import { createDeliveryAttempt, type DeliveryAttempt, type DeliveryAttemptDeps } from './deliveryAttempt.js';
import type { Outcome, Provider } from './provider.js';
import { afterOutcome, type Circumstances, nextAttempt, putOff } from './retryPolicy.js';

/**
 * A lease outlives the provider's time limit by this much, so that its holder
 * can still record the outcome.
 */
const LEASE_MARGIN_MS = 10_000;
/** Wait before an outcome is stored again after the store failed. */
const RECORD_AGAIN_MS = 500;
/** Wait before a process that may not begin a request asks again. */
const BEGIN_AGAIN_MS = 500;

interface Deps extends DeliveryAttemptDeps {
  readonly sessions: Collection<StoredSession>;
  /** The providers of a session's channel, in the order in which they are used. */
  readonly routeOf: (session: StoredSession, channel: ChannelName) => Promise<readonly Provider[]>;
  readonly breakers: Breakers;
  readonly random: Random;
  readonly processes: Pick<Processes, 'id' | 'mayBegin'>;
}

interface Claim extends DeliveryAttempt {
  readonly n: number;
  /** When it was leased, milliseconds. */
  readonly at: number;
  readonly leaseUntil: number;
  readonly route: readonly Provider[];
}

/**
 * Delivers the due messages of one session: leases them, sends each to one
 * provider, stores each outcome. Every request to a provider is
 * counted as a delivery attempt before it is made, so a crash at any point costs
 * one attempt and a message is never sent more than `triesLeft` times.
 */
export function createDeliver(deps: Deps) {
  const { sessions, routeOf, breakers, clock, random, processes, marks, log } = deps;
  const attemptDelivery = createDeliveryAttempt(deps);

  const circumstances = (route: readonly Provider[], expiresAt: number, now: number): Circumstances => ({
    route,
    readyAt: (provider) => breakers.readyAt(provider),
    expiresAt,
    now,
    random,
  });

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
    const here = circumstances(route, expiresAt, now);
    const chosen = nextAttempt(delivery, here);
    if (!('provider' in chosen)) return { next: putOff(delivery, chosen, here) };
    const { provider } = chosen;
    const pass = breakers.enter(provider.name);
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

  /** Leases every due channel of a session, in one update. */
  async function claim(due: StoredSession): Promise<{ session: StoredSession; claims: Claim[] }> {
    const claims: Claim[] = [];
    if (!(await mayBegin())) return { session: due, claims };
    const discard = () => {
      for (const { pass } of claims.splice(0)) pass.unused();
    };
    let claimed: Changed | undefined;
    try {
      claimed = await changeGuarded(sessions, due, async (seen) => {
        // Of a session that changed before its lease was stored.
        discard();
        const now = clock.now();
        const messages = new Map<ChannelName, StoredDelivery>();
        for (const [channel, stored] of channelsOf(seen)) {
          const { state, dueAt } = stored.delivery;
          if (state !== 'QUEUED' || !dueAt || dueAt.getTime() > now) continue;
          const begun = await begin(seen, channel, stored);
          messages.set(channel, begun.next);
          if (begun.claim) claims.push(begun.claim);
        }
        return messages.size > 0 ? updateMessages(messages, now) : undefined;
      });
    } finally {
      if (!claimed?.changed) discard();
    }
    return { session: claimed?.session ?? due, claims };
  }

  /**
   * Stores the outcome of a delivery attempt. Returns the session as stored;
   * undefined when the message is not ours any more.
   */
  async function record(session: StoredSession, mine: Claim, outcome: Outcome) {
    const recorded = await storeOutcome(session, mine, outcome);
    if (!recorded) return undefined;
    if (!recorded.changed) {
      await refundReplaced(session, recorded.session, mine, outcome);
      return undefined;
    }
    const { channel, provider } = mine;
    const { state, error } = recorded.session.channels[channel]?.delivery ?? {};
    log.info(
      { session: session._id, channel, provider: provider.name, delivery: state, error, tried: outcome },
      'delivery',
    );
    return recorded.session;
  }

  /**
   * Repeated until the lease ends: an outcome that is not stored may be a
   * message sent twice. Unchanged if the message is not ours any more.
   */
  async function storeOutcome(session: StoredSession, mine: Claim, outcome: Outcome) {
    const { channel, n, lease, leaseUntil } = mine;
    for (;;) {
      const now = clock.now();
      try {
        return await changeGuarded(sessions, session, (seen) => {
          const current = seen.channels[channel]?.delivery;
          // Resent, approved or cancelled in the meantime, or the lease has expired.
          if (current?.n !== n || current.lease?.id !== lease) return undefined;
          return withOutcome(current, mine, outcome);
        });
      } catch (error) {
        if (now >= leaseUntil) throw error;
        await new Promise<void>((resolve) => clock.after(RECORD_AGAIN_MS, resolve));
      }
    }
  }

  function withOutcome(current: StoredDelivery, mine: Claim, outcome: Outcome): Change {
    const { channel, provider, route, expiresAt } = mine;
    const now = clock.now();
    const next = afterOutcome(current, outcome, provider.name, circumstances(route, expiresAt, now));
    const reportedAs =
      provider.reports && next.vendorId !== undefined ? vendorKey(provider.name, next.vendorId) : undefined;
    return updateMessages(new Map([[channel, next]]), now, {
      attempt: attemptOf(mine, outcome, now),
      reportedAs,
    });
  }

  /**
   * A message that is replaced while a provider has it is refunded by that
   * delivery attempt, when it fails. One whose lease has expired proves nothing:
   * another attempt may have succeeded.
   */
  async function refundReplaced(
    session: StoredSession,
    found: StoredSession,
    { channel, n, leaseUntil }: Claim,
    outcome: Outcome,
  ): Promise<void> {
    const current = found.channels[channel]?.delivery;
    const replaced = current?.n !== n || current.state === 'NOT_SENT';
    const charge = session.channels[channel]?.delivery.charge;
    const failed = outcome.kind === 'failed' || (outcome.kind === 'retry' && outcome.error !== 'TIMEOUT');
    if (!replaced || !charge || !failed || clock.now() >= leaseUntil) return;
    const at = clock.now();
    const events = [refundEvent(channel, n, charge, at)];
    await changeGuarded(sessions, found, () => ({ at, events }));
  }

  /**
   * Makes the delivery attempts that are due. A session that becomes due at once
   * by an outcome, because another provider has its turn, is passed to `again`.
   */
  async function deliver(due: StoredSession, again: (session: StoredSession) => void): Promise<void> {
    const { session, claims } = await claim(due);
    await Promise.all(
      claims.map(async (mine) => {
        const outcome = await attemptDelivery(session, mine);
        const recorded = await record(session, mine, outcome).finally(() => marks.end(mine.lease));
        if (recorded?.deliverAt && recorded.deliverAt.getTime() <= clock.now()) again(recorded);
      }),
    );
  }

  return deliver;
}

/** A delivery attempt as the session keeps it. */
function attemptOf({ channel, n, provider, at }: Claim, outcome: Outcome, now: number): StoredAttempt {
  const { code, text } = (outcome.kind !== 'accepted' && outcome.vendor) || {};
  return {
    channel,
    n,
    provider: provider.name,
    at: new Date(at),
    ms: Math.max(0, now - at),
    outcome: outcome.kind,
    ...(outcome.kind === 'accepted'
      ? outcome.vendorId !== undefined && { vendorId: outcome.vendorId }
      : { error: outcome.error }),
    ...(code !== undefined && { vendorCode: code }),
    ...(text !== undefined && { vendorText: text }),
  };
}
