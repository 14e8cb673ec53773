import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProcess } from '../support/serviceProcess.js';

const MIB = 1024 * 1024;

/** Writes the size of V8's young generation into a file when the process ends. */
function measuringInto(file: string): string {
  const measure = `import { writeFileSync } from 'node:fs'; import { getHeapSpaceStatistics } from 'node:v8';
process.on('exit', () => {
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  writeFileSync(${JSON.stringify(file)}, String(young.space_size));
});`;
  return `--import=data:text/javascript,${encodeURIComponent(measure)}`;
}

it('a start leaves the young generation as small as it was', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-memory-'));
  const file = join(folder, 'size');
  try {
    const service = await startProcess({
      OTP_DATA_DIR: join(folder, 'data'),
      NODE_OPTIONS: measuringInto(file),
    });
    await service.end();
    // Without the measure of platform/youngGeneration.ts it has 32 MiB by now.
    expect(Number(await readFile(file, 'utf8'))).toBeLessThanOrEqual(8 * MIB);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
