import { describe, expect, it } from 'vitest';
import { idToOtp } from '../../../../server/domain/ids.js';
import { outcomeBody } from '../../../../server/gateway/messaging/outcomes.js';

const ID = '01b92571-ea00-7364-beaf-9da32d157d3c';

describe('the outcome of a verification', () => {
  it.each([ID, ID.toUpperCase(), idToOtp(ID), 'feab6011-2469-4804-ace5-ee9dcb5b9ef2'])(
    'repeats the id %s',
    (id) => {
      expect(outcomeBody('NOT_FOUND', id).data.sessionId).toBe(id);
    },
  );

  it.each([
    ['a session token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['an API key', `sk_otp_live_${'A'.repeat(43)}`],
    ['an address', 'ana@example.com'],
    ['a phone', '+573001234542'],
    ['a code', '123456'],
    ['an id and more', `${ID} 123456`],
  ])('does not repeat %s in the place of an id', (_what, text) => {
    for (const status of ['NOT_FOUND', 'INVALID'] as const)
      expect(JSON.stringify(outcomeBody(status, text))).not.toContain(text);
    expect(outcomeBody('NOT_FOUND', text).data.sessionId).toBe('');
  });
});
