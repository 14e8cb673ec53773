import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A build of the service. */
export interface Build {
  readonly name: string;
  /** URL of its compiled main module. */
  readonly main: string;
  remove(): Promise<void>;
}

/** The build that this bench is part of. */
export const thisBuild = (): Build => ({
  name: 'this build',
  main: new URL('../../../server/main.js', import.meta.url).href,
  remove: async () => {},
});

/**
 * Compiles an earlier commit in a worktree of its own, with the packages that are
 * installed here: what is compared is our code, not the versions of libraries.
 */
export async function buildOf(commit: string): Promise<Build> {
  const parent = await mkdtemp(join(tmpdir(), 'countersign-bench-build-'));
  const folder = join(parent, 'tree');
  const { stdout } = await run('git', ['rev-parse', '--short', `${commit}^{commit}`]);
  await run('git', ['worktree', 'add', '--detach', folder, commit]);
  const remove = async () => {
    await run('git', ['worktree', 'remove', '--force', folder]);
    await rm(parent, { recursive: true, force: true });
  };
  try {
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    await run(
      process.execPath,
      [resolve('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--noCheck'],
      {
        cwd: folder,
      },
    );
  } catch (error) {
    await remove();
    throw error;
  }
  return { name: stdout.trim(), main: pathToFileURL(join(folder, 'dist/server/main.js')).href, remove };
}
