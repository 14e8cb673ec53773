import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProcess } from '../support/serviceProcess.js';

/**
 * The packages that a start with the embedded store imports before anything is
 * asked of it: each takes some MiB for as long as the process lives. What only
 * some installations use (MongoDB, mail, AWS, traces) is imported once it is
 * configured. A package that belongs here is added here, with its reason in the
 * change.
 */
const AT_START = [
  '@bufbuild/cel',
  '@bufbuild/cel-spec',
  '@bufbuild/protobuf',
  '@bufbuild/protovalidate',
  '@bufbuild/re2',
  '@connectrpc/connect',
  '@connectrpc/connect-node',
  '@datadog/sketches-js',
  '@node-rs/argon2',
  'ipaddr.js',
  'jsonwebtoken',
  'libphonenumber-js',
  'libsql',
  'liquidjs',
  'pino',
  'standardwebhooks',
  'uuid',
  'zod',
];

/** Writes the URL of every module that is imported into a file, one a line. */
function recordingInto(file: string): string {
  const hooks = `import { appendFileSync } from 'node:fs';
export function load(url, context, next) { appendFileSync(${JSON.stringify(file)}, url + '\\n'); return next(url, context); }`;
  const hooksUrl = `data:text/javascript,${encodeURIComponent(hooks)}`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(hooksUrl)});`;
  return `--import=data:text/javascript,${encodeURIComponent(register)}`;
}

it('a start imports only what every installation uses', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-modules-'));
  const file = join(folder, 'modules');
  try {
    const service = await startProcess({
      OTP_DATA_DIR: join(folder, 'data'),
      NODE_OPTIONS: recordingInto(file),
    });
    await service.end();
    const urls = (await readFile(file, 'utf8')).split('\n');
    const packages = urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual(AT_START);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
