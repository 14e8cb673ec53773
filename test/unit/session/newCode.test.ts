import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../server/platform/random.js';
import { newCode } from '../../../server/session/newCode.js';
import { seededRandom } from '../../support/seededRandom.js';

const LENGTHS = [4, 5, 6, 7, 8] as const;

describe('a code', () => {
  it('has exactly the digits asked for, leading zeros included', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LENGTHS), fc.string(), (length, seed) => {
        expect(newCode(length, seededRandom(seed))).toMatch(new RegExp(`^[0-9]{${length}}$`));
      }),
    );
    expect(newCode(6, { ...systemRandom, int: () => 7 })).toBe('000007');
  });

  it.each([3, 9, 0, -1, 4.5, Number.NaN])('is refused with %s digits', (length) => {
    expect(() => newCode(length, systemRandom)).toThrow(RangeError);
  });

  it('exists once for every number the random source can draw, and for no other', () => {
    const bounds: number[] = [];
    const codes = new Set<string>();
    for (let drawn = 0; drawn < 10_000; drawn++) {
      const int = (maxExclusive: number) => {
        bounds.push(maxExclusive);
        return drawn;
      };
      codes.add(newCode(4, { ...systemRandom, int }));
    }
    expect(codes.size).toBe(10_000);
    expect(new Set(bounds)).toEqual(new Set([10_000]));
  });

  it.each(LENGTHS)('of %i digits shows every digit equally often at every place', (length) => {
    const random = seededRandom('uniform');
    const draws = 20_000;
    const counts = Array.from({ length }, () => new Array<number>(10).fill(0));
    for (let draw = 0; draw < draws; draw++) {
      [...newCode(length, random)].forEach((digit, place) => {
        counts[place]![Number(digit)]!++;
      });
    }
    const expected = draws / 10;
    for (const place of counts) {
      const chiSquare = place.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // Nine degrees of freedom: a fair source stays below 27.9 in 999 of 1000 runs, and the seed is fixed.
      expect(chiSquare).toBeLessThan(27.9);
    }
  });
});

describe('the system random source', () => {
  it('hands out bytes that the next call does not touch', () => {
    const first = systemRandom.bytes(16);
    const copy = Buffer.from(first);
    for (let call = 0; call < 1000; call++) systemRandom.bytes(16);
    expect(first).toEqual(copy);
  });

  it('never repeats itself across its pages', () => {
    const seen = new Set<string>();
    for (let call = 0; call < 5000; call++) seen.add(systemRandom.bytes(16).toString('hex'));
    expect(seen.size).toBe(5000);
  });

  it('fills requests of any size', () => {
    for (const size of [0, 1, 4095, 4096, 4097, 100_000]) expect(systemRandom.bytes(size)).toHaveLength(size);
    expect(systemRandom.bytes(100_000).every((byte) => byte === 0)).toBe(false);
  });

  it('draws whole numbers below the bound', () => {
    const drawn = new Set(Array.from({ length: 500 }, () => systemRandom.int(3)));
    expect(drawn).toEqual(new Set([0, 1, 2]));
  });
});
