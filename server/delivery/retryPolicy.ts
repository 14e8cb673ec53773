import type { Random } from '../platform/random.js';
import { settled } from '../session/messages.js';
import type { StoredDelivery, StoredResponse } from '../session/stored.js';
import type { Outcome, Provider } from './provider.js';

/** Waits before the second to fifth round, seconds; each varied by a fifth so that a burst spreads out. */
const BACKOFF_SECONDS = [2, 6, 18, 54] as const;
/** Messages that waited for the same provider do not all come back at the same moment, milliseconds. */
const SPREAD_MS = 1_000;

/** What there is to choose from, and when. */
export interface Circumstances {
  /** The providers in the order in which they are tried. */
  readonly route: readonly Provider[];
  /** From when on a provider may be given a message, milliseconds; in the past when it may now. */
  readonly readyAt: (provider: string) => number;
  /** When the code stops working, milliseconds. */
  readonly expiresAt: number;
  readonly now: number;
  readonly random: Random;
}

/** To try now, to come back later without having tried, or to give up. */
export type NextTry =
  | { readonly provider: Provider }
  | { readonly dueAt: number; readonly round: number }
  | { readonly error: string };

/**
 * Which provider a message is given to next. Each round goes through the
 * providers in order, one at once after the other; those that are not ready are
 * passed over, and those that will never take the message are left out. After a
 * round there is a wait.
 */
export function nextTry(delivery: StoredDelivery, circumstances: Circumstances): NextTry {
  const { route, readyAt, now, random } = circumstances;
  const { round = 0, tried = [] } = delivery;
  const saidBy = (name: string): StoredResponse | undefined =>
    tried.find(({ provider }) => provider === name);
  const candidates = route.filter(({ name }) => saidBy(name)?.final === undefined);
  if (candidates.length === 0) {
    return { error: tried.findLast(({ final }) => final !== undefined)?.final ?? 'MISCONFIGURED' };
  }
  const ready = ({ name }: Provider) => Math.max(readyAt(name), saidBy(name)?.notBefore?.getTime() ?? 0);
  const provider = candidates.find((one) => saidBy(one.name)?.round !== round && ready(one) <= now);
  if (provider) return { provider };
  const soonest = Math.min(...candidates.map(ready));
  return tried.some((one) => one.round === round)
    ? { dueAt: Math.max(now + backoffMs(round, random), soonest), round: round + 1 }
    : { dueAt: soonest + random.int(SPREAD_MS), round };
}

/** What an outcome makes of a delivery whose try is already counted. */
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
  if (failed && outcome.error === 'WRONG_RECIPIENT')
    return settled(delivery, { state: 'FAILED', provider, error: outcome.error });
  const { lease: _done, ...waiting } = delivery;
  const said: StoredResponse = {
    provider,
    round: delivery.round ?? 0,
    ...(failed && { final: outcome.error }),
    ...(!failed && outcome.retryAfterMs && { notBefore: new Date(circumstances.now + outcome.retryAfterMs) }),
  };
  const others = (delivery.tried ?? []).filter((one) => one.provider !== provider);
  const next: StoredDelivery = { ...waiting, provider, tried: [...others, said] };
  const planned = nextTry(next, circumstances);
  if (!('error' in planned) && delivery.triesLeft <= 0)
    return settled(next, { state: 'FAILED', error: 'OUT_OF_TRIES' });
  return putOff(next, planned, circumstances);
}

/** The delivery waiting for what comes next; failed where nothing does, or not before the code is over. */
export function putOff(
  delivery: StoredDelivery,
  next: NextTry,
  { now, expiresAt }: Pick<Circumstances, 'now' | 'expiresAt'>,
): StoredDelivery {
  if ('error' in next) return settled(delivery, { state: 'FAILED', error: next.error });
  const { dueAt, round } = 'provider' in next ? { dueAt: now, round: delivery.round ?? 0 } : next;
  // There is no point in waiting for what would come too late.
  if (dueAt >= expiresAt) return settled(delivery, { state: 'FAILED', error: 'EXPIRED' });
  return { ...delivery, dueAt: new Date(dueAt), ...(round > 0 && { round }) };
}

function backoffMs(round: number, random: Random): number {
  const seconds = BACKOFF_SECONDS[Math.min(round, BACKOFF_SECONDS.length - 1)] as number;
  return Math.round(seconds * (800 + random.int(401)));
}
