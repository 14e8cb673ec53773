import { PROMISES } from '../../test/promises/support/promises.js';
import { REAL_WORLD_INPUT } from '../../test/promises/support/realWorldInput.js';
import { GENERATED, table } from './markdown.js';
import { promiseTests } from './promiseTests.js';

/** docs/reference/promises.md, from the list of promises and the names of the tests. */
export function promises(): string {
  const tests = [...promiseTests()];
  const rowsOf = (table: Readonly<Record<string, string>>) =>
    Object.entries(table).map(([id, promise]) => {
      const shown = tests.flatMap(([file, named]) => {
        const titles = named.filter((test) => test.id === id && !test.skipped).map(({ title }) => title);
        const name = file.split('/').at(-1);
        return titles.length > 0 ? [`[${name}](../../${file}): ${titles.join('; ')}`] : [];
      });
      return [id, promise, shown.join('. ')];
    });
  return `# Conformance: documented behaviour and its tests

${GENERATED}

Each behaviour that the three REST documents promise, with the tests that show it. A is the beneficiary OTP flow, B the
multi-channel OTP overview, C the messaging OTP page. Each promise has one row, under the first document that makes it.
A test shows a promise if its title begins with the id; \`npx vitest run -t 'A26 '\` runs the tests of one promise. For
behaviour that the documents leave open, see [decisions](../explanation/decisions.md).

${table(['id', 'promise', 'tests'], rowsOf(PROMISES))}

## Real-world input

What bug reports about services of this kind describe and the documents do not mention: input as people and proxies
really write it, and responses as vendors really give them.

${table(['id', 'behaviour', 'tests'], rowsOf(REAL_WORLD_INPUT))}
`;
}
