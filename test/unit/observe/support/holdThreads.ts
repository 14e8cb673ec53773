import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps every thread busy that hashes are computed on, at no cost: each waits to
 * read a pipe that has no writer. Returns what lets them go.
 */
export function holdThreads(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pipe-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  const waiting = Array.from({ length: threads }, () => open(pipe, 'r'));
  return async () => {
    const writer = openSync(pipe, 'r+');
    const readers = await Promise.all(waiting);
    await Promise.all(readers.map((reader) => reader.close()));
    closeSync(writer);
    rmSync(folder, { recursive: true });
  };
}
