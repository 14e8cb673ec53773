import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { eventually } from '../support/eventually.js';

describe.skipIf(process.platform === 'win32')('the program', { timeout: 120_000 }, () => {
  let folder: string;
  let cli: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-start-'));
    cli = join(dirname(await builtMain()), 'cli', 'main.js');
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Starts the service with this browser, until `isSeen`. */
  async function started(browser: string, isSeen: (output: string) => boolean | Promise<boolean>) {
    const child = spawn(process.execPath, [cli, 'start', '--open'], {
      env: { PATH: process.env.PATH, PORT: '0', OTP_DATA_DIR: join(folder, 'data'), BROWSER: browser },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close');
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    try {
      await eventually(() => isSeen(output));
    } finally {
      child.kill();
      await ended;
    }
  }

  it('ends quietly when its reader has enough', async () => {
    const script = `set -o pipefail; "${process.execPath}" "${cli}" help | true`;
    const { stderr } = await promisify(execFile)('bash', ['-c', script]);
    expect(stderr).toBe('');
  });

  it('start --open opens a page of the service that is there', async () => {
    const browser = join(folder, 'browser');
    await writeFile(browser, `#!/bin/sh\necho "$1" >"${folder}/opened"\n`, { mode: 0o755 });
    await started(browser, async (output) => {
      const opened = await readFile(join(folder, 'opened'), 'utf8').catch(() => '');
      const base = /ready on (\S+),/.exec(output)?.[1];
      // Which it is depends on whether the screens are built here.
      return ['/', '/console', '/inbox', '/docs'].some((path) => opened === `${base}${path}\n`);
    });
  });

  it('start --open names the URL where there is no browser', async () => {
    await started(join(folder, 'missing'), (output) =>
      /No browser could be started: open http:\/\/127\.0\.0\.1:\d+ in one\./.test(output),
    );
  });
});
