import * as argon2 from 'argon2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../server/errors.js';
import { systemRandom } from '../../../../server/platform/random.js';
import { argon2Secret } from '../../../../server/secrets/hashing/argon2Hash.js';
import { createCodeHasher, type HashMode } from '../../../../server/secrets/hashing/codeHasher.js';
import { fixedKey, fixedKeys } from '../../../support/fixedKeys.js';

const CONTEXT = 'acme/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/sms';
const hasher = (mode: HashMode, ...peppers: string[]) =>
  createCodeHasher(mode, fixedKeys(...(peppers.length > 0 ? peppers : ['p1'])), systemRandom);
const MODES: readonly HashMode[] = ['argon2id', 'hmac'];

describe.each(MODES)('a hash made by %s', (mode) => {
  const codes = hasher(mode);

  it('is verified by its own code only', async () => {
    const hash = await codes.hash('012345', CONTEXT);
    expect(await codes.verify('012345', hash, CONTEXT)).toBe(true);
    for (const wrong of ['012346', '12345', '0123450', '', '012345 ', '٠١٢٣٤٥']) {
      expect(await codes.verify(wrong, hash, CONTEXT)).toBe(false);
    }
  });

  it('differs for equal codes', async () => {
    const hashes = await Promise.all([1, 2, 3].map(() => codes.hash('111111', CONTEXT)));
    expect(new Set(hashes).size).toBe(3);
  });

  it('does not verify for another session or channel', async () => {
    const hash = await codes.hash('012345', CONTEXT);
    for (const other of [CONTEXT.replace('sms', 'email'), CONTEXT.replace('acme', 'acne'), '']) {
      expect(await codes.verify('012345', hash, other)).toBe(false);
    }
  });

  it('does not verify with another pepper', async () => {
    const hash = await codes.hash('012345', CONTEXT);
    const relabelled = hash.replace('p1:', 'p2:');
    expect(await hasher(mode, 'p2', 'p1').verify('012345', relabelled, CONTEXT)).toBe(false);
  });

  it('still verifies after the pepper was rotated', async () => {
    const hash = await codes.hash('012345', CONTEXT);
    const rotated = hasher(mode, 'p2', 'p1');
    expect(await rotated.verify('012345', hash, CONTEXT)).toBe(true);
    expect(await rotated.hash('012345', CONTEXT)).toMatch(/^p2:\$/);
  });

  it('is an internal fault, not a wrong code, once its pepper is gone', async () => {
    const hash = await codes.hash('012345', CONTEXT);
    await expect(hasher(mode, 'p2').verify('012345', hash, CONTEXT)).rejects.toMatchObject({
      reason: 'INTERNAL',
      details: { cause: { message: expect.stringContaining('pepper') } },
    });
  });

  it('is verified by a hasher of the other mode', async () => {
    const other = hasher(mode === 'hmac' ? 'argon2id' : 'hmac');
    const hash = await codes.hash('012345', CONTEXT);
    expect(await other.verify('012345', hash, CONTEXT)).toBe(true);
    expect(await other.verify('012346', hash, CONTEXT)).toBe(false);
  });
});

describe('a hash that is none', () => {
  it('is an internal fault', async () => {
    const codes = hasher('hmac');
    const garbage = fc
      .oneof(
        fc.string(),
        fc.string().map((text) => `p1:${text}`),
      )
      .filter((text) => !text.includes('$'));
    await fc.assert(
      fc.asyncProperty(garbage, async (text) => {
        await expect(codes.verify('1234', text, CONTEXT)).rejects.toBeInstanceOf(Failure);
      }),
    );
  });
});

describe('an HMAC hash', () => {
  const codes = hasher('hmac');

  it('has the documented form', async () => {
    expect(await codes.hash('1234', CONTEXT)).toMatch(
      /^p1:\$hmac-sha256\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$/,
    );
  });

  it('does not verify when any one character of it was changed', async () => {
    const hash = await codes.hash('1234', CONTEXT);
    for (let at = 'p1:$hmac-sha256$'.length; at < hash.length; at++) {
      const changed = hash.slice(0, at) + (hash[at] === 'A' ? 'B' : 'A') + hash.slice(at + 1);
      expect(await codes.verify('1234', changed, CONTEXT)).toBe(false);
    }
  });

  it('distinguishes any two codes and contexts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.string(),
        async (code, context, code2, context2) => {
          const hash = await codes.hash(code, context);
          expect(await codes.verify(code2, hash, context2)).toBe(code === code2 && context === context2);
        },
      ),
    );
  });
});

describe('an argon2id hash', () => {
  const codes = hasher('argon2id');
  const secret = argon2Secret(fixedKey('p1').secret, CONTEXT);

  it('is a PHC string with the promised cost', async () => {
    expect(await codes.hash('1234', CONTEXT)).toMatch(
      /^p1:\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
  });

  it('P17 is verified by the package argon2, given the same secret', async () => {
    const phc = (await codes.hash('012345', CONTEXT)).slice('p1:'.length);
    expect(await argon2.verify(phc, '012345', { secret })).toBe(true);
    expect(await argon2.verify(phc, '012346', { secret })).toBe(false);
    expect(await argon2.verify(phc, '012345')).toBe(false);
  });

  it('P17 made by the package argon2 is verified here', async () => {
    const options = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
    const phc = await argon2.hash('012345', { ...options, secret });
    expect(await codes.verify('012345', `p1:${phc}`, CONTEXT)).toBe(true);
    expect(await codes.verify('012346', `p1:${phc}`, CONTEXT)).toBe(false);
    const unkeyed = await argon2.hash('012345', options);
    expect(await codes.verify('012345', `p1:${unkeyed}`, CONTEXT)).toBe(false);
  });
});
