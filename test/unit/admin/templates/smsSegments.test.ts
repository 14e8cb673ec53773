import { expect, it } from 'vitest';
import { smsSegments } from '../../../../server/admin/templates/smsSegments.js';

it.each([
  ['', 'GSM7', 1],
  ['a'.repeat(160), 'GSM7', 1],
  ['a'.repeat(161), 'GSM7', 2],
  ['a'.repeat(306), 'GSM7', 2],
  ['a'.repeat(307), 'GSM7', 3],
  // Each takes two places.
  ['€'.repeat(80), 'GSM7', 1],
  ['€'.repeat(81), 'GSM7', 2],
  // 153 is odd: the second place of an escaped character never opens the next part.
  [`${'a'.repeat(152)}€${'a'.repeat(151)}`, 'GSM7', 2],
  [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 'GSM7', 3],
  ['Ñandú ¿qué?', 'UCS2', 1],
  ['Ñandu ¿qué?', 'GSM7', 1],
  ['ó'.repeat(70), 'UCS2', 1],
  ['ó'.repeat(71), 'UCS2', 2],
  ['ó'.repeat(134), 'UCS2', 2],
  ['ó'.repeat(135), 'UCS2', 3],
  ['👍'.repeat(35), 'UCS2', 1],
  ['👍'.repeat(36), 'UCS2', 2],
  // 67 is odd: a pair of surrogates is never split.
  ['👍'.repeat(66), 'UCS2', 2],
  ['👍'.repeat(67), 'UCS2', 3],
])('%j travels as %s in %i', (text, encoding, segments) => {
  expect(smsSegments(text)).toEqual({ encoding, segments });
});
