import { describe, expect, it } from 'vitest';
import { unfitForLine, unfitForMessage } from '../../../server/domain/messageText.js';

describe('a text of a message', () => {
  it.each(['Your code: <OTP>', 'línea\nsegunda', 'a\tb\r\nc', '代码 ‌ <OTP>', 'رمزك <OTP>', '👩‍👩‍👧 <OTP>'])(
    'may be %j',
    (text) => expect(unfitForMessage(text)).toBeUndefined(),
  );

  it.each([
    0x00, 0x01, 0x07, 0x08, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9f, 0x061c, 0x200e, 0x200f, 0x202a,
    0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
  ])('may not contain U+%i', (point) => {
    const text = `Your ${String.fromCodePoint(point)} code`;
    expect(unfitForMessage(text)).toMatch(/^must not contain control/);
    expect(unfitForLine(text)).toMatch(/^must not contain control/);
  });

  it.each(['a\nb', 'a\rb', 'a\tb', 'a\u2028b', 'a\u2029b'])('on one line may not be %j', (text) => {
    expect(unfitForLine(text)).toMatch(/^must not contain line ends/);
  });
});
