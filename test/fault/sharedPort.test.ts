import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const KEY = randomBytes(24).toString('base64url');
const timeout = 90_000;

beforeAll(() => builtMain(), 120_000);

describe('two workers on one port', () => {
  let dataDir: string;
  let service: ServiceProcess;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'countersign-port-'));
    service = await startProcess({
      OTP_WORKERS: '2',
      OTP_DATA_DIR: dataDir,
      OTP_BOOTSTRAP_API_KEY: KEY,
      OTP_HASH: 'hmac',
    });
  }, timeout);
  afterAll(async () => {
    await service?.end('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  const status = async () => (await fetch(`${service.baseUrl}/readyz`)).status;
  const metric = async (name: string) => {
    const text = await (await fetch(`${service.baseUrl}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+-]+)$`, 'm').exec(text)?.[1]);
  };
  const workers = async () => (await metric('process_resident_memory_bytes')) / 2 ** 20;

  it('are ready once both are', { timeout }, async () => {
    expect(await eventually(async () => (await status()) === 200)).toBe(true);
  });

  it('share sessions, attempts and metrics', { timeout }, async () => {
    // New connections go to the two in turn.
    const call = connectJson(service.baseUrl, KEY);
    const send = () =>
      call('otp.v1.OtpService/Send', {
        recipients: { email: `w.${randomBytes(4).toString('hex')}@example.com` },
        sandbox: true,
      });
    const sent = await Promise.all(Array.from({ length: 12 }, send));
    for (const { status: code, body } of sent) {
      expect(code).toBe(200);
      const verified = await call('otp.v1.OtpService/Validate', {
        sessionId: body.session.id,
        code: body.sandboxCodes.email,
      });
      expect(verified.status).toBe(200);
    }
    const text = await (await fetch(`${service.baseUrl}/metrics`)).text();
    const sends = [...text.matchAll(/^countersign_calls_total\{([^}]*method="[^"]*Send"[^}]*)\} (\d+)$/gm)];
    expect(sends.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(12);
    expect(await workers()).toBeGreaterThan(0);
  });

  it('end together on SIGTERM, with code 0', { timeout }, async () => {
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await expect(fetch(`${service.baseUrl}/healthz`)).rejects.toThrow();
  });
});
