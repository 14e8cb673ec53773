import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { promiseTests } from '../../tools/docs/promiseTests.js';
import { PROMISES } from './support/promises.js';
import { REAL_WORLD_INPUT } from './support/realWorldInput.js';

const NAMED = { ...PROMISES, ...REAL_WORLD_INPUT };
const numbered = (letter: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${letter}${n + 1}`);
const tests = [...promiseTests().values()].flat();

describe('what the documents promise', () => {
  it.each(Object.entries(NAMED))('%s is shown by a test that is run: %s', (id) => {
    expect(tests.filter((test) => test.id === id && !test.skipped)).not.toEqual([]);
  });

  it('has a row for every kind of real-world input, and the page lists each with its tests', async () => {
    const ids = [...numbered('K', 13), ...numbered('P', 17), ...numbered('client C', 7)];
    expect(Object.keys(REAL_WORLD_INPUT)).toEqual(ids);
    const page = await readFile('docs/reference/promises.md', 'utf8');
    const rows = page
      .slice(page.indexOf('## Real-world input'))
      .split('\n')
      .flatMap((line) => /^\| ([KP]\d+|client C\d+) \|.*\.test\.ts\)/.exec(line)?.[1] ?? []);
    expect(rows).toEqual(ids);
  });

  it('is all that tests are named after', () => {
    expect(tests.filter(({ id }) => !Object.hasOwn(NAMED, id))).toEqual([]);
  });
});
