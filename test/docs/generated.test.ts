import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fullText, PAGES } from '../../tools/docs/pages.js';

describe('generated pages', () => {
  it.each(Object.entries(PAGES))('%s says what the tables say (npm run docs)', async (path, page) => {
    expect(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(page());
  });

  it('are all in llms-full.txt, with those written by hand', async () => {
    const text = fullText();
    const names = await readdir(new URL('../../docs/', import.meta.url), { recursive: true });
    const pages = names.filter((name) => /[\\/].*\.md$/.test(name)).map((name) => name.replaceAll('\\', '/'));
    expect(pages.length).toBeGreaterThan(30);
    expect(pages.filter((name) => !text.includes(`<!-- docs/${name} -->`))).toEqual([]);
    expect(text).toContain('# Countersign');
  });
});
