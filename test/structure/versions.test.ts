import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { faultsOf, versions } from '../../tools/release/versions.js';

describe('the version of a release', () => {
  it('is the same wherever it is written', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(Object.values(versions())).toEqual(Object.keys(versions()).map(() => version));
  });

  it('is at the top of the change log', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    const [, heading] = /^## (.*)$/m.exec(await readFile('CHANGELOG.md', 'utf8'))!;
    expect(heading).toMatch(new RegExp(`^${version}, (?:not released yet|\\d{4}-\\d{2}-\\d{2})$`));
  });

  it.each(['', '0.2.0', 'v1', 'v1.2.3-rc.1'])('is not read from the tag %j', (tag) => {
    expect(faultsOf(tag)).toEqual([expect.stringContaining('the tag must be v and a version')]);
  });

  it('must be that of the tag in every file, with a date in the change log', () => {
    const faults = faultsOf('v999.0.0');
    expect(faults).toHaveLength(Object.keys(versions()).length + 1);
    expect(faults.at(-1)).toContain('CHANGELOG.md must have the heading');
  });
});
