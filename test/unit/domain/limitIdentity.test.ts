import { describe, expect, it } from 'vitest';
import { limitIdentity } from '../../../server/domain/limitIdentity.js';
import { readRecipient } from '../../../server/domain/recipients.js';

const ofPhone = (text: string) => limitIdentity(readRecipient('sms', text)!.identity);
const ofEmail = (text: string) => limitIdentity(readRecipient('email', text)!.identity);

describe('what limits count a phone by', () => {
  it.each([
    ['+5215512345678', '+525512345678'],
    ['+5491123456789', '+541123456789'],
    ['+5511987654321', '+551187654321'],
    ['+57 (0)300 1234567', '+573001234567'],
    ['+56 0987654321', '+56987654321'],
    ['+2290197123456', '+22997123456'],
    ['+49 (0)17612345678', '+4917612345678'],
  ])('K9 %s and %s are one recipient', (one, other) => {
    expect(ofPhone(one)).toBe(ofPhone(other));
  });

  it.each([
    ['+5511923456789', '+551123456789'],
    ['+39066982123', '+3966982123'],
    ['+525512345678', '+525512345679'],
    ['+573001234567', '+573001234568'],
  ])('%s and %s are two', (one, other) => {
    expect(ofPhone(one)).not.toBe(ofPhone(other));
  });
});

describe('what limits count a mailbox by', () => {
  it.each([
    ['Ana@Example.com', 'ana@example.com'],
    ['ana+shop@example.com', 'ana@example.com'],
    ['A.na+x@GoogleMail.com', 'ana@gmail.com'],
  ])('%s and %s are one recipient', (one, other) => {
    expect(ofEmail(one)).toBe(ofEmail(other));
  });

  it.each([
    ['a.na@example.com', 'ana@example.com'],
    ['ana@example.com', 'ana@example.org'],
  ])('%s and %s are two', (one, other) => {
    expect(ofEmail(one)).not.toBe(ofEmail(other));
  });

  it('keeps a local part that is only a tag', () => {
    expect(ofEmail('+x@example.com')).toBe('+x@example.com');
  });
});
