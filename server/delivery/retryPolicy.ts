import type { Random } from '../platform/random.js';
import { settled } from '../session/messages.js';
import type { StoredDelivery, StoredResponse } from '../session/storedDelivery.js';
import { keyOf, type Outcome, type Provider } from './provider.js';
import { endsChannel } from './words.js';

/** Waits before the second to fifth round, seconds; each varied by a fifth so that a burst spreads out. */
const BACKOFF_SECONDS = [2, 6, 18, 54] as const;
/** Spreads the next attempts of messages that waited for the same provider, milliseconds. */
const SPREAD_MS = 1_000;

/** What the choice depends on. */
export interface Circumstances {
  /** The providers in the order in which they are used. */
  readonly route: readonly Provider[];
  /** From when on a provider may be given a message, milliseconds; in the past when it may now. */
  readonly readyAt: (provider: string) => number;
  /** When the code expires, milliseconds. */
  readonly expiresAt: number;
  readonly now: number;
  readonly random: Random;
}

/** A delivery attempt now, a wait before the next one, or the final error. */
export type NextAttempt =
  | { readonly provider: Provider }
  | { readonly dueAt: number; readonly round: number }
  | { readonly error: string };

/**
 * Chooses the provider of the next delivery attempt. Each round goes through the
 * providers in order, without a wait in between; those that are not ready are
 * skipped, and those that will never accept the message are left out. After a
 * round there is a wait.
 */
export function nextAttempt(delivery: StoredDelivery, circumstances: Circumstances): NextAttempt {
  const { route, readyAt, now, random } = circumstances;
  const { round = 0, tried = [] } = delivery;
  const resultOf = (name: string): StoredResponse | undefined =>
    tried.find(({ provider }) => provider === name);
  const candidates = route.filter(({ name }) => resultOf(name)?.final === undefined);
  if (candidates.length === 0) {
    return { error: tried.findLast(({ final }) => final !== undefined)?.final ?? 'MISCONFIGURED' };
  }
  const ready = (one: Provider) =>
    Math.max(readyAt(keyOf(one)), resultOf(one.name)?.notBefore?.getTime() ?? 0);
  const provider = candidates.find((one) => resultOf(one.name)?.round !== round && ready(one) <= now);
  if (provider) return { provider };
  const soonest = Math.min(...candidates.map(ready));
  return tried.some((one) => one.round === round)
    ? { dueAt: Math.max(now + backoffMs(round, random), soonest), round: round + 1 }
    : { dueAt: soonest + random.int(SPREAD_MS), round };
}

/** The delivery after an outcome. Its delivery attempt is already counted. */
export function afterOutcome(
  delivery: StoredDelivery,
  outcome: Outcome,
  provider: string,
  circumstances: Circumstances,
): StoredDelivery {
  if (outcome.kind === 'accepted') {
    return settled(delivery, {
      state: 'ACCEPTED',
      provider,
      ...(outcome.vendorId && { vendorId: outcome.vendorId }),
    });
  }
  const failed = outcome.kind === 'failed';
  if (failed && endsChannel(outcome.error))
    return settled(delivery, { state: 'FAILED', provider, error: outcome.error });
  const { lease: _done, ...waiting } = delivery;
  const result: StoredResponse = {
    provider,
    round: delivery.round ?? 0,
    ...(failed && { final: outcome.error }),
    ...(!failed && outcome.retryAfterMs && { notBefore: new Date(circumstances.now + outcome.retryAfterMs) }),
  };
  const others = (delivery.tried ?? []).filter((one) => one.provider !== provider);
  const next: StoredDelivery = { ...waiting, provider, tried: [...others, result] };
  const planned = nextAttempt(next, circumstances);
  if (!('error' in planned) && delivery.triesLeft <= 0)
    return settled(next, { state: 'FAILED', error: 'OUT_OF_TRIES' });
  return putOff(next, planned, circumstances);
}

/** The delivery waiting for its next attempt; failed where there is none before the code expires. */
export function putOff(
  delivery: StoredDelivery,
  next: NextAttempt,
  { now, expiresAt }: Pick<Circumstances, 'now' | 'expiresAt'>,
): StoredDelivery {
  if ('error' in next) return settled(delivery, { state: 'FAILED', error: next.error });
  const { dueAt, round } = 'provider' in next ? { dueAt: now, round: delivery.round ?? 0 } : next;
  // A delivery attempt after that is of no use.
  if (dueAt >= expiresAt) return settled(delivery, { state: 'FAILED', error: 'EXPIRED' });
  return { ...delivery, dueAt: new Date(dueAt), ...(round > 0 && { round }) };
}

function backoffMs(round: number, random: Random): number {
  const seconds = BACKOFF_SECONDS[Math.min(round, BACKOFF_SECONDS.length - 1)] as number;
  return Math.round(seconds * (800 + random.int(401)));
}
