import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../server/errors.js';
import { systemRandom } from '../../../server/platform/random.js';
import { createEncryption } from '../../../server/secrets/encryption.js';
import type { Place } from '../../../server/secrets/sealedFields.js';
import { fixedKeys } from '../../support/fixedKeys.js';

const encryption = createEncryption(fixedKeys('k1'), systemRandom);
const PLACE: Place = { collection: 'sessions', id: 'acme/1', field: 'channels.sms.address' };
/** A place of any names. */
const placed = (collection: string, id: string, field: string) => ({ collection, id, field }) as Place;
const text = fc.string({ unit: 'binary', maxLength: 300 });

/** The cause that the log gets; the caller sees INTERNAL and nothing else. */
function refusal(open: () => string): string {
  try {
    open();
  } catch (failure) {
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).reason).toBe('INTERNAL');
    return ((failure as Failure).details.cause as Error).message;
  }
  throw new Error('was opened');
}

describe('a sealed text', () => {
  it('opens any value where it was sealed for', () => {
    fc.assert(
      fc.property(text, text, text, text, (content, collection, id, field) => {
        const place = placed(collection, id, field);
        expect(encryption.open(place, encryption.seal(place, content))).toBe(content);
      }),
    );
  });

  it('opens in another process, however the documents alternate', () => {
    const places = ['sessions', 'contacts'].flatMap((collection) =>
      ['acme/1', 'acme/1', 'acme/2', 'acme/1'].map((id) => placed(collection, id, PLACE.field)),
    );
    const sealed = places.map((place, i) => encryption.seal(place, `text ${i}`));
    for (const [i, place] of places.entries()) {
      const fresh = createEncryption(fixedKeys('k1'), systemRandom);
      expect(fresh.open(place, sealed[i]!)).toBe(`text ${i}`);
    }
  });

  it('is one string that names version and key, and differs each time', () => {
    const sealed = Array.from({ length: 50 }, () => encryption.seal(PLACE, '+573001234567'));
    expect(new Set(sealed).size).toBe(50);
    for (const one of sealed) expect(one).toMatch(/^v1\.k1\.[A-Za-z0-9_-]+$/);
  });

  it('does not open in another collection, document or field', () => {
    const sealed = encryption.seal(PLACE, 'a');
    for (const change of [
      { collection: 'contacts' },
      { id: 'acme/2' },
      { field: 'channels.email.address' },
    ]) {
      expect(refusal(() => encryption.open({ ...PLACE, ...change } as Place, sealed))).toMatch(
        /was changed, or sealed for another document or field$/,
      );
    }
  });

  it('does not open in any place that only looks the same when its names are joined', () => {
    fc.assert(
      fc.property(text, text, fc.string({ minLength: 1 }), fc.nat(), (content, collection, rest, cut) => {
        const at = cut % rest.length;
        const place = placed(collection, rest.slice(0, at), rest.slice(at));
        const other = placed(collection, rest.slice(0, at + 1), rest.slice(at + 1));
        refusal(() => encryption.open(other, encryption.seal(place, content)));
      }),
    );
  });

  it('does not open when any one character was changed', () => {
    const sealed = encryption.seal(PLACE, 'ana@example.com');
    for (let at = 0; at < sealed.length; at++) {
      for (const other of ['A', 'B', '.', '=', '!']) {
        if (sealed[at] === other) continue;
        refusal(() => encryption.open(PLACE, sealed.slice(0, at) + other + sealed.slice(at + 1)));
      }
    }
  });

  it('does not open when it was cut or lengthened', () => {
    const sealed = encryption.seal(PLACE, 'ana@example.com');
    for (let length = 0; length < sealed.length; length++) {
      refusal(() => encryption.open(PLACE, sealed.slice(0, length)));
    }
    for (const more of ['A', 'AAAA', '=', '.', '.A', '\n'])
      refusal(() => encryption.open(PLACE, sealed + more));
  });

  it('is refused, never crashed on, when it is anything else', () => {
    fc.assert(fc.property(fc.string(), (other) => void refusal(() => encryption.open(PLACE, other))));
  });

  it('still opens after the key was rotated, and not once its key is gone', () => {
    const sealed = encryption.seal(PLACE, 'a');
    const rotated = createEncryption(fixedKeys('k2', 'k1'), systemRandom);
    expect(rotated.open(PLACE, sealed)).toBe('a');
    expect(rotated.seal(PLACE, 'a')).toMatch(/^v1\.k2\./);
    const gone = createEncryption(fixedKeys('k2'), systemRandom);
    expect(refusal(() => gone.open(PLACE, sealed))).toBe(
      'sessions.channels.sms.address is sealed with key k1, which is not in the key ring',
    );
  });

  it('names the field in the log, but neither the document nor the text', () => {
    const message = refusal(() =>
      encryption.open({ ...PLACE, id: 'acme/79.123.456' }, encryption.seal(PLACE, 'secret')),
    );
    expect(message).toContain('sessions.channels.sms.address');
    expect(message).not.toMatch(/79\.123|secret/);
  });
});
