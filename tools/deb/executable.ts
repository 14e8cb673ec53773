import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nodeBinary } from '../onNode/binary.js';
import { bundle, nativeParts } from './bundle.js';

/** The line of Node inside the executable. */
const NODE = '22';
/** By which Node finds what was put into it (https://nodejs.org/api/single-executable-applications.html). */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Makes the service and its command line, built into dist/, one executable of its own in a folder; returns its path. */
export async function makeExecutable(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const node = nodeBinary(NODE);
  const native = nativeParts(process.arch);
  const main = join(folder, 'main.cjs');
  const blob = join(folder, 'sea.blob');
  const config = join(folder, 'sea.json');
  await bundle('dist/server/cli/main.js', main, native);
  writeFileSync(
    config,
    JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true, assets: native }),
  );
  execFileSync(node, ['--experimental-sea-config', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  const executable = join(folder, 'countersign');
  copyFileSync(node, executable);
  chmodSync(executable, 0o755);
  const postject = createRequire(import.meta.url).resolve('postject/dist/cli.js');
  execFileSync(process.execPath, [postject, executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return executable;
}
