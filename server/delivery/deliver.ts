import { type Change, changeGuarded } from '../session/change.js';
import { refundEvent } from '../session/messages.js';
import type { StoredSession } from '../session/stored.js';
import type { StoredAttempt, StoredDelivery } from '../session/storedDelivery.js';
import { updateMessages, vendorKey } from '../session/transitions/updateMessages.js';
import type { Work } from '../store/dueQueue.js';
import { type Claim, type ClaimDeps, circumstances, createClaim, discard } from './claim.js';
import { createDeliveryAttempt, type DeliveryAttemptDeps } from './deliveryAttempt.js';
import { createLetGo } from './letGo.js';
import { keyOf, type Outcome } from './provider.js';
import { afterOutcome } from './retryPolicy.js';
import { withoutCharge } from './withoutCharge.js';

/** Wait before an outcome is stored again after the store failed. */
const RECORD_AGAIN_MS = 500;

type Deps = DeliveryAttemptDeps & ClaimDeps;

/**
 * Delivers the due messages of one session: leases them, sends each to one
 * provider, stores each outcome. Every request to a provider is
 * counted as a delivery attempt before it is made, so a crash at any point costs
 * one attempt and a message is never sent more than `triesLeft` times.
 */
export function createDelivery(deps: Deps) {
  const { sessions, clock, marks, log } = deps;
  const { claim, claimNew: leaseNew } = createClaim(deps);
  const attemptDelivery = createDeliveryAttempt(deps);

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
        const decide = (seen: StoredSession) => {
          const current = seen.channels[channel]?.delivery;
          // Resent, approved or cancelled in the meantime, or the lease has expired.
          if (current?.n !== n || current.lease?.id !== lease) return undefined;
          return withOutcome(current, mine, outcome);
        };
        const ended = await changeGuarded(sessions, session, decide, { workedOut: true });
        return ended && { ...ended, changed: ended.changed || isRecorded(ended.session, mine) };
      } catch (error) {
        if (now >= leaseUntil) throw error;
        await new Promise<void>((resolve) => clock.after(RECORD_AGAIN_MS, resolve));
      }
    }
  }

  function withOutcome(current: StoredDelivery, mine: Claim, outcome: Outcome): Change {
    const { channel, provider, route, expiresAt } = mine;
    const now = clock.now();
    const given = provider.account && outcome.kind === 'accepted' ? withoutCharge(current) : current;
    const next = afterOutcome(given, outcome, provider.name, circumstances(deps, route, expiresAt));
    const reportedAs =
      provider.reports && next.vendorId !== undefined ? vendorKey(keyOf(provider), next.vendorId) : undefined;
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
    await attemptAll(session, claims, again);
  }

  async function attemptAll(
    session: StoredSession,
    claims: readonly Claim[],
    again: (session: StoredSession) => void,
  ): Promise<void> {
    await Promise.all(
      claims.map(async (mine) => {
        const outcome = await attemptDelivery(session, mine);
        const recorded = await record(session, mine, outcome).finally(() => marks.end(mine.lease));
        if (recorded?.deliverAt && recorded.deliverAt.getTime() <= clock.now()) again(recorded);
      }),
    );
  }

  /**
   * Leases the messages of a session before it is inserted, so that the insert
   * commits the leases too. Undefined where a message is not to be sent at once.
   */
  async function claimNew(session: StoredSession): Promise<ClaimedNew | undefined> {
    const leased = await leaseNew(session);
    if (!leased) return undefined;
    const { claims } = leased;
    return {
      session: leased.session,
      deliver: (stored, again) => attemptAll(stored, claims, again),
      discard: () => discard(claims),
      letGo: createLetGo(
        { sessions, clock },
        claims.map(({ lease }) => lease),
      ),
    };
  }

  return { deliver, claimNew };
}

/** A session that is claimed before it is stored. */
export interface ClaimedNew {
  /** With the leases. */
  readonly session: StoredSession;
  /** Once it is stored. */
  readonly deliver: Work<StoredSession>;
  /** Where it is not stored, or may not be: nothing is learnt about the providers. */
  discard(): void;
  /** Where it may be stored; see letGo.ts. */
  readonly letGo: ReturnType<typeof createLetGo>;
}

export type Delivery = ReturnType<typeof createDelivery>;

/** An outcome is found to be stored where no response said so. A message has one attempt at a time. */
const isRecorded = ({ attempts = [] }: StoredSession, { channel, n, provider, at }: Claim): boolean =>
  attempts.some(
    (one) =>
      one.channel === channel && one.n === n && one.provider === provider.name && one.at.getTime() === at,
  );

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
