import fc from 'fast-check';
import { version as uuidVersion, validate } from 'uuid';
import { describe, expect, it } from 'vitest';
import {
  createIds,
  crockfordToId,
  firstIdAt,
  idToCrockford,
  idToOtp,
  parseId,
} from '../../../server/domain/ids.js';
import { seededRandom } from '../../support/seededRandom.js';

const LATEST = 2 ** 48 - 1;
const at = (milliseconds: number) => ({ now: () => milliseconds });
const moments = fc.integer({ min: 0, max: LATEST });
const ids = fc
  .tuple(moments, fc.string())
  .map(([moment, seed]) => createIds(at(moment), seededRandom(seed))());
/** `text` with the letters at the positions of `flips` in the other case. */
const flip = (text: string, flips: readonly boolean[]) =>
  [...text].map((letter, i) => (flips[i] ? letter.toUpperCase() : letter.toLowerCase())).join('');

describe('an id', () => {
  it('is a UUID of version 7', () => {
    fc.assert(
      fc.property(ids, (id) => {
        expect(validate(id)).toBe(true);
        expect(uuidVersion(id)).toBe(7);
      }),
    );
  });

  it('spells the vector of RFC 9562 appendix A.6 in the known way', () => {
    const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';
    // Cross-checked by hand: the same 128 bits in groups of five, two zero bits first.
    const bits = `00${BigInt(`0x${id.replaceAll('-', '')}`)
      .toString(2)
      .padStart(128, '0')}`;
    const symbols = bits
      .match(/.{5}/g)!
      .map((group) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[Number.parseInt(group, 2)]);
    expect(idToOtp(id)).toBe(`otp_${symbols.join('')}`);
    expect(idToOtp(id)).toBe('otp_01FWHE4YDGFK1SHH6W1G60EECF');
  });

  it('reads back from both spellings', () => {
    fc.assert(
      fc.property(ids, (id) => {
        expect(parseId(id)).toBe(id);
        expect(parseId(idToOtp(id))).toBe(id);
        expect(idToOtp(id)).toMatch(/^otp_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
        expect(crockfordToId(idToCrockford(id))).toBe(id);
      }),
    );
  });

  it('reads back in any case of its letters', () => {
    fc.assert(
      fc.property(ids, fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }), (id, flips) => {
        expect(parseId(flip(id, flips))).toBe(id);
        expect(parseId(`otp_${flip(idToCrockford(id), flips)}`)).toBe(id);
      }),
    );
  });

  it('sorts after every earlier one of the same process, however many a millisecond has', () => {
    let now = 1_900_000_000_000;
    const make = createIds({ now: () => now }, seededRandom('order'));
    const made = Array.from({ length: 300 }, (_, i) => {
      if (i % 100 === 99) now++;
      return make();
    });
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((id) => parseId(id) === id)).toBe(true);
  });

  it('is at or after the first id of its millisecond and before that of the next', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LATEST - 1 }), fc.string(), (moment, seed) => {
        const id = createIds(at(moment), seededRandom(seed))();
        expect(id >= firstIdAt(moment) && id < firstIdAt(moment + 1)).toBe(true);
      }),
    );
  });

  it('sorts by the millisecond in both spellings', () => {
    fc.assert(
      fc.property(moments, moments, fc.string(), fc.string(), (one, other, seedOne, seedOther) => {
        fc.pre(one !== other);
        const first = createIds(at(Math.min(one, other)), seededRandom(seedOne))();
        const second = createIds(at(Math.max(one, other)), seededRandom(seedOther))();
        expect(first < second).toBe(true);
        expect(idToOtp(first) < idToOtp(second)).toBe(true);
      }),
    );
  });

  it('carries the time of the clock and the bytes of the random source', () => {
    const bytes = (n: number) => Buffer.alloc(n, 0xff);
    expect(createIds(at(0x0123456789ab), { bytes, int: () => 0 })()).toBe(
      // The counter takes the 32 bits after the version and the variant; here it begins at 0.
      '01234567-89ab-7000-8000-03ffffffffff',
    );
  });
});

describe('what is not an id', () => {
  const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';
  const otp = 'otp_01FWHE4YDGFK1SHH6W1G60EECF';

  it.each([
    '',
    'otp_',
    id.replaceAll('-', ''),
    `{${id}}`,
    `urn:uuid:${id}`,
    ` ${id}`,
    `${id}\n`,
    `otp_${id}`,
    otp.slice(4),
    `OTP_${otp.slice(4)}`,
    `${otp}0`,
    otp.slice(0, -1),
    otp.replace('E', 'I'),
    otp.replace('0', 'O'),
    otp.replace('1', 'L'),
    otp.replace('E', 'U'),
    otp.replace('E', '-'),
    // 130 bits: the first character may carry three.
    otp.replace('0', '8'),
    // Other versions and variants.
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d',
    '017f22e2-79b0-7cc3-d8c4-dc0c0c07398f',
    'otp_7ZZZZZZZZZZZZZZZZZZZZZZZZZ',
    // Characters that only become ASCII when their case is changed.
    otp.replace('K', '\u212a'),
  ])('%j is refused', (text) => {
    expect(parseId(text)).toBeUndefined();
  });

  it('is rejected in any shape, and what is accepted is one of the two spellings', () => {
    const near = fc
      .tuple(fc.constantFrom(id, otp), fc.nat(40), fc.string({ maxLength: 2 }))
      .map(([text, at, inserted]) => text.slice(0, at) + inserted + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const parsed = parseId(text);
        if (parsed === undefined) return;
        expect([parsed, idToOtp(parsed).slice(4).toLowerCase()]).toContain(
          text.toLowerCase().replace(/^otp_/, ''),
        );
      }),
    );
  });
});
