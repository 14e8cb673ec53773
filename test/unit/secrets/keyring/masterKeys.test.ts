import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../../server/platform/random.js';
import { masterKeysOfFolder } from '../../../../server/secrets/keyring/masterKeyFile.js';
import { newMasterKeyEntry, parseMasterKeys } from '../../../../server/secrets/keyring/masterKeys.js';
import { SecretsRefused } from '../../../../server/secrets/keyring/refusal.js';

const KEY = Buffer.alloc(32, 0xfb);
const OTHER = Buffer.alloc(32, 7);
const refusal = (text: string): string => {
  try {
    parseMasterKeys(text);
  } catch (error) {
    expect(error).toBeInstanceOf(SecretsRefused);
    return (error as Error).message;
  }
  throw new Error('was accepted');
};

describe('OTP_MASTER_KEYS', () => {
  it('keeps the order: the first wraps', () => {
    const keys = parseMasterKeys(`new:${KEY.toString('base64')},old:${OTHER.toString('base64')}`);
    expect(keys.map(({ id }) => id)).toEqual(['new', 'old']);
    expect(keys.map(({ secret }) => secret.export())).toEqual([KEY, OTHER]);
  });

  it('takes base64 and base64url, with and without padding, with spaces and line breaks', () => {
    const base64 = KEY.toString('base64');
    expect(base64).toMatch(/[+/].*=$/s);
    const text = `a:${base64}, b:${base64.replace('=', '')}\nc:${KEY.toString('base64url')},\n`;
    for (const { secret } of parseMasterKeys(text)) expect(secret.export()).toEqual(KEY);
  });

  it.each([
    ['', 'it holds no key'],
    [' , ', 'it holds no key'],
    [KEY.toString('base64'), 'entry 1 has no "id:"'],
    [`a:${KEY.toString('base64')},${OTHER.toString('base64')}`, 'entry 2 has no "id:"'],
    [`:${KEY.toString('base64')}`, 'entry 1 has an id that is not'],
    [`${KEY.toString('base64')}:a`, 'entry 1 has an id that is not'],
    [`a:${KEY.toString('base64').replace('+', '!')}`, 'entry 1 ("a") is not base64'],
    [`a:${KEY.subarray(1).toString('base64')}`, 'entry 1 ("a") has 31 bytes'],
    [`a:${Buffer.alloc(33, 0xfb).toString('base64')}`, 'entry 1 ("a") has 33 bytes'],
    ['a:', 'entry 1 ("a") has 0 bytes'],
    [`a:${KEY.toString('base64')},a:${OTHER.toString('base64')}`, 'entry 2 has the id "a" of an earlier one'],
  ])('refuses %j and says why, without the value', (text, why) => {
    const message = refusal(text);
    expect(message).toContain(why);
    expect(message).toContain('OTP_MASTER_KEYS');
    expect(message).not.toMatch(/[A-Za-z0-9+/_-]{33}/);
  });

  it('names every entry at fault at once', () => {
    expect(refusal('a:AAAA,b')).toMatch(/entry 1.*3 bytes; entry 2/);
  });

  it('keeps a key out of anything printed', () => {
    const keys = parseMasterKeys(`a:${KEY.toString('base64')}`);
    expect(JSON.stringify(keys)).toBe('[{"id":"a","secret":{}}]');
  });

  it('never repeats what it cannot read', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 80 }).filter((text) => !/[\s,:]/.test(text)),
        (secret) => {
          for (const text of [secret, `a:${secret}`]) {
            try {
              parseMasterKeys(text);
            } catch (error) {
              expect((error as Error).message).not.toContain(secret);
            }
          }
        },
      ),
    );
  });

  it('takes the entry made for an operator', () => {
    const [made] = parseMasterKeys(newMasterKeyEntry(systemRandom));
    expect(made.secret.symmetricKeySize).toBe(32);
  });
});

describe('the master keys of a data folder', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const bytesOf = async (folder: string) =>
    (await masterKeysOfFolder({ folder: folder, random: systemRandom, isNeeded: async () => false })).map(
      ({ id, secret }) => [id, secret.export().toString('hex')],
    );

  it('are made once, in a folder and a file that only the owner can read', async () => {
    const folder = join(root, 'deeper', 'data');
    const first = await bytesOf(folder);
    expect(await bytesOf(folder)).toEqual(first);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'master.keys'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['master.keys']);
  });

  it('are the same for all processes that start at once', async () => {
    const folder = join(root, 'data');
    const all = await Promise.all(Array.from({ length: 20 }, () => bytesOf(folder)));
    expect(new Set(all.map((keys) => JSON.stringify(keys))).size).toBe(1);
    expect(await readdir(folder)).toEqual(['master.keys']);
  });

  it('are not made beside a store that needs those that are missing', async () => {
    const folder = join(root, 'data');
    const refused = masterKeysOfFolder({ folder, random: systemRandom, isNeeded: async () => true });
    await expect(refused).rejects.toBeInstanceOf(SecretsRefused);
    await expect(refused).rejects.toThrow(/master\.keys is missing.*backup.*OTP_MASTER_KEYS/s);
    await expect(stat(folder)).rejects.toThrow('ENOENT');
    const made = await bytesOf(folder);
    const again = await masterKeysOfFolder({ folder, random: systemRandom, isNeeded: async () => true });
    expect(again.map(({ id }) => id)).toEqual(made.map(([id]) => id));
  });

  it('may be rotated by hand: one entry a line, the first wraps', async () => {
    const entry = newMasterKeyEntry(systemRandom);
    const [made] = await bytesOf(root);
    const path = join(root, 'master.keys');
    await writeFile(path, `${entry}\n${await readFile(path, 'utf8')}`);
    expect((await bytesOf(root)).map(([id]) => id)).toEqual([entry.split(':')[0], made![0]]);
  });

  it('are refused, naming the file, when the file is damaged', async () => {
    await writeFile(join(root, 'master.keys'), 'a:AAAA');
    await expect(
      masterKeysOfFolder({ folder: root, random: systemRandom, isNeeded: async () => false }),
    ).rejects.toThrow(/master\.keys cannot be used.*3 bytes/s);
  });

  it('are refused with advice when the folder cannot be made', async () => {
    await writeFile(join(root, 'file'), '');
    const refused = masterKeysOfFolder({
      folder: join(root, 'file'),
      random: systemRandom,
      isNeeded: async () => false,
    });
    await expect(refused).rejects.toBeInstanceOf(SecretsRefused);
    await expect(refused).rejects.toThrow(/ENOTDIR.*OTP_MASTER_KEYS/s);
  });

  it.skipIf(process.getuid?.() === 0)(
    'are refused with advice when the folder cannot be written',
    async () => {
      await chmod(root, 0o500);
      await expect(
        masterKeysOfFolder({ folder: root, random: systemRandom, isNeeded: async () => false }),
      ).rejects.toThrow(/EACCES.*permissions/s);
    },
  );
});
