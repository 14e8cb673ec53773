import { describe, expect, it } from 'vitest';
import { promiseTests } from '../../tools/docs/promiseTests.js';
import { PROMISES } from './support/promises.js';
import { REAL_WORLD_INPUT } from './support/realWorldInput.js';

const NAMED = { ...PROMISES, ...REAL_WORLD_INPUT };
const tests = [...promiseTests().values()].flat();

describe('what the documents promise', () => {
  it.each(Object.entries(NAMED))('%s is shown by a test that is run: %s', (id) => {
    expect(tests.filter((test) => test.id === id && !test.skipped)).not.toEqual([]);
  });

  it('is all that tests are named after', () => {
    expect(tests.filter(({ id }) => !Object.hasOwn(NAMED, id))).toEqual([]);
  });
});
