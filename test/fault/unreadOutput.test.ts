import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog, createLogOutput } from '../../server/observe/log.js';
import { startProcess } from '../support/serviceProcess.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-output-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('lines that are not read are dropped beyond a bound, and counted; the rest is written when the output is read', async () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  // Full from the start: how fast the first lines are written decides nothing.
  const full = () => {
    try {
      return writeSync(fd, ' '.repeat(4_096)) < 4_096;
    } catch {
      return true;
    }
  };
  while (!full());
  const output = createLogOutput(fd, 20_000);
  const log = createLog('info', output.stream);
  const LINES = 5_000;
  for (let n = 0; n < LINES; n++) {
    log.info({ n }, 'a line of the log that is not read');
    if (n % 100 === 0) await new Promise(setImmediate);
  }
  expect(await output.flushed(20)).toBe(false);
  const dropped = output.dropped();
  expect(dropped).toBeGreaterThan(1_000);

  let read = 0;
  const buffer = Buffer.alloc(65_536);
  const reading = setInterval(() => {
    try {
      read += buffer.subarray(0, readSync(fd, buffer)).toString().split('\n').length - 1;
    } catch {
      // Empty at this moment.
    }
  }, 1);
  expect(await output.flushed(30_000)).toBe(true);
  await expect.poll(() => read).toBe(LINES - dropped);
  clearInterval(reading);
  closeSync(fd);
}, 60_000);

it('SIGTERM ends the process although its output is not read', async () => {
  const service = await startProcess({ OTP_DATA_DIR: folder, OTP_HASH: 'hmac', OTP_LOG_LEVEL: 'debug' });
  service.process.stdout!.pause();
  for (let n = 0; n < 60; n++)
    await Promise.all(
      Array.from({ length: 20 }, () =>
        fetch(`${service.baseUrl}/otp.v1.OtpService/Send`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-request-id': 'r'.repeat(100) },
          body: '{}',
        }).then((response) => response.arrayBuffer()),
      ),
    );
  const exit = once(service.process, 'exit');
  service.process.kill('SIGTERM');
  const [code, signal] = await exit;
  service.process.stdout!.destroy();
  // In order where everything fitted into the pipe, else by force.
  expect([0, null]).toContain(code);
  expect([null, 'SIGKILL']).toContain(signal);
}, 60_000);
