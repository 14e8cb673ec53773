import { describe, expect, it } from 'vitest';
import { createBoundPart, OTHERS, VALUES_EACH } from '../../../../server/admin/stats/parts.js';
import { DAY_MS } from '../../../../server/platform/durations.js';
import { ManualClock } from '../../../support/manualClock.js';

describe('values of a part', () => {
  const clock = new ManualClock(Date.UTC(2030, 0, 15));
  const bound = createBoundPart(clock);
  const purpose = (value: string, partition = 'acme.live') =>
    bound(partition, { by: 'purpose', value }).value;

  it('are counted each by itself as far as they are bounded, the rest together', () => {
    for (let n = 0; n < VALUES_EACH; n++) expect(purpose(`p${n}`)).toBe(`p${n}`);
    expect(purpose('one more')).toBe(OTHERS);
    expect(purpose('p0')).toBe('p0');
    // Each part and each workspace has its own.
    expect(bound('acme.live', { by: 'locale', value: 'es' }).value).toBe('es');
    expect(purpose('one more', 'other.live')).toBe('one more');
  });

  it('are counted each by itself again the next day', () => {
    clock.advance(DAY_MS);
    expect(purpose('one more')).toBe('one more');
  });
});
