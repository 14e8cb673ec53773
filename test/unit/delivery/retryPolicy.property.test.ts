import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Outcome, Provider } from '../../../server/delivery/provider.js';
import {
  afterOutcome,
  type Circumstances,
  nextAttempt,
  putOff,
} from '../../../server/delivery/retryPolicy.js';
import { queueMessage } from '../../../server/session/messages.js';
import type { StoredDelivery } from '../../../server/session/storedDelivery.js';
import { seededRandom } from '../../support/seededRandom.js';

const NOW = Date.UTC(2030, 0, 15, 12);
const FAR = NOW + 3_600_000;
const BACKOFF = [2_000, 6_000, 18_000, 54_000];

const provider = (name: string): Provider => ({
  name,
  channels: ['sms'],
  timeoutMs: 1_000,
  send: async () => ({ kind: 'accepted' }),
  close: async () => {},
});
const ROUTE = ['first', 'second', 'third'].map(provider);

const random = seededRandom('routing');
const at = (now: number, more: Partial<Circumstances> = {}): Circumstances => ({
  route: ROUTE,
  readyAt: () => 0,
  expiresAt: FAR,
  now,
  random,
  ...more,
});
const fresh = queueMessage('sealed', 1, NOW);
const RETRY = { kind: 'retry', error: 'UNREACHABLE' } as const;

/** The delivery after an attempt at this provider, counted as the worker does before it makes it. */
const tried = (delivery: StoredDelivery, by: string, outcome: Outcome, circumstances: Circumstances) =>
  afterOutcome({ ...delivery, triesLeft: delivery.triesLeft - 1 }, outcome, by, circumstances);
const chosen = (delivery: StoredDelivery, circumstances: Circumstances) => {
  const next = nextAttempt(delivery, circumstances);
  return 'provider' in next ? next.provider.name : undefined;
};

