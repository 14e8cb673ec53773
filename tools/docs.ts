import { mkdir, writeFile } from 'node:fs/promises';
import { fullText, PAGES } from './docs/pages.js';

/** Writes the pages that are made from the service's own tables. */
for (const [path, page] of Object.entries(PAGES)) {
  await writeFile(new URL(`../${path}`, import.meta.url), page());
}

const dist = new URL('../dist/', import.meta.url);
await mkdir(dist, { recursive: true });
await writeFile(new URL('llms-full.txt', dist), fullText());
