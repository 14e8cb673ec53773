import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const HOME = 'server/platform/random.ts';
const files = (await readdir('server', { recursive: true }))
  .map((file) => join('server', file))
  .filter((file) => file.endsWith('.ts'));
const sources = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const));
const using = (pattern: RegExp) => sources.flatMap(([file, text]) => (pattern.test(text) ? [file] : []));

describe('randomness', () => {
  it('is drawn from the operating system in one place', () => {
    expect(using(/\b(?:randomInt|randomBytes|randomFill(?:Sync)?|getRandomValues)\b/)).toEqual([HOME]);
  });

  it('that can be predicted decides nothing but how long a lock is waited for', () => {
    expect(using(/\bMath\.random\b/)).toEqual(['server/store/embedded/retryWhileBusy.ts']);
  });
});
