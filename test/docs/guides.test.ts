import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, createConsumer, snippetsOf } from '../clients/support/consumer.js';
import { connectJson } from '../support/connectJson.js';
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

/** What the `sh` snippets of a page print when they are pasted one after another, with a live key: a JSON value for each line. */
async function pasted(page: string) {
  const text = await readFile(join('docs', 'guides', `${page}.md`), 'utf8');
  const snippets = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, commands]) => commands!);
  const script = snippets.join('\necho\n').replaceAll('http://127.0.0.1:8080', service.baseUrl);
  const child = run('bash', ['-c', script]);
  child.child.stdin!.end(`${service.liveKey}\n`);
  const { stdout } = await child;
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
const reasonOf = (response: {
  readonly details?: readonly { readonly debug: { readonly reason: string } }[];
}) => response.details?.[0]?.debug.reason;

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

  it('the page: compiles', async () => {
    const [page] = await snippetsOf('docs/guides/browser-page.md');
    await consumer.compile({ page: page! });
  });

  const posix = it.skipIf(process.platform === 'win32');

  posix(
    'bind to an operation: another operation and another address are refused, the right one succeeds',
    async () => {
      const [operation, address, right] = await pasted('bind-to-an-operation');
      expect(reasonOf(operation)).toBe('OPERATION_MISMATCH');
      expect(reasonOf(address)).toBe('OPERATION_MISMATCH');
      expect(right).toMatchObject({ proof: { operation: { type: 'payment', id: '4711' }, sandbox: true } });
    },
  );

  posix('several channels: all, any, some, one after the other', async () => {
    const responses = await pasted('several-channels');
    expect(responses.map(({ sandboxCodes }) => Object.keys(sandboxCodes).sort())).toEqual([
      ['email', 'sms'],
      ['email', 'sms'],
      ['email', 'sms', 'whatsapp'],
      ['sms', 'whatsapp'],
    ]);
    const call = connectJson(service.baseUrl, service.liveKey);
    const afterOne = async ({ session, sandboxCodes }: (typeof responses)[number]) => {
      const codes = { email: sandboxCodes.email };
      return (await call('otp.v1.OtpService/Verify', { sessionId: session.id, codes })).body.session.status;
    };
    expect(await afterOne(responses[0])).toBe('SESSION_STATUS_PARTIAL');
    expect(await afterOne(responses[1])).toBe('SESSION_STATUS_APPROVED');
    expect(await afterOne(responses[2])).toBe('SESSION_STATUS_APPROVED');
    const live = await call('otp.v1.OtpService/Send', {
      recipients: { whatsapp: '+573001234542', sms: '+573001234542' },
      fallback: [{ channel: 'CHANNEL_SMS', wait: '30s' }],
    });
    const waiting = live.body.session.channels.filter(
      ({ deliveryState }: { deliveryState: string }) => deliveryState === 'DELIVERY_STATE_WAITING',
    );
    expect(waiting).toMatchObject([{ channel: 'CHANNEL_SMS' }]);
  });

  posix('beneficiaries: the rules of the sponsor apply, and addresses stay hidden', async () => {
    const [sponsor, person, needed, proof, forbidden] = await pasted('beneficiaries');
    expect(sponsor).toMatchObject({ sponsor: { slug: 'acme-health' } });
    expect(JSON.stringify(person)).not.toContain('ana@example.com');
    expect(needed).toMatchObject({ otpRequired: true });
    expect(proof).toMatchObject({ proof: { beneficiary: { beneficiaryId: 'm-1001' } } });
    expect(reasonOf(forbidden)).toBe('OTP_NOT_ALLOWED');
    const call = connectJson(service.baseUrl, service.liveKey);
    const unknown = await call('otp.v1.OtpService/Send', {
      sandbox: true,
      beneficiary: { sponsorSlug: 'acme-health', beneficiaryId: 'm-unknown' },
      channels: ['CHANNEL_SMS'],
    });
    expect(unknown.reason).toBe('OTP_NOT_ALLOWED');
  });
});
