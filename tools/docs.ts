import { writeFile } from 'node:fs/promises';
import { PAGES } from './docs/pages.js';

/** Writes the pages that are made from the service's own tables. */
for (const [path, page] of Object.entries(PAGES)) {
  await writeFile(new URL(`../${path}`, import.meta.url), page());
}
