import type { Chooser } from './chooser.js';

/** Texts that have broken services before. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\u202e\u200b\ufeff',
  '😀'.repeat(40),
  'e\u0301'.repeat(40),
  '１２３４５６',
  '١٢٣٤٥٦',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  '/',
  '%00',
  '%2e%2e%2f',
  "'; DROP TABLE sessions; --",
  '{"$gt":""}',
  '$where',
  '{{ code }}{% include "x" %}',
  '#{7*7}',
  '<script>alert(1)</script>',
  'x\r\nX-Injected: 1',
  'null',
  'undefined',
  'NaN',
  '0',
  '-1',
  '1e999',
  '9007199254740993',
  '+',
  '+1',
  '@',
  'a@b',
  `${'a'.repeat(64)}@${'b'.repeat(63)}.example`,
  'x'.repeat(65),
  'x'.repeat(129),
  'x'.repeat(255),
  'x'.repeat(3_000),
  '+'.repeat(300),
  `${'('.repeat(200)}${')'.repeat(200)}`,
  '123456',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  `otp_${'Z'.repeat(26)}`,
  `otvt_${'0'.repeat(58)}`,
  'eyJhbGciOiJub25lIn0.e30.',
  '2030-01-15T12:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
];

const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  1e21,
  -1e21,
  1.7976931348623157e308,
  5e-324,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  2 ** 63,
  2 ** 64,
];

/** Keys that mean something to JavaScript or to a database. */
export const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'length',
  '$set',
  '$where',
  'a.b',
  '',
  '0',
  '\u0000',
  'x'.repeat(500),
];

export const junkWord = (choose: Chooser): string => choose.pick(TEXTS);

/** Any JSON value, most of them of the wrong kind wherever they are put. */
export function junkValue(choose: Chooser, depth = 0): unknown {
  const inner = () => (depth > 3 ? null : junkValue(choose, depth + 1));
  return choose.weighted<unknown>([
    [8, () => junkWord(choose)],
    [4, () => choose.pick(NUMBERS)],
    [3, () => choose.pick([true, false, null])],
    [2, () => []],
    [2, () => ({})],
    [2, () => Array.from({ length: 1 + choose.int(4) }, inner)],
    [1, () => Array(500).fill('x')],
    [3, () => Object.fromEntries([[choose.pick(KEYS), inner()]])],
    [1, () => nested(20 + choose.int(200))],
  ]);
}

const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

/** Bodies that are hardly JSON, or too much of it. */
export const junkBody = (choose: Chooser): Buffer =>
  choose.weighted<Buffer>([
    [4, () => choose.bytes(choose.int(200))],
    [
      10,
      () =>
        Buffer.from(
          choose.pick([
            '',
            ' ',
            'null',
            'true',
            '0',
            '"text"',
            '[]',
            '[{}]',
            '{',
            '{"a":',
            '}{',
            '{}{}',
            '{"a":1e999}',
            '{"a":-0}',
            `{"a":${'9'.repeat(3_000)}}`,
            '{"a":1,"a":2}',
            "{'a':1}",
            '{"a":undefined}',
            '{"\\u0000":"\\ud800"}',
            '\ufeff{}',
            '{"__proto__":{"polluted":true}}',
            '{"constructor":{"prototype":{"polluted":true}}}',
          ]),
        ),
    ],
    [1, () => Buffer.from('['.repeat(30_000))],
    [1, () => Buffer.from(`${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`)],
    [1, () => Buffer.from(`{"a":"${'x'.repeat(60_000)}"}`)],
    [1, () => Buffer.from(`{"a":"${'x'.repeat(70_000)}"}`)],
    [1, () => Buffer.from(`{${Array.from({ length: 2_000 }, (_, i) => `"k${i}":${i}`).join()}}`)],
    [2, () => Buffer.concat([Buffer.from('{"a":"'), choose.bytes(20), Buffer.from('"}')])],
  ]);

/** A JSON value with one to three things in it changed. */
export function mutated(value: unknown, choose: Chooser): unknown {
  let result = value;
  for (let i = 1 + choose.int(3); i > 0; i--) result = changed(result, choose);
  return result;
}

function changed(value: unknown, choose: Chooser): unknown {
  if (typeof value !== 'object' || value === null || choose.chance(8)) return junkValue(choose);
  if (Array.isArray(value)) {
    if (value.length === 0 || choose.chance(30)) return [...value, junkValue(choose)];
    const at = choose.int(value.length);
    return value.map((one, index) => (index === at ? changed(one, choose) : one));
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || choose.chance(15))
    return Object.fromEntries([...entries, [choose.pick(KEYS), junkValue(choose)]]);
  const [name] = choose.pick(entries);
  if (choose.chance(25)) return Object.fromEntries(entries.filter(([one]) => one !== name));
  return Object.fromEntries(
    entries.map(([one, inner]) => [one, one === name ? changed(inner, choose) : inner]),
  );
}

/** Bytes with a few of them changed, cut off or doubled. */
export function corrupted(bytes: Buffer, choose: Chooser): Buffer {
  if (bytes.length === 0) return choose.bytes(1 + choose.int(8));
  let result = bytes;
  for (let i = 1 + choose.int(3); i > 0 && result.length > 0; i--) {
    const at = choose.int(result.length);
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    const some = after.subarray(0, 1 + choose.int(12));
    result = choose.weighted([
      [3, () => Buffer.concat([before, choose.bytes(1), after.subarray(1)])],
      [2, () => Buffer.concat([before, choose.bytes(1 + choose.int(4)), after])],
      [2, () => Buffer.concat([before, after.subarray(some.length)])],
      [2, () => Buffer.concat([before, some, after])],
      [1, () => before],
    ]);
  }
  return result;
}
