import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp } from '../../../server/maintenance/backUp.js';
import { checkBackup } from '../../../server/maintenance/checkBackup.js';
import { systemRandom } from '../../../server/platform/random.js';
import { masterKeysOfFolder } from '../../../server/secrets/keyring/masterKeyFile.js';
import { newMasterKeyEntry, parseMasterKeys } from '../../../server/secrets/keyring/masterKeys.js';
import type { Documents } from '../../../server/store/documents.js';
import { openCopy } from '../../../server/store/embedded/backup.js';
import { openEmbedded } from '../../../server/store/embedded.js';
import { builtMain } from '../../support/builtServer.js';
import { startService } from '../../support/service.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NOW = Date.UTC(2030, 0, 15, 12);

describe('a backup of the embedded store', () => {
  it('has everything acknowledged before it began, while another process writes 1,000 documents', async () => {
    const dataDir = join(folder, 'busy');
    const cli = join(dirname(await builtMain()), 'cli', 'main.js');
    const documents = await openEmbedded({ dataDir, ttl: false });
    const sessions = documents.collection('events');
    const acknowledged = new Set<string>();
    const write = async (n: number) => {
      const _id = `w/${String(n).padStart(4, '0')}`;
      await sessions.insertOne({ _id });
      acknowledged.add(_id);
    };
    for (let n = 0; n < 100; n++) await write(n);
    const before = [...acknowledged];
    const target = join(folder, 'busy.db');
    const backingUp = promisify(execFile)(process.execPath, [cli, 'backup', target, '--json'], {
      env: { PATH: process.env.PATH, OTP_DATA_DIR: dataDir },
    });
    for (let n = 100; n < 1_000; n++) await write(n);
    await backingUp;
    const copy = openCopy(target);
    const found = new Set(copy.documents('events').map(({ _id }) => _id));
    copy.close();
    expect(before.filter((_id) => !found.has(_id))).toEqual([]);
    // A point in time: what it has is a beginning of what was written, without gaps.
    expect([...found].sort()).toEqual([...acknowledged].slice(0, found.size));
    await documents.close();
  });

  it('is a file for its owner only, with a manifest that says what it needs', async () => {
    const { dataDir, masters, documents, stop } = await aStore();
    const target = join(folder, 'manifest.db');
    const manifest = await backUp(dataDir, target, NOW);
    expect(manifest).toMatchObject({ at: new Date(NOW), counts: { sessions: 0, workspaces: 1, keys: 2 } });
    expect(manifest.masterKeys).toEqual([masters[0].id]);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(`${target}.json`, 'utf8')).sha256).toBe(manifest.sha256);
    expect(await readdir(folder)).not.toContain(expect.stringContaining('.part'));
    const master = (await readFile(join(dataDir, 'master.keys'), 'utf8')).trim().split(':')[1]!;
    expect(await readFile(target, 'latin1')).not.toContain(master);
    await documents.ping();
    await stop();
  });

  it('never replaces a file', async () => {
    const { dataDir, stop } = await aStore();
    const target = join(folder, 'taken.db');
    await writeFile(target, 'mine');
    await expect(backUp(dataDir, target, NOW)).rejects.toThrow('never replaces');
    expect(await readFile(target, 'utf8')).toBe('mine');
    await stop();
  });

  it('of a folder without a store is refused, and makes none', async () => {
    await expect(backUp(join(folder, 'none'), join(folder, 'x.db'), NOW)).rejects.toThrow('no store');
    expect(await readdir(folder)).not.toContain('none');
  });
});

describe('the check of a backup', () => {
  it('passes for a whole one with its master key, and names a master key that is missing or wrong', async () => {
    const { dataDir, masters, stop } = await aStore();
    const target = join(folder, 'checked.db');
    await backUp(dataDir, target, NOW);
    await expect(checkBackup(target, masters)).resolves.toMatchObject({ at: new Date(NOW) });
    await expect(checkBackup(target, undefined)).rejects.toThrow(`needs the master keys ${masters[0].id}`);
    const others = parseMasterKeys(newMasterKeyEntry(systemRandom));
    await expect(checkBackup(target, others)).rejects.toThrow(
      `master key "${masters[0].id}", which is missing`,
    );
    const renamed = parseMasterKeys(`${masters[0].id}:${newMasterKeyEntry(systemRandom).split(':')[1]}`);
    await expect(checkBackup(target, renamed)).rejects.toThrow('does not open');
    await stop();
  });

  it('finds a file that was cut short, changed, or is another one', async () => {
    const { dataDir, masters, stop } = await aStore();
    const target = join(folder, 'damaged.db');
    await backUp(dataDir, target, NOW);
    const whole = await readFile(target);
    await truncate(target, whole.length / 2);
    await expect(checkBackup(target, masters)).rejects.toThrow(target);
    // In the unused space of a page SQLite finds nothing wrong.
    const changed = Buffer.from(whole);
    changed[68] = (changed[68] ?? 0) ^ 1;
    await writeFile(target, changed);
    await expect(checkBackup(target, masters)).rejects.toThrow();
    await writeFile(target, 'a text');
    await expect(checkBackup(target, masters)).rejects.toThrow(target);
    await rm(`${target}.json`);
    await expect(checkBackup(target, masters)).rejects.toThrow('written beside the backup');
    await stop();
  });
});

/** A store that a service has made, and that service running. */
async function aStore() {
  const dataDir = await mkdtemp(join(folder, 'data-'));
  const service = await startService({ env: { OTP_DATA_DIR: dataDir } });
  const masters = await masterKeysOfFolder({
    folder: dataDir,
    random: systemRandom,
    isNeeded: async () => false,
  });
  return { dataDir, masters, documents: service.documents as Documents, stop: service.stop };
}
