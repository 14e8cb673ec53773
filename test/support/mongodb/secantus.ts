import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ServerProgram } from './server.js';

const run = promisify(execFile);

const VERSION = '0.7.0b3';
const FOLDER = resolve('.cache', `secantusdb-${VERSION}`);
const INSTALL_MS = 180_000;
const onWindows = process.platform === 'win32';

export const secantusArgs = (port: number, folder: string) =>
  ['--host', '127.0.0.1', '--port', `${port}`, '--storage-path', folder] as const;

/** SecantusDB, a MongoDB-compatible server on WiredTiger, installed from PyPI once. Null without Python or a network. */
export async function secantusFromPyPI(): Promise<ServerProgram | null> {
  if (!(await exists(python(FOLDER)))) await install();
  if (!(await exists(python(FOLDER)))) return null;
  return {
    title: `SecantusDB ${VERSION} from PyPI`,
    oneAtATime: true,
    command: python(FOLDER),
    // By module, because the scripts of a virtual environment name the folder it was built in.
    args: (port, folder) => ['-c', 'from secantus.cli import main; main()', ...secantusArgs(port, folder)],
  };
}

/** Built aside and renamed, so that two runs at once never see half of it. */
async function install(): Promise<void> {
  const aside = `${FOLDER}.${process.pid}`;
  process.stderr.write(
    `MongoDB for the tests: installing SecantusDB ${VERSION} from PyPI into .cache, this once\n`,
  );
  try {
    await mkdir(resolve('.cache'), { recursive: true });
    await run(onWindows ? 'python' : 'python3', ['-m', 'venv', aside], { timeout: INSTALL_MS });
    await run(
      python(aside),
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--retries',
        '0',
        '--timeout',
        '10',
        `SecantusDB==${VERSION}`,
      ],
      { timeout: INSTALL_MS },
    );
    await rename(aside, FOLDER);
  } catch {
    // Another run was first, or there is no Python, no network or no wheel for this machine.
    await rm(aside, { recursive: true, force: true });
  }
}

const python = (environment: string) =>
  onWindows ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
