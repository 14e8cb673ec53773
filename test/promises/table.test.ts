import { describe, expect, it } from 'vitest';
import { promiseTests } from '../../tools/docs/promiseTests.js';
import { PROMISES } from './support/promises.js';

const tests = [...promiseTests().values()].flat();

describe('what the documents promise', () => {
  it.each(Object.entries(PROMISES))('%s is shown by a test that is run: %s', (id) => {
    expect(tests.filter((test) => test.id === id && !test.skipped)).not.toEqual([]);
  });

  it('is all that tests are named after', () => {
    expect(tests.filter(({ id }) => !Object.hasOwn(PROMISES, id))).toEqual([]);
  });
});
