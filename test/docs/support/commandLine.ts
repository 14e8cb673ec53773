import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { builtMain } from '../../support/builtServer.js';

/** A folder with the command line installed in it. */
export interface CommandLine {
  readonly folder: string;
  /** A search path that finds `countersign` first. */
  readonly path: string;
  remove(): Promise<void>;
}

/** Installs the command line of the sources as a program `countersign`, in a new folder. */
export async function installCommandLine(): Promise<CommandLine> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-page-'));
  const cli = join(dirname(await builtMain()), 'cli', 'main.js');
  await mkdir(join(folder, 'bin'));
  const program = `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`;
  await writeFile(join(folder, 'bin/countersign'), program, { mode: 0o755 });
  return {
    folder,
    path: `${join(folder, 'bin')}:${process.env.PATH}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
