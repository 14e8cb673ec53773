import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { CHANNELS, type ChannelName } from '../../../server/domain/channels.js';
import {
  arrangeFallback,
  type FallbackStep,
  releaseFallback,
  remainingSteps,
} from '../../../server/session/fallback.js';
import { queueMessage, withDeliveries } from '../../../server/session/messages.js';
import type { StoredChannel, StoredSession } from '../../../server/session/stored.js';
import type { StoredDelivery } from '../../../server/session/storedDelivery.js';

const NOW = Date.UTC(2030, 0, 15, 12);
const NEVER = NOW + 3_600_000;

type Channels = StoredSession['channels'];

/** A session's channels, some sent to at once and the others in steps, in any order. */
const workflow = fc
  .record({
    order: fc.shuffledSubarray([...CHANNELS], { minLength: 1 }),
    atOnce: fc.integer({ min: 1, max: 3 }),
    waits: fc.array(fc.integer({ min: 10_000, max: 600_000 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ order, atOnce, waits }) => ({
    atOnce: order.slice(0, atOnce),
    steps: order
      .slice(atOnce)
      .map((channel, index): FallbackStep => ({ channel, afterMs: waits[index] as number })),
  }));
type Workflow = { readonly atOnce: readonly ChannelName[]; readonly steps: readonly FallbackStep[] };

function opened({ atOnce, steps }: Workflow, expiresAt = NEVER): Channels {
  const names = [...atOnce, ...steps.map(({ channel }) => channel)];
  const deliveries = new Map(names.map((name) => [name, queueMessage('sealed', 1, NOW)] as const));
  return Object.fromEntries(
    [...arrangeFallback(deliveries, steps, { now: NOW, expiresAt })].map(([name, delivery]) => [
      name,
      { state: 'PENDING', delivery } as StoredChannel,
    ]),
  );
}

const dueOf = (channels: Channels, name: ChannelName): number | undefined =>
  channels[name]?.delivery.dueAt?.getTime();

/** The channels once a message has ended in this state, and the channels that waited for it are released. */
function ended(channels: Channels, name: ChannelName, state: StoredDelivery['state'], now: number): Channels {
  const { dueAt: _done, waits: _over, ...delivery } = channels[name]!.delivery;
  const after = withDeliveries(channels, new Map([[name, { ...delivery, state }]]));
  return withDeliveries(after, releaseFallback(after, now));
}

describe('a fallback', () => {
  test.prop([workflow])('sends to those without a step at once, to the others at their waits', (wanted) => {
    const channels = opened(wanted);
    for (const name of wanted.atOnce) {
      expect(channels[name]?.delivery).toEqual(queueMessage('sealed', 1, NOW));
    }
    let dueAt = NOW;
    for (const { channel, afterMs } of wanted.steps) {
      dueAt += afterMs;
      expect(dueOf(channels, channel)).toBe(dueAt);
    }
  });

  test.prop([workflow, fc.integer({ min: 0, max: 600_000 })])(
    'leaves thirty seconds of every code, where there are as many',
    (wanted, lifeMs) => {
      const channels = opened(wanted, NOW + lifeMs);
      for (const { channel } of wanted.steps) {
        const dueAt = dueOf(channels, channel)!;
        expect(dueAt).toBeGreaterThanOrEqual(NOW);
        expect(dueAt).toBeLessThanOrEqual(Math.max(NOW, NOW + lifeMs - 30_000));
      }
    },
  );

  test.prop([workflow])('keeps its steps, in their order', (wanted) => {
    expect(remainingSteps(opened(wanted))).toEqual(wanted.steps);
  });

  test.prop([workflow])('arrangeFallback again is the same', (wanted) => {
    const channels = opened(wanted);
    const deliveries = new Map(
      Object.entries(channels).map(([name, { delivery }]) => [name as ChannelName, delivery]),
    );
    expect(arrangeFallback(deliveries, remainingSteps(channels), { now: NOW, expiresAt: NEVER })).toEqual(
      deliveries,
    );
  });

  test.prop([workflow, fc.shuffledSubarray([...CHANNELS]), fc.integer({ min: 1, max: 9_000 })])(
    'releases a channel exactly when all it waits for have failed, in any order of failures',
    (wanted, failing, apart) => {
      let channels = opened(wanted);
      const failed = new Set<ChannelName>();
      let now = NOW;
      for (const name of failing) {
        // What still waits was not tried, so it cannot fail.
        if (!channels[name] || channels[name].delivery.waits) continue;
        now += apart;
        failed.add(name);
        channels = ended(channels, name, 'FAILED', now);
        let before: readonly ChannelName[] = wanted.atOnce;
        for (const { channel, afterMs } of wanted.steps) {
          const { waits } = channels[channel]!.delivery;
          expect(waits === undefined).toBe(before.every((one) => failed.has(one)));
          // Nothing is put off by a failure, and what is free leaves at once or has left.
          if (waits) expect(dueOf(channels, channel)).toBeLessThanOrEqual(NOW + sumTo(wanted.steps, channel));
          else if (!failed.has(channel)) expect(dueOf(channels, channel)).toBeLessThanOrEqual(now);
          if (waits) expect(waits.ms).toBe(afterMs);
          before = [channel];
        }
      }
    },
  );

  test.prop([workflow.filter(({ steps }) => steps.length === 2), fc.integer({ min: 1, max: 9_000 })])(
    'a step taken early is followed by the next after the wait of that one',
    (wanted, afterMs) => {
      const [first, second] = wanted.steps as [FallbackStep, FallbackStep];
      const now = NOW + afterMs;
      const channels = wanted.atOnce.reduce(
        (before, name) => ended(before, name, 'FAILED', now),
        opened(wanted),
      );
      expect(channels[first.channel]?.delivery).toMatchObject({
        dueAt: new Date(now),
        freedAt: new Date(now),
      });
      expect(dueOf(channels, second.channel)).toBe(now + second.afterMs);
    },
  );

  test.prop([workflow])('a message that is accepted sets nothing free', (wanted) => {
    const channels = opened(wanted);
    const after = wanted.atOnce.reduce((before, name) => ended(before, name, 'ACCEPTED', NOW + 1), channels);
    expect(remainingSteps(after)).toEqual(wanted.steps);
  });

  it('is nothing to messages that are not sent at all', () => {
    const sandbox = new Map<ChannelName, StoredDelivery>([
      ['email', { n: 1, state: 'NOT_SENT', triesLeft: 0 }],
      ['sms', { n: 1, state: 'NOT_SENT', triesLeft: 0 }],
    ]);
    expect(
      arrangeFallback(sandbox, [{ channel: 'sms', afterMs: 10_000 }], { now: NOW, expiresAt: NEVER }),
    ).toEqual(sandbox);
  });
});

function sumTo(steps: readonly FallbackStep[], channel: ChannelName): number {
  const index = steps.findIndex((one) => one.channel === channel);
  return steps.slice(0, index + 1).reduce((sum, { afterMs }) => sum + afterMs, 0);
}
