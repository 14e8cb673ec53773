import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ASSURANCES } from '../../server/session/assurance.js';

const PAGE = 'docs/operations/compliance.md';

const rows = (await readFile(PAGE, 'utf8'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.split(' | ').length === 4)
  .map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  )
  .filter(([requirement]) => requirement !== 'requirement')
  .map(([requirement = '', status = '', how = '', shown = '']) => ({ requirement, status, how, shown }));

const TEST = /^\[[^\]]+\]\(([^)]+)\): (.+)$/;

describe('the page of compliance', () => {
  it('has rows for each of the three norms', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows)('says of "$requirement" what holds and what shows it', async ({ status, how, shown }) => {
    const under = /^met under (\w+)$/.exec(status)?.[1];
    if (under) expect(Object.keys(ASSURANCES)).toContain(under);
    else expect(['met', 'not met', 'application']).toContain(status);
    if (!status.startsWith('met')) {
      if (status === 'not met') expect(how).not.toBe('');
      return;
    }
    const [, path = '', title = ''] = TEST.exec(shown) ?? [];
    expect(await readFile(join(dirname(PAGE), path), 'utf8')).toContain(`(${quoted(title)}`);
  });
});

/** A title as it is written in a source, in the quotes that its text needs. */
const quoted = (title: string): string => (title.includes('${') ? `\`${title}\`` : `'${title}'`);
