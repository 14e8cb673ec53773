import { describe, expect, it } from 'vitest';
import { findings } from './support/finding.js';

const find = (value: string, content: string | Buffer) =>
  findings([{ kind: 'it', value }], { there: content }).length > 0;
const KEY = 'sk_otp_live_abcDEF123456';

describe('a secret is found', () => {
  it.each([
    ['as it is', `key=${KEY};`],
    ['in another case', `key=${KEY.toUpperCase()};`],
    ['in hex', Buffer.from(`xx${KEY}yy`).toString('hex')],
    ['in base64', Buffer.from(KEY).toString('base64')],
    ['in base64, one byte later', Buffer.from(`x${KEY} and more`).toString('base64')],
    ['in base64url, two bytes later', Buffer.from(`xy${KEY} and more`).toString('base64url')],
    [
      'among bytes that are no text',
      Buffer.concat([Buffer.from([0, 255, 200]), Buffer.from(KEY), Buffer.from([1])]),
    ],
  ])('%s', (_how, content) => {
    expect(find(KEY, content)).toBe(true);
  });

  it('and a code where it stands alone, not where its digits happen to be', () => {
    expect(find('402917', 'the code is 402917.')).toBe(true);
    expect(find('402917', '{"code":402917}')).toBe(true);
    expect(find('402917', Buffer.from('code 402917').toString('hex'))).toBe(true);
    expect(find('402917', 'at 14029171 or a402917f')).toBe(false);
  });

  it('and nothing else is', () => {
    expect(
      find(KEY, `${KEY.slice(0, -1)}7 ${Buffer.from('sk_otp_live_abcDEF123457').toString('base64')}`),
    ).toBe(false);
  });
});
