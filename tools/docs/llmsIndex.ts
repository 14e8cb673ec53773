import { readdirSync, readFileSync } from 'node:fs';

const DOCS = new URL('../../docs/', import.meta.url);
const FOLDERS = ['guides', 'reference', 'operations', 'explanation', 'contributing'];

/**
 * docs/llms.txt: every page with its first sentence (https://llmstxt.org). The
 * pages that are generated in the same run are passed, the others are read.
 */
export function llmsIndex(generated: Readonly<Record<string, () => string>>): string {
  const sections = FOLDERS.map((folder) => {
    const lines = pagesOf(folder, generated).map(
      ({ path, text }) => `- [${titleOf(text)}](${path.slice('docs/'.length)}): ${firstSentence(text)}`,
    );
    return `## ${folder[0]!.toUpperCase()}${folder.slice(1)}\n\n${lines.join('\n')}\n`;
  });
  return `# Countersign\n\n> ${firstSentence(readFileSync(new URL('../README.md', DOCS), 'utf8'))}\n\n${sections.join('\n')}`;
}

/** llms-full.txt: the README and every page in one file, each under its path. */
export function llmsFull(generated: Readonly<Record<string, () => string>>): string {
  const readme = { path: 'README.md', text: readFileSync(new URL('../README.md', DOCS), 'utf8') };
  const pages = [readme, ...FOLDERS.flatMap((folder) => pagesOf(folder, generated))];
  return pages.map(({ path, text }) => `<!-- ${path} -->\n\n${text.trim()}\n`).join('\n');
}

interface Page {
  readonly path: string;
  readonly text: string;
}

function pagesOf(folder: string, generated: Readonly<Record<string, () => string>>): readonly Page[] {
  const names = readdirSync(new URL(folder, DOCS)).filter((name) => name.endsWith('.md'));
  const known = Object.keys(generated).filter(
    (path) => path.startsWith(`docs/${folder}/`) && path.endsWith('.md'),
  );
  const paths = new Set([...names.map((name) => `docs/${folder}/${name}`), ...known]);
  return [...paths].sort().map((path) => ({
    path,
    text: generated[path]?.() ?? readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
  }));
}

const titleOf = (text: string): string => /^# (.+)$/m.exec(text)![1]!;

/** The first sentence of the first paragraph, without its links. */
export function firstSentence(text: string): string {
  const paragraph = text.split(/\n{2,}/).find((part) => !/^(#|<!--|\||```)/.test(part.trim()))!;
  const plain = paragraph
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return /^.*?[.:](?= |$)/.exec(plain)?.[0].replace(/:$/, '.') ?? plain;
}
