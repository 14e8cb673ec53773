import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIds, idToCrockford } from '../../../../server/domain/ids.js';
import { createVerificationTokens } from '../../../../server/secrets/tokens/verificationToken.js';
import { fixedKeys } from '../../../support/fixedKeys.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';

const tokens = createVerificationTokens(fixedKeys('t1'));
const random = seededRandom('sessions');
const ids = fc.noShrink(fc.nat()).map((ms) => createIds(new ManualClock(ms * 1000), random)());
const ID = createIds(new ManualClock(), random)();

describe('a verification token', () => {
  it('has the documented form, names its session and is the same each time', () => {
    fc.assert(
      fc.property(ids, fc.string(), (id, workspace) => {
        const token = tokens.make(workspace, id);
        expect(token).toMatch(/^otvt_[0-9A-Za-z]{58}$/);
        expect(token.slice(5, 31)).toBe(idToCrockford(id));
        expect(tokens.make(workspace, id)).toBe(token);
        expect(tokens.check(workspace, token)).toBe(id);
      }),
    );
  });

  it('proves nothing in another workspace', () => {
    expect(tokens.check('other', tokens.make('acme', ID))).toBeUndefined();
  });

  it('proves nothing about another session', () => {
    const [one, other] = [
      tokens.make('acme', ID),
      tokens.make('acme', createIds(new ManualClock(), random)()),
    ];
    expect(tokens.check('acme', one.slice(0, 31) + other.slice(31))).toBeUndefined();
  });

  it('is refused when any one character was changed, case included', () => {
    const token = tokens.make('acme', ID);
    for (let at = 0; at < token.length; at++) {
      const letter = token[at]!;
      const flipped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
      for (const other of ['0', 'z', '_', flipped]) {
        if (other === letter) continue;
        expect(tokens.check('acme', token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined();
      }
    }
  });

  it('is refused when it was cut, lengthened or made up', () => {
    const token = tokens.make('acme', ID);
    for (const other of [
      '',
      'otvt_',
      token.slice(0, -1),
      `${token}0`,
      ` ${token}`,
      `${token}\n`,
      token.slice(5),
    ]) {
      expect(tokens.check('acme', other)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Za-z]{58}$/), (made) => {
        expect(tokens.check('acme', `otvt_${made}`)).toBeUndefined();
      }),
    );
  });

  it('is still accepted after the key was rotated, and a new one is made with the new key', () => {
    const rotated = createVerificationTokens(fixedKeys('t3', 't2', 't1'));
    expect(rotated.check('acme', tokens.make('acme', ID))).toBe(ID);
    expect(rotated.make('acme', ID)).not.toBe(tokens.make('acme', ID));
    expect(tokens.check('acme', rotated.make('acme', ID))).toBeUndefined();
  });

  it('uses every base62 digit equally often at every place of its proof', () => {
    const count = 6_200;
    const places = Array.from({ length: 32 }, () => new Map<string, number>());
    for (let made = 0; made < count; made++) {
      const proof = tokens.make(`w${made}`, ID).slice(31);
      [...proof].forEach((digit, place) => {
        places[place]!.set(digit, (places[place]!.get(digit) ?? 0) + 1);
      });
    }
    for (const place of places) {
      expect(place.size).toBe(62);
      const chiSquare = [...place.values()].reduce(
        (sum, seen) => sum + (seen - count / 62) ** 2 / (count / 62),
        0,
      );
      // 61 degrees of freedom: 999 of 1000 fair places stay below 100.9; keys and inputs are fixed.
      expect(chiSquare).toBeLessThan(110);
    }
  });
});
