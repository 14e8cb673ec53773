import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProcess } from '../support/serviceProcess.js';

const MIB = 1024 * 1024;
/** More calls than any optimisation waits for. */
const CALLS = 20_000;

/**
 * Writes into a file, when the process ends, the size of V8's young generation, and whether V8 compiles for speed what
 * is called often. The bit is V8's own (src/runtime/runtime.h, OptimizationStatus::kTurboFanned).
 */
function measuringInto(file: string): string {
  const measure = `import { writeFileSync } from 'node:fs'; import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
process.on('exit', () => {
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
  setFlagsFromString('--allow-natives-syntax');
  const isOptimized = new Function('work', 'return (%GetOptimizationStatus(work) & 64) !== 0');
  const work = (from) => { let sum = 0; for (let i = 0; i < 1000; i++) sum += (i * from) % 7; return sum; };
  let calls = 0;
  while (calls++ < ${CALLS} && !isOptimized(work)) work(calls);
  writeFileSync(${JSON.stringify(file)}, JSON.stringify({ young, optimizes: isOptimized(work) }));
});`;
  return `--import=data:text/javascript,${encodeURIComponent(measure)}`;
}

it('a start leaves the young generation as small as it was, and what is called often is compiled for speed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-memory-'));
  const file = join(folder, 'measured');
  try {
    const service = await startProcess({
      OTP_DATA_DIR: join(folder, 'data'),
      NODE_OPTIONS: measuringInto(file),
    });
    await service.end();
    const { young, optimizes } = JSON.parse(await readFile(file, 'utf8'));
    // Without the measure of platform/startMemory.ts it has 32 MiB by now.
    expect(young).toBeLessThanOrEqual(8 * MIB);
    expect(optimizes).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
