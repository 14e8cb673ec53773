import { describe, expect, it } from 'vitest';
import { createBoundedMap } from '../../../server/platform/boundedMap.js';

describe('a bounded map', () => {
  it('evicts the entry that was set longest ago when a new key does not fit', () => {
    const map = createBoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 2, 3]);
    expect(map.size).toBe(2);
  });

  it('counts an entry that is set again as the newest, and reading as nothing', () => {
    const map = createBoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    map.get('b');
    map.set('c', 4);
    expect([map.get('a'), map.has('b'), map.get('c')]).toEqual([3, false, 4]);
  });

  it('evicts nothing when a known key is set again, and makes room by deleting', () => {
    const map = createBoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('b', 3);
    expect([map.get('a'), map.get('b')]).toEqual([1, 3]);
    map.delete('a');
    map.set('c', 4);
    expect([map.has('a'), map.get('b'), map.get('c')]).toEqual([false, 3, 4]);
  });
});
