import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const VERSION = 'v1.9.3';
/** Where a grpcurl that go has built is kept, out of version control. */
const FOLDER = resolve('node_modules/.cache/grpcurl', VERSION);

/** grpcurl from the path, or built once by go; undefined without both. */
export async function grpcurlBinary(): Promise<string | undefined> {
  for (const binary of [resolve(FOLDER, 'grpcurl'), 'grpcurl']) if (await runs(binary)) return binary;
  if (!(await runs('go', 'version'))) return undefined;
  try {
    await mkdir(FOLDER, { recursive: true });
    await run('go', ['install', `github.com/fullstorydev/grpcurl/cmd/grpcurl@${VERSION}`], {
      env: { ...process.env, GOBIN: FOLDER },
    });
    return resolve(FOLDER, 'grpcurl');
  } catch {
    // No network to fetch it from.
    return undefined;
  }
}

const runs = (binary: string, argument = '-version'): Promise<boolean> =>
  run(binary, [argument]).then(
    () => true,
    () => false,
  );
