import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { startProcess } from '../support/serviceProcess.js';

describe('commands of countersign in the documentation', () => {
  it.skipIf(process.platform === 'win32')(
    'of the page on backups back a store up, check it and restore it',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'countersign-page-'));
      try {
        const cli = join(dirname(await builtMain()), 'cli', 'main.js');
        await mkdir(join(folder, 'bin'));
        await writeFile(
          join(folder, 'bin/countersign'),
          `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`,
          { mode: 0o755 },
        );
        const env = { OTP_DATA_DIR: join(folder, 'data') };
        await (await startProcess(env)).end();
        const text = await readFile('docs/operations/backups.md', 'utf8');
        const blocks = [...text.matchAll(/(<!-- not run[^\n]*\n)?```sh\n([\s\S]*?)```/g)];
        const script = blocks.filter(([, marked]) => !marked).map(([, , commands]) => commands!);
        expect(script).toHaveLength(2);
        const today = new Date().toISOString().slice(0, 10);
        // A person confirms on a terminal; here it is said beforehand.
        const commands = `set -e\n${script.join('')}`
          .replaceAll('/backups', folder)
          .replace('2030-01-15', today)
          .replace('--replace', '--replace --yes');
        const { stdout } = await promisify(execFile)('bash', ['-c', commands], {
          env: { ...env, TZ: 'UTC', PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
        });
        expect(stdout.trim().split('\n')).toHaveLength(3);
        expect((await readdir(env.OTP_DATA_DIR)).some((name) => name.includes('before-restore'))).toBe(true);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
