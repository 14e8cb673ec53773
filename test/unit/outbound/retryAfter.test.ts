import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../server/outbound/retryAfter.js';

const NOW = Date.UTC(2030, 0, 15, 12);

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['Tue, 15 Jan 2030 12:00:30 GMT', 30_000],
    ['0', undefined],
    ['Tue, 15 Jan 2030 12:00:00 GMT', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    [null, undefined],
  ])('%s', (header, wait) => expect(retryAfterMs(header, NOW)).toBe(wait));
});
