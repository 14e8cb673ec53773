import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../server/platform/clock.js';
import { connectJson } from '../support/connectJson.js';
import { startService, type TestService } from '../support/service.js';
import { commandLine } from './support/commandLine.js';

let folder: string;
let dataDir: string;
let service: TestService<typeof systemClock>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-doctor-'));
  dataDir = join(folder, 'data');
  service = await startService({ clock: systemClock, env: { OTP_DATA_DIR: dataDir } });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Found {
  readonly status: string;
  readonly check: string;
  readonly finding: string;
  readonly cure: string;
}

/** The findings for these settings, at that time. */
async function doctor(env: Readonly<Record<string, string>>, now: () => number = Date.now) {
  const { out, err, status } = await commandLine(
    { OTP_DATA_DIR: dataDir, ...env },
    now,
  )(['doctor', '--json']);
  const findings = JSON.parse(out) as readonly Found[];
  // What is found has a cure, and what is in order needs none.
  for (const found of findings) expect(Boolean(found.cure)).toBe(found.status !== 'ok');
  return { findings, err, status, of: (check: string) => findings.find((one) => one.check === check) };
}

describe('doctor', () => {
  it('finds a new service in order but for its backups', async () => {
    const { findings, status } = await doctor({});
    expect(status).toBe(0);
    expect(findings.filter(({ status }) => status !== 'ok').map(({ check }) => check)).toEqual(['backups']);
  });

  it('lists every setting that is wrong, and exits with 78', async () => {
    const { findings, status } = await doctor({ PORT: 'x', OTP_HASH: 'md5' });
    expect(status).toBe(78);
    expect(findings.map(({ finding }) => finding)).toEqual([
      expect.stringContaining('PORT=x'),
      expect.stringContaining('OTP_HASH=md5'),
    ]);
  });

  it('finds a backup that is older than a day', async () => {
    await commandLine({ OTP_DATA_DIR: dataDir })(['backup', join(folder, 'doctor.db')]);
    expect((await doctor({})).of('backups')).toMatchObject({ status: 'ok' });
    const later = () => Date.now() + 30 * 3_600_000;
    expect((await doctor({}, later)).of('backups')).toMatchObject({
      status: 'warning',
      finding: expect.stringMatching(/(29|30) hours old/),
    });
  });

  it('finds a master key that does not open the ring, and one that wraps nothing', async () => {
    const other = `other:${Buffer.alloc(32, 1).toString('base64')}`;
    const missing = await doctor({ OTP_MASTER_KEYS: other });
    expect(missing.of('master keys')).toMatchObject({
      status: 'fault',
      finding: expect.stringContaining('which is missing'),
    });
    expect(missing.status).toBe(78);
    const { readFile } = await import('node:fs/promises');
    const own = (await readFile(join(dataDir, 'master.keys'), 'utf8')).trim();
    const unused = await doctor({ OTP_MASTER_KEYS: `${own},${other}` });
    expect(unused.of('master keys')).toMatchObject({
      status: 'warning',
      finding: expect.stringContaining('other wrap none'),
    });
  });

  it.skipIf(process.platform === 'win32')('finds master keys that others can read', async () => {
    await chmod(join(dataDir, 'master.keys'), 0o644);
    expect((await doctor({})).of('permissions')).toMatchObject({ cure: expect.stringContaining('chmod') });
    await chmod(join(dataDir, 'master.keys'), 0o600);
  });

  it('finds a provider that cannot be reached, and prints no password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const smtp = { OTP_SMTP_URL: `smtp://user:hunter2@127.0.0.1:${port}`, OTP_SMTP_FROM: 'otp@example.com' };
    expect((await doctor(smtp)).of('provider smtp')).toMatchObject({ status: 'ok' });
    await new Promise((resolve) => server.close(resolve));
    const { of, findings, status } = await doctor(smtp);
    expect(of('provider smtp')).toMatchObject({
      status: 'fault',
      finding: expect.stringContaining('ECONNREFUSED'),
    });
    expect(JSON.stringify(findings)).not.toContain('hunter2');
    expect(status).toBe(78);
  });

  it('finds a public URL that does not lead to the service, and clocks that differ', async () => {
    expect((await doctor({ OTP_PUBLIC_URL: 'http://127.0.0.1:1' })).of('public URL')).toMatchObject({
      status: 'fault',
    });
    const reached = await doctor({ OTP_PUBLIC_URL: service.baseUrl });
    expect(reached.of('public URL')).toMatchObject({ status: 'ok' });
    expect(reached.of('clock')).toMatchObject({ status: 'ok' });
    const ahead = await doctor({ OTP_PUBLIC_URL: service.baseUrl }, () => Date.now() + 60_000);
    expect(ahead.of('clock')).toMatchObject({ status: 'fault', cure: expect.stringContaining('NTP') });
  });

  it('finds what the running service noticed: people behind a proxy that is not trusted', async () => {
    const { port } = new URL(service.baseUrl);
    expect((await doctor({ PORT: port })).of('setup')).toBeUndefined();
    await fetch(`${service.baseUrl}/healthz`, { headers: { 'x-forwarded-for': '203.0.113.1' } });
    for (const env of [{ PORT: port }, { OTP_PUBLIC_URL: service.baseUrl }] as const)
      expect((await doctor(env)).of('setup')).toMatchObject({
        status: 'warning',
        finding: expect.stringContaining('OTP_TRUSTED_PROXIES'),
      });
  });

  it('finds Sends that name no source', async () => {
    const send = async (more: object) => {
      const recipients = { email: `source.${people++}@example.com` };
      const sent = await connectJson(service.baseUrl, service.liveKey)('otp.v1.OtpService/Send', {
        recipients,
        ...more,
      });
      expect(sent.status).toBe(200);
    };
    let people = 0;
    expect((await doctor({})).of('sources')).toBeUndefined();
    await send({ endUserIp: '203.0.113.1' });
    await send({ deviceId: 'a-device-of-the-person' });
    expect((await doctor({})).of('sources')).toMatchObject({ status: 'ok' });
    await send({});
    expect((await doctor({})).of('sources')).toMatchObject({
      status: 'warning',
      finding: expect.stringContaining('33 % of the latest 3 Sends'),
    });
  });

  it('finds channels without a provider and untrusted proxies in production', async () => {
    const { of } = await doctor({
      OTP_ENV: 'production',
      OTP_MASTER_KEYS: `1:${Buffer.alloc(32, 2).toString('base64')}`,
    });
    expect(of('channel sms')).toMatchObject({ status: 'warning' });
    expect(of('proxies')).toMatchObject({ cure: expect.stringContaining('OTP_TRUSTED_PROXIES') });
    expect(of('public URL')).toMatchObject({ cure: 'set OTP_PUBLIC_URL' });
  });

  it('finds a damaged store', async () => {
    const damaged = join(folder, 'damaged');
    const { mkdir } = await import('node:fs/promises');
    await mkdir(damaged, { mode: 0o700 });
    await writeFile(join(damaged, 'countersign.db'), 'not a database, although its name says that it is');
    expect((await doctor({ OTP_DATA_DIR: damaged })).of('store')).toMatchObject({
      status: 'fault',
      cure: expect.stringContaining('backup'),
    });
  });
});
