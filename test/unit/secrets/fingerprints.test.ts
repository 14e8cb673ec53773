import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiKeyFingerprint, createFingerprints } from '../../../server/secrets/fingerprints.js';
import { fixedKeys } from '../../support/fixedKeys.js';

const fingerprints = createFingerprints(fixedKeys('i1'));
const rotated = createFingerprints(fixedKeys('i2', 'i1'));

describe("a recipient's fingerprint", () => {
  it('is the same each time and holds nothing of the address', () => {
    const one = fingerprints.recipient('acme', '+573001234567');
    expect(fingerprints.recipient('acme', '+573001234567')).toBe(one);
    expect(one).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('differs for another recipient, workspace or key, and wherever the border between them is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (workspace, recipient, w2, r2) => {
        fc.pre(workspace !== w2 || recipient !== r2);
        expect(fingerprints.recipient(w2, r2)).not.toBe(fingerprints.recipient(workspace, recipient));
      }),
    );
    expect(fingerprints.recipient('ab', 'c')).not.toBe(fingerprints.recipient('a', 'bc'));
    expect(rotated.recipient('acme', 'a@b.c')).not.toBe(fingerprints.recipient('acme', 'a@b.c'));
  });

  it('is looked up under the older keys too after a rotation', () => {
    expect(rotated.recipientCandidates('acme', 'a@b.c')).toEqual([
      rotated.recipient('acme', 'a@b.c'),
      fingerprints.recipient('acme', 'a@b.c'),
    ]);
  });
});

describe("a subject's fingerprint", () => {
  it('is bound to its workspace and is never that of a recipient', () => {
    const one = fingerprints.subject('acme', 'user-1');
    expect(fingerprints.subject('acme', 'user-1')).toBe(one);
    expect(fingerprints.subject('acme', 'user-2')).not.toBe(one);
    expect(fingerprints.subject('other', 'user-1')).not.toBe(one);
    expect(fingerprints.recipient('acme', 'user-1')).not.toBe(one);
  });
});

describe("a request's fingerprint", () => {
  const stored = fingerprints.request('acme', '{"to":"a"}');

  it('is that of this request only', () => {
    expect(fingerprints.isSameRequest('acme', '{"to":"a"}', stored)).toBe(true);
    expect(fingerprints.isSameRequest('acme', '{"to":"b"}', stored)).toBe(false);
    expect(fingerprints.isSameRequest('other', '{"to":"a"}', stored)).toBe(false);
  });

  it('is recognised after a rotation', () => {
    expect(rotated.isSameRequest('acme', '{"to":"a"}', stored)).toBe(true);
    expect(fingerprints.isSameRequest('acme', '{"to":"a"}', rotated.request('acme', '{"to":"a"}'))).toBe(
      false,
    );
  });

  it('is never that of a recipient', () => {
    expect(fingerprints.request('acme', 'a@b.c')).not.toContain(fingerprints.recipient('acme', 'a@b.c'));
  });

  it('does not match what is no fingerprint', () => {
    fc.assert(
      fc.property(fc.string(), (other) => {
        expect(fingerprints.isSameRequest('acme', 'x', other)).toBe(false);
        expect(fingerprints.isSameRequest('acme', 'x', `i1.${other}`)).toBe(false);
      }),
    );
  });
});

describe("an API key's fingerprint", () => {
  it('is its SHA-256', () => {
    const key = 'sk_otp_test_0123456789';
    expect(apiKeyFingerprint(key)).toBe(createHash('sha256').update(key).digest('base64url'));
  });
});
