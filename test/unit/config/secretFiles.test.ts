import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig, SETTINGS } from '../../../server/config/config.js';
import { secretsOf } from '../../../server/config/secretFiles.js';
import { VENDOR_SETTINGS } from '../../../server/delivery/vendors/index.js';
import { TWILIO_SETTINGS } from '../../../server/delivery/vendors/twilio/settings.js';

const KEY = 'sk_otp_live_0123456789abcdef0123456789';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = (environment: Readonly<Record<string, string>>) => readConfig(environment, VENDOR_SETTINGS);

async function file(contents: string): Promise<string> {
  const path = join(folder, 'secret');
  await writeFile(path, contents);
  return path;
}

const problem = (environment: Readonly<Record<string, string>>): string => {
  try {
    read(environment);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('a secret from a file', () => {
  it.each(['', '\n', '\r\n'])('is what the file holds, without one newline at its end (%j)', async (end) => {
    const path = await file(KEY + end);
    expect(read({ OTP_BOOTSTRAP_API_KEY_FILE: path }).bootstrapApiKey).toBe(KEY);
  });

  it('K6 is read without white space at its ends, like a variable', async () => {
    const path = await file(` ${KEY} \n\n`);
    expect(read({ OTP_BOOTSTRAP_API_KEY_FILE: path }).bootstrapApiKey).toBe(KEY);
  });

  it('completes the group of a vendor', async () => {
    const { vendors } = read({
      OTP_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      OTP_TWILIO_AUTH_TOKEN_FILE: await file('token\n'),
      OTP_TWILIO_FROM: '+15005550006',
    });
    expect(vendors.of(TWILIO_SETTINGS)).toMatchObject({ authToken: 'token' });
  });

  it('is refused together with the variable itself, and neither is repeated', async () => {
    const path = await file(KEY);
    const said = problem({ OTP_BOOTSTRAP_API_KEY: KEY, OTP_BOOTSTRAP_API_KEY_FILE: path });
    expect(said).toContain('OTP_BOOTSTRAP_API_KEY_FILE');
    expect(said).toContain('must not be set together with OTP_BOOTSTRAP_API_KEY');
    expect(said).not.toContain(KEY);
  });

  it('is checked as the variable is, without repeating it', async () => {
    const said = problem({ OTP_BOOTSTRAP_API_KEY_FILE: await file('too-short') });
    expect(said).toContain('OTP_BOOTSTRAP_API_KEY: must have at least 32 characters');
    expect(said).not.toContain('too-short');
  });

  it('must be there, readable, and not empty', async () => {
    expect(problem({ OTP_MASTER_KEYS_FILE: join(folder, 'none') })).toContain('ENOENT');
    expect(problem({ OTP_MASTER_KEYS_FILE: folder })).toContain('EISDIR');
    expect(problem({ OTP_MASTER_KEYS_FILE: await file('\n') })).toContain('must not be empty');
  });

  it('exists for every secret, and for nothing else', () => {
    const all = secretsOf([SETTINGS, ...VENDOR_SETTINGS.map(({ settings }) => settings)]);
    expect(all).toEqual(expect.arrayContaining(['MONGODB_URI', 'OTP_MASTER_KEYS', 'OTP_SMTP_URL']));
    expect(all).not.toContain('OTP_EMAIL_FROM');
    expect(read({ OTP_EMAIL_FROM_FILE: join(folder, 'none') })).toBeDefined();
  });
});
