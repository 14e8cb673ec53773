import type { Clock } from '../clock.js';
import type { ChannelName } from '../domain/channels.js';
import { deliveryEvents, recording, refundEvent } from '../domain/events.js';
import { channelsOf, type StoredDelivery, type StoredSession } from '../domain/session.js';
import type { Logger } from '../observe/log.js';
import type { Random } from '../random.js';
import type { Collection, Update } from '../store/documents.js';
import { earliestDue, settled, withDeliveries } from './outbox.js';
import type { Message, Outcome, Provider } from './provider.js';

/** A lease outlives the provider's time limit by this much, so that its holder can still record the outcome. */
const LEASE_MARGIN_MS = 10_000;
/** Waits before the second to fifth try, seconds; each varied by a fifth so that a burst spreads out. */
const BACKOFF_SECONDS = [2, 6, 18, 54] as const;
/** Wait before an outcome is recorded again in a store that did not answer. */
const RECORD_AGAIN_MS = 500;

interface Options {
  readonly sessions: Collection<StoredSession>;
  readonly providerFor: (session: StoredSession, channel: ChannelName) => Provider | undefined;
  /** Opens the sealed code and address and renders the message. */
  readonly compose: (session: StoredSession, channel: ChannelName) => Promise<Message>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Claim {
  readonly channel: ChannelName;
  readonly provider: Provider;
  readonly n: number;
  readonly lease: string;
  readonly until: number;
}

/**
 * Delivers what is due of one session: claims it by lease, tries each channel
 * once, records the outcome. Every request to a provider was counted as a try
 * before it was made, so a crash at any point costs a try and never more than
 * `triesLeft` messages go out.
 */
export function createDeliver({ sessions, providerFor, compose, clock, random, log }: Options) {
  async function claim(session: StoredSession): Promise<{ session: StoredSession; claims: Claim[] }> {
    for (
      let seen: StoredSession | null = session;
      seen;
      seen = await sessions.findOne({ _id: session._id })
    ) {
      const now = clock.now();
      const changed = new Map<ChannelName, StoredDelivery>();
      const claims: Claim[] = [];
      for (const [channel, { delivery }] of channelsOf(seen)) {
        if (delivery.state !== 'QUEUED' || !delivery.dueAt || delivery.dueAt.getTime() > now) continue;
        const provider = providerFor(seen, channel);
        if (seen.expiresAt.getTime() <= now)
          changed.set(channel, settled(delivery, { state: 'FAILED', error: 'EXPIRED' }));
        else if (delivery.triesLeft <= 0)
          changed.set(channel, settled(delivery, { state: 'FAILED', error: 'OUT_OF_TRIES' }));
        else if (!provider)
          changed.set(channel, settled(delivery, { state: 'FAILED', error: 'MISCONFIGURED' }));
        else {
          const until = now + provider.timeoutMs + LEASE_MARGIN_MS;
          const lease = random.bytes(9).toString('base64url');
          claims.push({ channel, provider, n: delivery.n, lease, until });
          changed.set(channel, {
            ...delivery,
            triesLeft: delivery.triesLeft - 1,
            dueAt: new Date(until),
            lease: { id: lease, until: new Date(until) },
          });
        }
      }
      if (changed.size === 0) return { session: seen, claims };
      const claimed = await sessions.findOneAndUpdate(
        { _id: seen._id, rev: seen.rev },
        replacing(seen, changed, now),
      );
      if (claimed) return { session: claimed, claims };
    }
    return { session, claims: [] };
  }

  async function attempt(session: StoredSession, { channel, provider, until }: Claim): Promise<Outcome> {
    const limit = new AbortController();
    const late = new Promise<Outcome>((resolve) => {
      limit.signal.addEventListener('abort', () => resolve({ kind: 'retry', error: 'TIMEOUT' }));
    });
    // A code that arrives after its end helps nobody, so no try goes on that long.
    const giveUpAt = Math.min(until - LEASE_MARGIN_MS, session.expiresAt.getTime());
    const cancel = clock.after(giveUpAt - clock.now(), () => limit.abort());
    try {
      const message = await compose(session, channel);
      // Composing asks the store, which may have taken its time.
      if (limit.signal.aborted || clock.now() >= giveUpAt) return { kind: 'retry', error: 'TIMEOUT' };
      return await Promise.race([provider.send(message, limit.signal), late]);
    } catch (error) {
      log.warn({ err: error, session: session._id, channel, provider: provider.name }, 'provider threw');
      return { kind: 'retry', error: 'PROVIDER_FAULT' };
    } finally {
      cancel();
    }
  }

  async function record(session: StoredSession, claim: Claim, outcome: Outcome) {
    const { channel, provider, n, lease, until } = claim;
    let seen: StoredSession | null = session;
    while (seen) {
      const current: StoredDelivery | undefined = seen.channels[channel]?.delivery;
      const now = clock.now();
      // Resent, approved or cancelled meanwhile, or the lease ran out: not ours to write.
      if (!current || current.n !== n || current.lease?.id !== lease)
        return refundReplaced(session, current, claim, outcome);
      const next = afterOutcome(current, outcome, provider.name, seen.expiresAt.getTime(), now, random);
      try {
        if (
          await sessions.findOneAndUpdate(
            { _id: seen._id, rev: seen.rev },
            replacing(seen, new Map([[channel, next]]), now),
          )
        ) {
          return log.info(
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
        }
        seen = await sessions.findOne({ _id: session._id });
      } catch (error) {
        // The message may be out: an outcome forgotten is a message sent twice.
        if (now >= until) throw error;
        await new Promise<void>((resolve) => clock.after(RECORD_AGAIN_MS, resolve));
      }
    }
  }

  /**
   * Whoever replaces a message while it is being tried leaves its refund to that
   * try. A try whose lease ran out says nothing: another may have had more luck.
   */
  async function refundReplaced(
    session: StoredSession,
    current: StoredDelivery | undefined,
    { channel, n, until }: Claim,
    outcome: Outcome,
  ) {
    const replaced = current?.n !== n || current.state === 'NOT_SENT';
    const paid = session.channels[channel]?.delivery;
    const failed = outcome.kind === 'failed' || (outcome.kind === 'retry' && outcome.error !== 'TIMEOUT');
    if (!replaced || !paid?.charge || !failed || clock.now() >= until) return;
    const now = clock.now();
    const { set, push } = recording(session, [refundEvent(channel, paid.n, paid.charge, now)], now);
    for (;;) {
      const seen = await sessions.findOne({ _id: session._id });
      if (!seen) return;
      const update = { $set: set, $inc: { rev: 1 }, ...(push && { $push: push }) };
      if (await sessions.findOneAndUpdate({ _id: seen._id, rev: seen.rev }, update)) return;
    }
  }

  return async (due: StoredSession): Promise<void> => {
    const { session, claims } = await claim(due);
    await Promise.all(claims.map(async (mine) => record(session, mine, await attempt(session, mine))));
  };
}

function replacing(
  seen: StoredSession,
  changed: ReadonlyMap<ChannelName, StoredDelivery>,
  now: number,
): Update {
  const deliverAt = earliestDue(withDeliveries(seen.channels, changed));
  const deliveries = [...changed].map(([channel, delivery]) => [`channels.${channel}.delivery`, delivery]);
  const history = recording(seen, deliveryEvents(seen.channels, changed, now), now);
  return {
    $set: { ...Object.fromEntries(deliveries), ...(deliverAt && { deliverAt }), ...history.set },
    ...(deliverAt ? {} : { $unset: { deliverAt: '' } }),
    $inc: { rev: 1 },
    ...(history.push && { $push: history.push }),
  };
}

/** What an outcome makes of a delivery whose try is already counted. */
export function afterOutcome(
  delivery: StoredDelivery,
  outcome: Outcome,
  provider: string,
  expiresAt: number,
  now: number,
  random: Random,
): StoredDelivery {
  if (outcome.kind === 'accepted') {
    return settled(delivery, {
      state: 'ACCEPTED',
      provider,
      ...(outcome.vendorId && { vendorId: outcome.vendorId }),
    });
  }
  if (outcome.kind === 'failed')
    return settled(delivery, { state: 'FAILED', provider, error: outcome.error });
  if (delivery.triesLeft <= 0) return settled(delivery, { state: 'FAILED', provider, error: 'OUT_OF_TRIES' });
  const dueAt = now + Math.max(backoffMs(delivery.triesLeft, random), outcome.retryAfterMs ?? 0);
  if (dueAt >= expiresAt) return settled(delivery, { state: 'FAILED', provider, error: 'EXPIRED' });
  const { lease: _done, ...waiting } = delivery;
  return { ...waiting, provider, dueAt: new Date(dueAt) };
}

function backoffMs(triesLeft: number, random: Random): number {
  const step = Math.max(0, BACKOFF_SECONDS.length - triesLeft);
  const ms = (BACKOFF_SECONDS[step] ?? 0) * 1000;
  return Math.round(ms * (0.8 + random.int(401) / 1000));
}
