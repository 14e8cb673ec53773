import { describe, expect, it } from 'vitest';
import { promiseTestsIn } from '../../tools/docs/promiseTests.js';

const found = (source: string) => promiseTestsIn(source);
const one = (skipped: boolean) => [{ id: 'A1', title: 'x', skipped }];

describe('tests of promises in a file', () => {
  it.each([
    "it('A1 x', () => {})",
    'test("A1 x", async () => {})',
    'it(`A1 x`, () => {})',
    "it.each([1, 2])('A1 x', (n: number) => {})",
    "it.each`a | b`('A1 x', () => {})",
    "it.concurrent('A1 x', () => {})",
    "describe('a', () => { describe('b', () => { it('A1 x', () => {}) }) })",
    "eachEngine((engine) => { it('A1 x', () => {}) })",
    "for (const n of [1]) it('A1 x', () => {})",
  ])('are found in %s', (source) => expect(found(source)).toEqual(one(false)));

  it('are of every id that a title begins with', () => {
    const ids = (title: string) => found(`it('${title}', () => {})`).map(({ id }) => id);
    expect(ids('A1, B2, P3 x')).toEqual(['A1', 'B2', 'P3']);
    expect(ids('client C4 x')).toEqual(['client C4']);
    expect(ids('A1 x, B2 y')).toEqual(['A1']);
  });

  it.each([
    "it.skip('A1 x', () => {})",
    "it.todo('A1 x')",
    "it.skip.each([1])('A1 x', () => {})",
    "it.skipIf(true)('A1 x', () => {})",
    "it.runIf(false)('A1 x', () => {})",
    "it.fails('A1 x', () => {})",
    "describe.skip('a', () => { it('A1 x', () => {}) })",
    "describe.skip('a', () => { describe('b', () => { it('A1 x', () => {}) }) })",
    "describeWithMongo('a', () => { it('A1 x', () => {}) })",
    "onMongodb(() => { it('A1 x', () => {}) })",
  ])('are found, and found not to be run for certain, in %s', (source) =>
    expect(found(source)).toEqual(one(true)),
  );

  it.each([
    "it('shows A1 x', () => {})",
    "it('a1 x', () => {})",
    "it('A1x', () => {})",
    "it('D1 x', () => {})",
    "describe('A1 x', () => {})",
    "// it('A1 x', () => {})",
    "expect('A1 x')",
    'const text = "it(\'A1 x\', () => {})"',
  ])('are not found in %s', (source) => expect(found(source)).toEqual([]));

  it('are listed one by one, without what differs from run to run', () => {
    expect(found(`it('A1 x', f); it(\`B2 \${n} of \${m}\`, f)`)).toEqual([
      { id: 'A1', title: 'x', skipped: false },
      { id: 'B2', title: '… of …', skipped: false },
    ]);
  });
});
