import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The archive that `npm publish` would upload, made from a folder that was laid out. */
export async function pack(folder: string, destination: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', destination], { cwd: folder });
  const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[];
  return join(destination, packed!.filename);
}

/** A folder that has packages installed, and nothing of this repository. */
export interface Project {
  readonly dir: string;
  write(name: string, text: string): Promise<void>;
  /** Runs a program in the folder and returns what it wrote. */
  run(file: string, ...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

export async function createProject(...packages: readonly string[]): Promise<Project> {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-project-'));
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'package.json'), '{ "private": true, "type": "module" }');
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, ...packages], { cwd: dir });
  return {
    dir,
    write: (name, text) => writeFile(join(dir, name), text),
    async run(file, ...args) {
      const { stdout } = await run(file, args, { cwd: dir }).catch(
        (error: { stdout?: string; stderr?: string }) => {
          throw new Error(`${file} says: ${error.stdout ?? ''}${error.stderr ?? ''}`);
        },
      );
      return stdout;
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
