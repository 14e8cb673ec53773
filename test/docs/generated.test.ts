import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PAGES } from '../../tools/docs/pages.js';

describe('generated pages', () => {
  it.each(Object.entries(PAGES))('%s says what the tables say (npm run docs)', async (path, page) => {
    expect(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(page());
  });
});