const routed = fc.integer({ min: 1, max: 3 }).map((length) => ROUTE.slice(0, length));
const retry = fc.record({
  kind: fc.constant('retry' as const),
  error: fc.constant('UNREACHABLE'),
  retryAfterMs: fc.option(fc.integer({ min: 1, max: 120_000 }), { nil: undefined }),
});
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  {
    weight: 4,
    arbitrary: retry.map(({ retryAfterMs, ...rest }) => ({ ...rest, ...(retryAfterMs && { retryAfterMs }) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('REFUSED' as const, 'MISCONFIGURED' as const)
      .map((error) => ({ kind: 'failed' as const, error })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'accepted' as const }) },
);

describe('a message', () => {
  test.prop([routed, fc.array(outcome, { minLength: 12, maxLength: 12 })])(
    'goes to providers in order, waits as asked, has five attempts at most, and ends',
    (route, outcomes) => {
      let delivery: StoredDelivery = fresh;
      let now = NOW;
      let round = 0;
      let thisRound: string[] = [];
      const notBefore = new Map<string, number>();
      const out = new Set<string>();
      let attempts = 0;
      for (let turn = 0; delivery.state === 'QUEUED' && turn < 40; turn++) {
        const here = at(now, { route });
        const name = chosen(delivery, here);
        if (name === undefined) {
          const before = now;
          delivery = putOff(delivery, nextAttempt(delivery, here), here);
          now = delivery.dueAt?.getTime() ?? now;
          if (delivery.state === 'QUEUED') expect(now).toBeGreaterThan(before);
          continue;
        }
        if ((delivery.round ?? 0) !== round) {
          round = delivery.round ?? 0;
          thisRound = [];
        }
        const places = [...thisRound, name].map((one) => route.findIndex(({ name }) => name === one));
        expect(thisRound).not.toContain(name);
        expect(out.has(name)).toBe(false);
        expect(now).toBeGreaterThanOrEqual(notBefore.get(name) ?? 0);
        // Before it in the order: tried in this round, out for good, or asked to be left alone.
        for (const { name: other } of route.slice(0, places.at(-1))) {
          expect(thisRound.includes(other) || out.has(other) || (notBefore.get(other) ?? 0) > now).toBe(true);
        }
        thisRound.push(name);
        const said = outcomes[attempts % outcomes.length]!;
        attempts++;
        delivery = tried(delivery, name, said, here);
        if (said.kind === 'failed') out.add(name);
        if (said.kind === 'retry' && said.retryAfterMs) notBefore.set(name, now + said.retryAfterMs);
        if (said.kind === 'accepted') expect(delivery).toMatchObject({ state: 'ACCEPTED', provider: name });
        now = Math.max(now, delivery.dueAt?.getTime() ?? now);
      }
      expect(delivery.state).not.toBe('QUEUED');
      expect(attempts).toBeLessThanOrEqual(5);
      expect(delivery).not.toHaveProperty('message');
    },
  );

  test.prop([routed, fc.integer({ min: 0, max: 6 })])(
    'waits longer after each round, give or take a fifth',
    (route, rounds) => {
      const delivery: StoredDelivery = {
        ...fresh,
        round: rounds,
        tried: route.map(({ name }) => ({ provider: name, round: rounds })),
      };
      const next = nextAttempt(delivery, at(NOW, { route }));
      const wait = BACKOFF[Math.min(rounds, 3)]!;
      expect(next).toMatchObject({ round: rounds + 1 });
      const { dueAt } = next as { readonly dueAt: number };
      expect(dueAt - NOW).toBeGreaterThanOrEqual(wait * 0.8);
      expect(dueAt - NOW).toBeLessThanOrEqual(wait * 1.2);
    },
  );

  test.prop([fc.integer({ min: 60_000, max: 600_000 })])(
    'waits as long as the only provider asks, where that is longer than the wait of the round',
    (retryAfterMs) => {
      const here = at(NOW, { route: ROUTE.slice(0, 1) });
      expect(tried(fresh, 'first', { ...RETRY, retryAfterMs }, here).dueAt?.getTime()).toBe(
        NOW + retryAfterMs,
      );
    },
  );

  test.prop([fc.integer({ min: 1, max: 300_000 })])(
    'is due within a second of the time at which a breaker opens again, without an attempt',
    (openMs) => {
      const next = nextAttempt(fresh, at(NOW, { readyAt: () => NOW + openMs }));
      expect(next).toMatchObject({ round: 0 });
      const { dueAt } = next as { readonly dueAt: number };
      expect(dueAt - NOW - openMs).toBeGreaterThanOrEqual(0);
      expect(dueAt - NOW - openMs).toBeLessThan(1_000);
    },
  );

  test.prop([routed, fc.integer({ min: 0, max: 60_000 })])(
    'is given up rather than sent when its code has expired',
    (route, leftMs) => {
      const here = at(NOW, { route, expiresAt: NOW + leftMs });
      const { state, dueAt, error } = tried(
        { ...fresh, round: 3, tried: route.slice(1).map(({ name }) => ({ provider: name, round: 3 })) },
        'first',
        RETRY,
        here,
      );
      if (state === 'QUEUED') expect(dueAt!.getTime()).toBeLessThan(NOW + leftMs);
      else expect({ state, error }).toEqual({ state: 'FAILED', error: 'EXPIRED' });
    },
  );

  it('passes over a provider whose breaker is open', () => {
    const readyAt = (name: string) => (name === 'first' ? NOW + 30_000 : 0);
    expect(chosen(fresh, at(NOW, { readyAt }))).toBe('second');
  });

  it('goes to the next provider at once when one fails', () => {
    for (const said of [RETRY, { kind: 'failed', error: 'REFUSED' } as const]) {
      const delivery = tried(fresh, 'first', said, at(NOW));
      expect(delivery).toMatchObject({ state: 'QUEUED', dueAt: new Date(NOW) });
      expect(chosen(delivery, at(NOW))).toBe('second');
    }
  });

  it('is given up at once where the recipient is wrong: no other provider can help', () => {
    const said = { kind: 'failed', error: 'WRONG_RECIPIENT' } as const;
    expect(tried(fresh, 'first', said, at(NOW))).toMatchObject({ state: 'FAILED', error: 'WRONG_RECIPIENT' });
  });

  it('is given up where every provider is out, for the reason of the last', () => {
    const first = tried(fresh, 'first', { kind: 'failed', error: 'MISCONFIGURED' }, at(NOW));
    const second = tried(first, 'second', { kind: 'failed', error: 'REFUSED' }, at(NOW));
    expect(second.state).toBe('QUEUED');
    const third = tried(second, 'third', { kind: 'failed', error: 'REFUSED' }, at(NOW));
    expect(third).toMatchObject({ state: 'FAILED', error: 'REFUSED' });
  });

  it('is given up where there is no provider at all', () => {
    expect(nextAttempt(fresh, at(NOW, { route: [] }))).toEqual({ error: 'MISCONFIGURED' });
  });
});
