import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { deliveredCode, otherThan } from '../wire/support/delivered.js';
import { commandLine } from './support/commandLine.js';

let service: TestService;
let env: Readonly<Record<string, string>>;
let run: ReturnType<typeof commandLine>;
beforeAll(async () => {
  service = await startService();
  env = { COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: service.liveKey };
  run = commandLine({ ...env, OTP_DATA_DIR: service.dataDir });
});
afterAll(() => service.stop());

/** A new session, and the code that was sent. */
async function sent(recipient: string, ...options: readonly string[]) {
  const { out } = await run(['send', recipient, ...options, '--json']);
  const { id } = JSON.parse(out).session as { id: string };
  return { id, code: await deliveredCode(service, id) };
}

describe('commands for codes', () => {
  it('send, verify and redeem: the proof is redeemed once', async () => {
    const { id, code } = await sent('flow@example.com', '--operation', 'payment:4711');
    const verified = await run(['verify', id], { input: `${code}\n` });
    expect(verified).toMatchObject({ status: 0, out: expect.stringMatching(/^otvt_\w{58}\n$/), err: '' });
    const redeem = () => run(['redeem', '--operation', 'payment:4711'], { input: verified.out });
    expect(await redeem()).toMatchObject({ status: 0, out: expect.stringContaining('payment:4711') });
    expect(await redeem()).toMatchObject({ status: 70, err: expect.stringContaining('TOKEN_REDEEMED') });
  });

  it('a code for a transaction is compared with the same transaction only, and redeemed for it', async () => {
    const bound = ['--operation', 'payment:4712', '--currency', 'EUR', '--payee', 'ACME'];
    const { id, code } = await sent('transaction@example.com', ...bound, '--amount', '20.00');
    const verify = (...options: readonly string[]) => run(['verify', id, ...options], { input: code });
    for (const other of [[], ['--operation', 'payment:4712'], [...bound, '--amount', '2000.00']])
      expect(await verify(...other)).toMatchObject({
        status: 70,
        err: expect.stringContaining('OPERATION_MISMATCH'),
      });
    const verified = await verify(...bound, '--amount', '20');
    expect(verified).toMatchObject({ status: 0, err: '' });
    const redeem = (amount: string) => run(['redeem', ...bound, '--amount', amount], { input: verified.out });
    expect(await redeem('20.01')).toMatchObject({ err: expect.stringContaining('OPERATION_MISMATCH') });
    expect((await redeem('20')).status).toBe(0);
  });

  it('a transaction is named whole, and with its operation', async () => {
    const send = (...options: readonly string[]) => run(['send', 'part@example.com', ...options]);
    expect(await send('--amount', '20')).toMatchObject({
      status: 64,
      err: expect.stringContaining('give --operation as well'),
    });
    expect(await send('--operation', 'payment:1', '--amount', '20')).toMatchObject({
      status: 64,
      err: expect.stringContaining('needs --amount, --currency and --payee'),
    });
  });

  it('send accepts a phone and an e-mail address at once, and every option', async () => {
    const { out, status } = await run([
      'send', 'all@example.com', '+573001234542', '--channel', 'whatsapp', '--purpose', 'login', '--locale', 'es',
      '--code-length', '8', '--lifetime', '2m', '--request-id', 'r-1', '--sandbox', '--json',
    ]); // biome-ignore format: one option after another
    expect(status).toBe(0);
    const { session, sandboxCodes } = JSON.parse(out);
    expect(session).toMatchObject({ purpose: 'login', sandbox: true, codeLength: 8 });
    expect(Object.keys(sandboxCodes).sort()).toEqual(['email', 'whatsapp']);
  });

  it('send refuses two addresses for one channel before it calls', async () => {
    const { status, err } = await run(['send', 'a@example.com', 'b@example.com']);
    expect(status).toBe(64);
    expect(err).toContain('more than one recipient for email');
  });

  it('verify says how many attempts are left after a wrong code, and exits with 65', async () => {
    const { id, code } = await sent('wrong@example.com');
    const { status, out, err } = await run(['verify', id], { input: otherThan(code) });
    expect({ status, out }).toEqual({ status: 65, out: '' });
    expect(err).toBe('error: Invalid OTP (INVALID_CODE)\n  Attempts left: 2.\n');
  });

  it('introspect prints the state of a token and leaves it usable', async () => {
    const { id, code } = await sent('look@example.com');
    const { out: token } = await run(['verify', id], { input: code });
    expect((await run(['introspect'], { input: token })).out).toMatch(/^active\t/);
    expect((await run(['redeem', '--operation', 'payment:1'], { input: token })).status).toBe(0);
  });

  it('resend too soon exits with 75 and says when to try again', async () => {
    const { id } = await sent('again@example.com');
    expect(await run(['resend', id])).toMatchObject({
      status: 75,
      err: expect.stringMatching(/RESEND_TOO_SOON\)\n {2}Try again in \d+ s\.\n$/),
    });
    service.clock.advance(31_000);
    expect(await run(['resend', id, '--channels', 'email'])).toMatchObject({ status: 0 });
  });

  it('cancel ends a session, and watch prints its events until then', async () => {
    const { id, code } = await sent('watched@example.com');
    const watching = run(['watch', id]);
    expect(await run(['cancel', id])).toMatchObject({ status: 0, out: expect.stringContaining('canceled') });
    const { status, out } = await watching;
    expect(status).toBe(0);
    expect(out.trim().split('\n').at(-1)).toMatch(/\tsession_canceled\t\tcanceled$/);
    expect((await run(['verify', id], { input: code })).status).toBe(70);
  });

  it('sessions ls filters, and stops at its limit', async () => {
    for (const n of [1, 2, 3]) await sent(`listed-${n}@example.com`, '--purpose', 'listing');
    const all = await run(['sessions', 'ls', '--purpose', 'listing']);
    expect(all.out.trim().split('\n')).toHaveLength(3);
    const limited = await run(['sessions', 'ls', '--purpose', 'listing', '--limit', '2']);
    expect(limited.out.trim().split('\n')).toHaveLength(2);
    expect(limited.err).toContain('There are more');
    const one = await run(['sessions', 'ls', '--recipient', 'listed-2@example.com', '--all', '--json']);
    expect(JSON.parse(one.out)).toMatchObject([{ purpose: 'listing' }]);
    expect((await run(['sessions', 'ls', '--status', 'approved', '--purpose', 'listing'])).out).toBe('');
  });

  it('sessions get prints every channel with the state of its message', async () => {
    const { id } = await sent('state@example.com');
    // The message is in the inbox before its outcome is stored.
    const out = await eventually(async () => {
      const printed = await run(['sessions', 'get', id], { terminal: true });
      return /^email +s\*\*\*e@example.com accepted$/m.test(printed.out) && printed.out;
    });
    expect(out).toMatch(/^FIELD +VALUE\n/);
    expect(await run(['sessions', 'get', 'none'])).toMatchObject({ status: 66 });
  });

  it('inbox code prints the latest code for a recipient, and 66 where none arrives', async () => {
    const { code } = await sent('inbox@example.com');
    expect((await run(['inbox', 'code', 'inbox@example.com'])).out).toBe(`${code}\n`);
    expect((await run(['inbox', '--json'])).out).toContain(code);
    expect((await run(['inbox'])).out).toMatch(/^\d{4}-\d\d-\d\dT\S+Z\temail\tinbox@example\.com\t/);
    expect(await run(['inbox', 'code', 'unknown@example.com', '--timeout', '0s'])).toMatchObject({
      status: 66,
    });
    expect(await run(['inbox', 'code', 'no address', '--timeout', '0s'])).toMatchObject({
      status: 65,
      err: expect.stringContaining('recipient'),
    });
    const byCode = commandLine({ ...env, OTP_INBOX_TOKEN: 'another-token-of-16' });
    expect(await byCode(['inbox', 'code', 'inbox@example.com'])).toMatchObject({ status: 77, out: '' });
    const by = (more: Readonly<Record<string, string>>) =>
      commandLine({ ...env, ...more })(['inbox', '--json']);
    expect((await by({ OTP_INBOX_TOKEN: service.inboxToken })).out).toContain(code);
    expect(await by({ OTP_INBOX_TOKEN: 'another-token-of-16' })).toMatchObject({ status: 77, out: '' });
    expect(await by({ OTP_DATA_DIR: 'no/such/folder' })).toMatchObject({
      status: 77,
      err: expect.stringContaining('OTP_INBOX_TOKEN'),
    });
  });

  it('simulate opens sandbox sessions, verifies the share asked for, and counts refusals by reason', async () => {
    const { out, status } = await run(['simulate', '--sends', '20', '--approve', '60%', '--json']);
    expect({ status, ...JSON.parse(out) }).toMatchObject({
      status: 0,
      sent: 20,
      approved: 12,
      conversion: 60,
      refused: {},
    });
    expect((await run(['simulate', '--approve', '120%'])).status).toBe(64);
    const gone = commandLine({ COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: 'sk_otp_live_none' });
    expect((await gone(['simulate', '--sends', '1'])).status).toBe(77);
  });

  it('support prints the timeline of a session', async () => {
    const { id } = await sent('timeline@example.com');
    // The message goes out behind the response.
    await eventually(async () => {
      const { out, status } = await run(['support', 'timeline', id]);
      expect(status).toBe(0);
      return out.includes('email');
    });
  });
});
