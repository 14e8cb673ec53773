import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProcess } from '../support/serviceProcess.js';
import { commandLine } from './support/commandLine.js';

let folder: string;
let run: ReturnType<typeof commandLine>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-care-'));
  const env = { OTP_DATA_DIR: join(folder, 'data') };
  run = commandLine(env);
  await (await startProcess(env)).end();
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('config', () => {
  it('prints every setting with its source and default, and no secret', async () => {
    const key = 'sk_otp_live_0123456789012345678901234567';
    const settings = commandLine({
      PORT: '9090',
      OTP_BOOTSTRAP_API_KEY: key,
      OTP_METRICS_TOKEN_FILE: '/nowhere',
    });
    const { out, err, status } = await settings(['config']);
    expect(out).toContain('PORT\t9090\tenvironment\t8080\n');
    expect(out).toContain('OTP_BOOTSTRAP_API_KEY\tset\tenvironment\t\n');
    expect(out).toContain('OTP_METRICS_TOKEN\tset\tfile\t\n');
    expect(out + err).not.toContain(key);
    // The file does not exist.
    expect(status).toBe(78);
    expect((await settings(['config', '--env'])).out).toContain('PORT="9090"\n# OTP_BOOTSTRAP_API_KEY=\n');
  });

  it('--check prints nothing and exits with 0, or with 78 and every problem', async () => {
    expect(await commandLine({ PORT: '1' })(['config', '--check'])).toEqual({ status: 0, out: '', err: '' });
    const wrong = await commandLine({ PORT: 'x', OTP_HASH: 'md5' })(['config', '--check']);
    expect(wrong).toMatchObject({ status: 78, out: '' });
    expect(wrong.err).toMatch(/PORT=x[\s\S]*OTP_HASH=md5/);
  });
});

// One after another: each begins with what the one before has left.
describe('backup, restore and keyring', () => {
  const backup = () => join(folder, 'backup.db');

  it('backup writes a file and its manifest, and backup check passes', async () => {
    const made = await run(['backup', backup()]);
    expect(made).toMatchObject({ status: 0, err: expect.stringContaining('The master keys are not in it') });
    const { out, status } = await run(['backup', 'check', backup(), '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ counts: { keys: 2 }, release: expect.any(String) });
    expect(await run(['backup', backup()])).toMatchObject({
      status: 75,
      err: expect.stringContaining('exists already'),
    });
  });

  it('restore asks, and does nothing without a terminal and --yes', async () => {
    const before = await stat(join(folder, 'data/countersign.db'));
    const asked = await run(['restore', backup(), '--replace']);
    expect(asked).toMatchObject({ status: 130, err: expect.stringContaining('Nothing was done') });
    expect((await stat(join(folder, 'data/countersign.db'))).ino).toBe(before.ino);
    expect((await run(['restore'])).status).toBe(64);
    expect((await run(['restore', backup(), '--close-only'])).status).toBe(64);
  });

  it('restore lists the keys that are accepted again where no log says which were revoked', async () => {
    const { status, err } = await run(['restore', backup(), '--replace', '--yes']);
    expect(status).toBe(0);
    expect(err).toContain('There is no revoked.log');
    expect(err).toContain('first live key');
    expect(err).toMatch(/is kept in \S+before-restore/);
  });

  it('restore --close-only closes the store that is there', async () => {
    expect(await run(['restore', '--close-only', '--yes', '--json'])).toMatchObject({
      status: 0,
      out: '{"canceled":0,"redeemed":0,"revoked":0}\n',
    });
  });

  it('keyring check lists the keys, rotate adds one, retire refuses the current one', async () => {
    const { out } = await run(['keyring', 'check']);
    expect(out.match(/\tyes\t/g)).toHaveLength(5);
    const signing = /^signing\t(\S+)/m.exec(out)![1]!;
    expect(await run(['keyring', 'rotate', 'signing'])).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^\S+\t\S+Z\n$/),
    });
    expect((await run(['keyring', 'check'])).out.match(/^signing/gm)).toHaveLength(2);
    expect(await run(['keyring', 'retire', signing])).toMatchObject({ status: 130 });
    expect(await run(['keyring', 'retire', signing, '--yes'])).toMatchObject({
      status: 70,
      err: expect.stringContaining('KEY_IN_USE'),
    });
    expect((await run(['keyring', 'rotate', 'nothing'])).status).toBe(64);
  });

  it('makes no master keys where there are none', async () => {
    const elsewhere = join(folder, 'empty');
    expect(await commandLine({ OTP_DATA_DIR: elsewhere })(['keyring', 'check'])).toMatchObject({
      status: 78,
    });
    await expect(readFile(join(elsewhere, 'master.keys'))).rejects.toThrow('ENOENT');
  });
});
