import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';

const run = promisify(execFile);

/**
 * The folder of the screens, built as `npm start` does for the suite that is being
 * declared, in some 0.2 s. Known once its tests run.
 */
export function screensForSuite(): { readonly folder: () => Promise<string> } {
  let folder: Promise<string> | undefined;
  afterAll(async () => {
    if (folder) await rm(await folder, { recursive: true, force: true });
  });
  return {
    folder() {
      folder ??= build();
      return folder;
    },
  };
}

async function build(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-screens-'));
  await run(process.execPath, ['clients/build.mjs', folder]);
  return folder;
}
