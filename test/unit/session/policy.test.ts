import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { CHANNELS, type ChannelName } from '../../../server/domain/channels.js';
import { isSatisfied, type StrategyName } from '../../../server/session/policy.js';

const channels = fc.uniqueArray(fc.constantFrom(...CHANNELS), { minLength: 1, maxLength: 3 });
const strategy = fc.constantFrom<StrategyName>('ALL', 'ANY', 'SPECIFIC');

/** A policy, and which channels were verified. */
const standing = channels.chain((used) =>
  fc.record({
    used: fc.constant(used),
    required: fc.subarray(used, { minLength: 1 }),
    verified: fc.subarray(used),
  }),
);

describe('a policy', () => {
  test.prop([standing])(
    'ALL asks for every channel, ANY for one, SPECIFIC for the required ones',
    ({ used, required, verified }) => {
      const satisfied = (which: StrategyName) => isSatisfied(which, used, required, new Set(verified));
      expect(satisfied('ALL')).toBe(verified.length === used.length);
      expect(satisfied('ANY')).toBe(verified.length > 0);
      expect(satisfied('SPECIFIC')).toBe(required.every((name) => verified.includes(name)));
    },
  );

  test.prop([strategy, standing])(
    'that is satisfied stays so with more channels verified',
    (which, { used, required, verified }) => {
      const before = isSatisfied(which, used, required, new Set(verified));
      for (const more of used) {
        const after = isSatisfied(which, used, required, new Set([...verified, more]));
        expect(after || !before).toBe(true);
      }
    },
  );

  test.prop([strategy, standing])(
    'is never satisfied by nothing, and always by everything',
    (which, { used, required }) => {
      expect(isSatisfied(which, used, required, new Set())).toBe(false);
      expect(isSatisfied(which, used, required, new Set(used))).toBe(true);
    },
  );

  it('is the same for every strategy with one channel', () => {
    for (const which of ['ALL', 'ANY', 'SPECIFIC'] as const) {
      const only: readonly ChannelName[] = ['sms'];
      expect(isSatisfied(which, only, only, new Set(only))).toBe(true);
    }
  });
});
