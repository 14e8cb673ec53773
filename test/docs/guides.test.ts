import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, createConsumer, snippetsOf } from '../clients/support/consumer.js';
import { startService, type TestService } from '../support/service.js';

const run = promisify(execFile);

let service: TestService;
let consumer: Consumer;
beforeAll(async () => {
  service = await startService();
  consumer = await createConsumer();
}, 120_000);
afterAll(async () => {
  await service.stop();
  await consumer.remove();
});

describe('the guides, followed to the letter', { timeout: 120_000 }, () => {
  it('integrate in an afternoon: the backend and the page compile, and the tests pass with a test key', async () => {
    const [payments, page, tests] = await snippetsOf('docs/guides/integrate-in-an-afternoon.md');
    await consumer.compile({ payments: payments!, page: page!, 'payments.test': tests! });
    const env = { OTP_URL: service.baseUrl, OTP_API_KEY: service.testKey, OTP_ACCEPT_SANDBOX: '1' };
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', 'payments.test.js'], {
      cwd: consumer.dir,
      env: { PATH: process.env.PATH, ...env },
    });
    expect(stdout).toMatch(/^# pass 4$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  it.skipIf(process.platform === 'win32')(
    'first workspace and key: the commands create a workspace and keys that may do what is said of them',
    async () => {
      const text = await readFile(join('docs', 'guides', 'first-workspace-and-key.md'), 'utf8');
      const snippets = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, commands]) => commands!);
      const script = snippets.join('\necho ======\n').replaceAll('http://127.0.0.1:8080', service.baseUrl);
      const child = run('bash', ['-c', script]);
      child.child.stdin!.end(`${service.liveKey}\n`);
      const { stdout } = await child;
      const [nothing, workspace, live, sandbox, denied, revoked] = stdout
        .split('======\n')
        .map((part) => (part.trim() ? JSON.parse(part) : part));
      expect(nothing).toBe('');
      expect(workspace).toMatchObject({ workspace: { name: 'shop', brand: 'The Shop' } });
      expect(live).toMatchObject({ session: { status: 'SESSION_STATUS_PENDING' } });
      expect(live.sandboxCodes).toBeUndefined();
      expect(sandbox.sandboxCodes).toEqual({ email: expect.stringMatching(/^\d{6}$/) });
      expect(denied.details[0].debug.reason).toBe('PERMISSION_DENIED');
      expect(revoked).not.toHaveProperty('code');
    },
  );
});
