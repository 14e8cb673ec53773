import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

it('architecture.md names files that exist', async () => {
  const page = await readFile(new URL('docs/explanation/architecture.md', ROOT), 'utf8');
  const named = page.match(/\b(?:server|test|tools)\/[\w./]+\.ts\b/g) ?? [];
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
});
