import { describe, expect, it } from 'vitest';
import { hashConcurrency, openHashPool } from '../../../../server/secrets/hashing/hashPool.js';

describe('the open pool, for hashes that cost nothing', () => {
  it('admits every caller and makes none wait', async () => {
    const slots = Array.from({ length: 1000 }, () => openHashPool.enter({ workspace: 'a', client: 'key' }));
    let began = 0;
    const endless = () => {
      began++;
      return new Promise(() => {});
    };
    for (const slot of slots) void slot.run(endless);
    expect(began).toBe(1000);
    for (const slot of slots) slot.leave();
    expect(openHashPool.counts()).toEqual({ running: 0, waiting: 0, entered: 0, refused: 0 });
  });
});

describe('the number of hashes at once', () => {
  it.each([
    [1, 4, 1],
    [2, 4, 2],
    [16, 4, 3],
    [16, 32, 16],
    [4, 1, 1],
  ])('%i processors and %i threads: %i', (processors, threads, expected) => {
    expect(hashConcurrency(processors, threads)).toBe(expected);
  });
});
