import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { startProcess } from '../support/serviceProcess.js';

const run = promisify(execFile);
const KEY = randomBytes(24).toString('base64url');
/** The soft limit alone, so that it can be raised again. */
const LIMITED = ['sh', '-c', 'ulimit -S -f 3000 && exec "$@"', 'sh'];

beforeAll(() => builtMain(), 120_000);

it.skipIf(process.platform !== 'linux')(
  'a full disk: Sends fail with a wait, the process is not ready, and it is again once a write works',
  { timeout: 60_000 },
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'countersign-full-'));
    const env = { OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY, OTP_HASH: 'hmac' };
    const service = await startProcess(env, { through: LIMITED });
    try {
      const call = connectJson(service.baseUrl, KEY);
      let sent = 0;
      const send = () =>
        call('otp.v1.OtpService/Send', {
          recipients: { email: `full.${sent++}@example.com` },
          metadata: { filling: 'x'.repeat(8_000) },
        });
      const ready = async () => (await fetch(`${service.baseUrl}/readyz`)).status;
      expect(await ready()).toBe(200);
      const refused = await eventually(async () => {
        const response = await send();
        return response.status !== 200 && response;
      });
      expect(refused).toMatchObject({ status: 503, reason: 'STORE_UNAVAILABLE' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await ready()).toBe(503);
      // Reading still works, and so does the process.
      expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
      expect((await fetch(`${service.baseUrl}/healthz`)).status).toBe(200);
      expect(await ready()).toBe(503);

      await run('prlimit', ['--pid', String(service.process.pid), '--fsize=unlimited']);
      expect(await ready()).toBe(200);
      expect((await send()).status).toBe(200);
    } finally {
      await service.end('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
