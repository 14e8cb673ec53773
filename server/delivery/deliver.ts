import type { ChannelName } from '../domain/channels.js';
import type { Random } from '../platform/random.js';
import { recording, refundEvent } from '../session/history.js';
import { settled } from '../session/messages.js';
import { channelsOf } from '../session/status.js';
import type { StoredChannel, StoredDelivery, StoredSession } from '../session/stored.js';
import { replacement, vendorKey } from '../session/transitions/updateMessages.js';
import type { Collection } from '../store/documents.js';
import type { Breakers } from './breakers.js';
import { type Attempt, type AttemptParts, createAttempt } from './deliveryAttempt.js';
import type { Outcome, Provider } from './provider.js';
import { afterOutcome, type Circumstances, nextTry, putOff } from './retryPolicy.js';

/** A lease outlives the provider's time limit by this much, so that its holder can still record the outcome. */
const LEASE_MARGIN_MS = 10_000;
/** Wait before an outcome is recorded again in a store that did not answer. */
const RECORD_AGAIN_MS = 500;

interface Options extends AttemptParts {
  readonly sessions: Collection<StoredSession>;
  /** The providers of a session's channel, in the order in which they are tried. */
  readonly routeOf: (session: StoredSession, channel: ChannelName) => Promise<readonly Provider[]>;
  readonly breakers: Breakers;
  readonly random: Random;
}

interface Claim extends Attempt {
  readonly n: number;
  readonly lease: string;
  readonly leaseUntil: number;
  readonly route: readonly Provider[];
}

/**
 * Delivers what is due of one session: claims it by lease, tries each channel
 * with one provider after the other, records each outcome. Every request to a
 * provider was counted as a try before it was made, so a crash at any point costs
 * a try and never more than `triesLeft` messages go out.
 */
export function createDeliver(options: Options) {
  const { sessions, routeOf, breakers, clock, random, log } = options;
  const attempt = createAttempt(options);

  const circumstances = (route: readonly Provider[], expiresAt: number, now: number): Circumstances => ({
    route,
    readyAt: (provider) => breakers.readyAt(provider),
    expiresAt,
    now,
    random,
  });

  /** What becomes of a due delivery before anything is tried, and the claim where something is. */
  async function begin(session: StoredSession, channel: ChannelName, stored: StoredChannel) {
    const route = await routeOf(session, channel);
    const now = clock.now();
    const expiresAt = stored.codeExpiresAt.getTime();
    const { waits, ...kept } = stored.delivery;
    // Its wait is over, and with it whatever it waited for.
    const delivery = waits ? { ...kept, freedAt: new Date(now) } : kept;
    if (expiresAt <= now) return { next: settled(delivery, { state: 'FAILED', error: 'EXPIRED' }) };
    if (delivery.triesLeft <= 0)
      return { next: settled(delivery, { state: 'FAILED', error: 'OUT_OF_TRIES' }) };
    const here = circumstances(route, expiresAt, now);
    const chosen = nextTry(delivery, here);
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
        lease: { id: lease, until: new Date(leaseUntil) },
      },
      claim: { channel, provider, pass, until, expiresAt, n: delivery.n, lease, leaseUntil, route },
    };
  }

  async function claim(session: StoredSession): Promise<{ session: StoredSession; claims: Claim[] }> {
    for (
      let seen: StoredSession | null = session;
      seen;
      seen = await sessions.findOne({ _id: session._id })
    ) {
      const claims: Claim[] = [];
      let claimed: StoredSession | null = null;
      try {
        claimed = await claimDue(seen, claims);
      } finally {
        if (!claimed) for (const { pass } of claims) pass.unused();
      }
      if (claimed) return { session: claimed, claims };
    }
    return { session, claims: [] };
  }

  /** Claims every due channel of the document seen, in one update. Null when it changed meanwhile. */
  async function claimDue(seen: StoredSession, claims: Claim[]): Promise<StoredSession | null> {
    const now = clock.now();
    const changed = new Map<ChannelName, StoredDelivery>();
    for (const [channel, stored] of channelsOf(seen)) {
      const { state, dueAt } = stored.delivery;
      if (state !== 'QUEUED' || !dueAt || dueAt.getTime() > now) continue;
      const begun = await begin(seen, channel, stored);
      changed.set(channel, begun.next);
      if (begun.claim) claims.push(begun.claim);
    }
    if (changed.size === 0) return seen;
    return sessions.findOneAndUpdate({ _id: seen._id, rev: seen.rev }, replacement(seen, changed, now));
  }

  /** Stores what became of a try. Gives the session as it is then; undefined when the message is not ours any more. */
  async function record(session: StoredSession, mine: Claim, outcome: Outcome) {
    const { channel, provider, n, lease, leaseUntil, route, expiresAt } = mine;
    let seen: StoredSession | null = session;
    while (seen) {
      const current: StoredDelivery | undefined = seen.channels[channel]?.delivery;
      const now = clock.now();
      // Resent, approved or cancelled meanwhile, or the lease ran out: not ours to write.
      if (!current || current.n !== n || current.lease?.id !== lease) {
        await refundReplaced(session, current, mine, outcome);
        return undefined;
      }
      const next = afterOutcome(current, outcome, provider.name, circumstances(route, expiresAt, now));
      const reportedAs =
        provider.reports && next.vendorId !== undefined ? vendorKey(provider.name, next.vendorId) : undefined;
      try {
        const recorded = await sessions.findOneAndUpdate(
          { _id: seen._id, rev: seen.rev },
          replacement(seen, new Map([[channel, next]]), now, reportedAs),
        );
        if (recorded) {
          log.info(
            {
              session: seen._id,
              channel,
              provider: provider.name,
              delivery: next.state,
              error: next.error,
              tried: outcome,
            },
            'delivery',
          );
          return recorded;
        }
        seen = await sessions.findOne({ _id: session._id });
      } catch (error) {
        // The message may be out: an outcome forgotten is a message sent twice.
        if (now >= leaseUntil) throw error;
        await new Promise<void>((resolve) => clock.after(RECORD_AGAIN_MS, resolve));
      }
    }
    return undefined;
  }

  /**
   * Whoever replaces a message while it is being tried leaves its refund to that
   * try. A try whose lease ran out says nothing: another may have had more luck.
   */
  async function refundReplaced(
    session: StoredSession,
    current: StoredDelivery | undefined,
    { channel, n, leaseUntil }: Claim,
    outcome: Outcome,
  ) {
    const replaced = current?.n !== n || current.state === 'NOT_SENT';
    const paid = session.channels[channel]?.delivery;
    const failed = outcome.kind === 'failed' || (outcome.kind === 'retry' && outcome.error !== 'TIMEOUT');
    if (!replaced || !paid?.charge || !failed || clock.now() >= leaseUntil) return;
    const now = clock.now();
    const { set, push } = recording(session, [refundEvent(channel, paid.n, paid.charge, now)], now);
    for (;;) {
      const seen = await sessions.findOne({ _id: session._id });
      if (!seen) return;
      const update = { $set: set, $inc: { rev: 1 }, ...(push && { $push: push }) };
      if (await sessions.findOneAndUpdate({ _id: seen._id, rev: seen.rev }, update)) return;
    }
  }

  /** Tries what is due, and at once whatever becomes due by how that ended. */
  async function deliver(due: StoredSession): Promise<void> {
    const { session, claims } = await claim(due);
    await Promise.all(
      claims.map(async (mine) => {
        const recorded = await record(session, mine, await attempt(session, mine));
        if (recorded) await deliver(recorded);
      }),
    );
  }

  return deliver;
}
