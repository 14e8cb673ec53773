import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { metadataKeys } from '../../server/session/metadataKeys.js';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const bytes = (text: string): number => {
  const [number, unit = ''] = text.split(' ');
  return Number(number!.replaceAll(',', '')) * 1024 ** UNITS.indexOf(unit);
};

it('the calculated index memory grows by an entry for each value of the metadata that is indexed', () => {
  const page = readFileSync('docs/operations/sizing.md', 'utf8');
  const [, table = ''] = /\n(\| sends a second \| no metadata .*?)\n\n/s.exec(page) ?? [];
  const [head = [], , ...rows] = table.split('\n').map((line) => line.split('|').slice(1, -1));
  const values = head.slice(2).map((cell) => Number.parseInt(cell, 10));
  // The last column is the most that a session can have, but for the one that says that there are more.
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`name${n}`, 'value']));
  const keys = metadataKeys({ metadata: (_workspace, name) => name }, 'acme', JSON.stringify(many));
  expect(values).toEqual([1, 4, keys.length - 1]);
  expect(rows.length).toBeGreaterThan(2);
  for (const cells of rows) {
    const [rate = 0, without = 0, ...withValues] = cells.map((cell, n) =>
      n === 0 ? Number(cell.trim().replaceAll(',', '')) : bytes(cell.trim()),
    );
    for (const [n, memory] of withValues.entries()) {
      const ofAnEntry = (memory - without) / (rate * 86_400 * values[n]!);
      // A hash of 43 characters and an id of 45, as far as the rounded figures tell.
      expect(ofAnEntry).toBeGreaterThan(80);
      expect(ofAnEntry).toBeLessThan(140);
    }
  }
});
