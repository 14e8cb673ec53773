import { execFile } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const OUTPUT = resolve('.cache', 'built');
const LOCK = `${OUTPUT}.lock`;
/** Longer than any build takes: a lock as old as that was left by a run that was killed. */
const STALE_MS = 60_000;

let built: Promise<string> | undefined;

/**
 * The compiled server/main.js of the sources as they are: what `npm start` runs,
 * in a folder of the tests. Compiled once by each test file that asks; they take
 * turns, and all but the first find little to do.
 */
export function builtMain(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  await mkdir(dirname(OUTPUT), { recursive: true });
  await lock();
  try {
    const compiler = join(
      dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
      'bin',
      'tsc',
    );
    const info = join(OUTPUT, '.tsbuildinfo');
    // Types are checked by the check; a build of the tests shall not take as long.
    const options = ['--outDir', OUTPUT, '--tsBuildInfoFile', info, '--declaration', 'false', '--noCheck'];
    await run(process.execPath, [compiler, '-p', 'tsconfig.build.json', ...options]);
  } finally {
    await rm(LOCK, { recursive: true, force: true });
  }
  return join(OUTPUT, 'server', 'main.js');
}

async function lock(): Promise<void> {
  for (;;) {
    try {
      return await mkdir(LOCK).then(() => {});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const made = await stat(LOCK).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (made !== undefined && Date.now() - made > STALE_MS) await rm(LOCK, { recursive: true, force: true });
    await pause(50);
  }
}
