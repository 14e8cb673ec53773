import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { nextAttemptAt } from '../../../server/webhooks/retrySchedule.js';
import { seededRandom } from '../../support/seededRandom.js';

const DAY = WEBHOOK_LIMITS.retryHours * 3_600_000;
const queuedAt = new Date(Date.UTC(2030, 0, 15));
const QUEUED = queuedAt.getTime();

describe('the next delivery attempt of an event', () => {
  const anything = {
    tries: fc.integer({ min: 1, max: 2_000 }),
    began: fc.integer({ min: 0, max: 2 * DAY }),
    took: fc.integer({ min: 0, max: 20_000 }),
    asked: fc.option(fc.integer({ min: 1, max: 10 * DAY }), { nil: undefined }),
    seed: fc.string(),
  };

  test.prop(anything)('is due, not at once and not after the end, until one began at the end', (given) => {
    const { tries, began, took, asked, seed } = given;
    const at = QUEUED + began;
    const next = nextAttemptAt(
      { queuedAt, tries },
      { at, retryAfterMs: asked },
      at + took,
      seededRandom(seed),
    );
    if (began >= DAY) {
      expect(next).toBeUndefined();
      return;
    }
    expect(next).toBeLessThanOrEqual(QUEUED + DAY);
    if (next !== QUEUED + DAY) {
      const wait = next! - at - took;
      const asks = Math.min(asked ?? 0, WEBHOOK_LIMITS.retryAfterSeconds * 1_000);
      expect(wait).toBeGreaterThanOrEqual(Math.max(WEBHOOK_LIMITS.firstWaitSeconds * 800, asks));
      expect(wait).toBeLessThanOrEqual(Math.max(WEBHOOK_LIMITS.longestWaitSeconds * 1_200, asks));
    }
  });
});
