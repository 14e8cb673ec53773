import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf } from './support/markdownLinks.js';

const FOLDERS = ['docs', 'clients', 'server', 'test', 'tools', 'proto'];

/** Every Markdown file of the repository, by its path. */
async function markdownFiles(): Promise<string[]> {
  const top = (await readdir('.')).filter((name) => name.endsWith('.md'));
  const below = FOLDERS.map(async (folder) =>
    (await readdir(folder, { recursive: true }))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
  return [...top, ...(await Promise.all(below)).flat()];
}

const texts = new Map<string, string>();
for (const path of await markdownFiles()) texts.set(path, await readFile(path, 'utf8'));

/** What is wrong with a link, or undefined. */
function fault(from: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(target)) return `${link}: no such file`;
  if (anchor === undefined) return undefined;
  const text = texts.get(target);
  return text !== undefined && anchorsOf(text).has(anchor) ? undefined : `${link}: no such heading`;
}

describe('links in Markdown', () => {
  it.each([...texts.keys()])('of %s lead to files and headings that exist', (path) => {
    const local = linksOf(texts.get(path)!).filter((link) => !/^[a-z]+:/.test(link));
    expect(local.flatMap((link) => fault(path, link) ?? [])).toEqual([]);
  });

  it('lead from the index of docs/ to every page in its folders', () => {
    const linked = new Set(
      linksOf(texts.get('docs/README.md')!).map((link) => normalize(join('docs', link))),
    );
    const pages = [...texts.keys()].filter((path) => /^docs\/\w+\//.test(path));
    expect(pages.filter((path) => !linked.has(path))).toEqual([]);
  });

  it.each([
    ['[a](b.md)', ['b.md']],
    ['[a][1] and [c](d.md#e)\n\n[1]: f.md', ['d.md#e', 'f.md']],
    ['`[a](b.md)`\n\n```md\n[a](c.md)\n```', []],
    ['![a](b.png)', ['b.png']],
  ])('are found in %j', (text, links) => expect(linksOf(text)).toEqual(links));

  it('know the anchors of headings as GitHub makes them', () => {
    const text =
      '# A `b`, c!\n\n## Same\n\n```sh\n# no heading\n```\n\n## Same\n\n## [What](x.md) it is_not\n';
    expect([...anchorsOf(text)]).toEqual(['a-b-c', 'same', 'same-1', 'what-it-is_not']);
  });
});
