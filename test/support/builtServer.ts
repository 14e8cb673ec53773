import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const OUTPUT = resolve('.cache', 'built');
const STAMP = join(OUTPUT, 'complete');
const LOCK = `${OUTPUT}.lock`;
/** Longer than any build takes: a lock as old as that was left by a run that was killed. */
const STALE_MS = 60_000;

let built: Promise<string> | undefined;

/**
 * The compiled server/main.js of the sources as they are: what `npm start` runs,
 * in a folder of the tests. The test files that ask take turns, and the first
 * compiles: a process that starts meanwhile must not read half a file.
 */
export function builtMain(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  await mkdir(dirname(OUTPUT), { recursive: true });
  await lock();
  try {
    if (!(await isCurrent())) {
      await rm(OUTPUT, { recursive: true, force: true });
      await run(process.execPath, ['tools/compile.mjs', OUTPUT]);
      await writeFile(STAMP, '');
    }
  } finally {
    await rm(LOCK, { recursive: true, force: true });
  }
  return join(OUTPUT, 'server', 'main.js');
}

/** Whether the last build is younger than every source, and than every folder, which a deleted file touches. */
async function isCurrent(): Promise<boolean> {
  const at = await modified(STAMP);
  if (at === undefined) return false;
  for (const folder of ['server', 'clients', 'gen']) {
    const names = await readdir(folder, { recursive: true });
    for (const path of [folder, ...names.map((name) => join(folder, name))])
      if (((await modified(path)) ?? at) >= at) return false;
  }
  return true;
}

const modified = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

async function lock(): Promise<void> {
  for (;;) {
    try {
      return await mkdir(LOCK).then(() => {});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const made = await modified(LOCK);
    if (made !== undefined && Date.now() - made > STALE_MS) await rm(LOCK, { recursive: true, force: true });
    await pause(50);
  }
}
