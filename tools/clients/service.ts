import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceProcess, startProcess } from '../../test/support/serviceProcess.js';

const INBOX_TOKEN = 'inbox-of-the-clients';
const API_KEY = `sk_otp_live_${'clients'.repeat(5)}`;

/** The built service for clients to call, started when the first of them asks. */
export function startClientService() {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-clients-'));
  let running: Promise<ServiceProcess> | undefined;
  return {
    /** Where it is and how it is called, for tests in other languages. */
    async environment(): Promise<Readonly<Record<string, string>>> {
      running ??= startProcess({
        OTP_DATA_DIR: dataDir,
        OTP_BOOTSTRAP_API_KEY: API_KEY,
        OTP_INBOX_TOKEN: INBOX_TOKEN,
        OTP_LOG_LEVEL: 'warn',
      });
      const { port } = await running;
      return {
        COUNTERSIGN_TARGET: `127.0.0.1:${port}`,
        COUNTERSIGN_API_KEY: API_KEY,
        COUNTERSIGN_INBOX_TOKEN: INBOX_TOKEN,
      };
    },
    async end(): Promise<void> {
      await (await running)?.end();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
