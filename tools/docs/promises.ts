import { PROMISES } from '../../test/promises/support/promises.js';
import { GENERATED, table } from './markdown.js';
import { promiseTests } from './promiseTests.js';

/** docs/reference/promises.md, from the list of promises and the names of the tests. */
export function promises(): string {
  const tests = [...promiseTests()];
  const rows = Object.entries(PROMISES).map(([id, promise]) => {
    const shown = tests.flatMap(([file, named]) => {
      const titles = named.filter((test) => test.id === id && !test.skipped).map(({ title }) => title);
      const name = file.split('/').at(-1);
      return titles.length > 0 ? [`[${name}](../../${file}): ${titles.join('; ')}`] : [];
    });
    return [id, promise, shown.join('. ')];
  });
  return `# What the three documents promise, and the tests that show it

${GENERATED}

A is the beneficiary OTP flow, B the multi-channel OTP overview, C the messaging OTP page. One row is one promise, said
once, under the first document that makes it. A test shows a promise when its name begins with the id;
\`npx vitest run -t 'A26 '\` runs those of one. Where a document is silent, see [decisions](../explanation/decisions.md).

${table(['id', 'promise', 'tests'], rows)}
`;
}
