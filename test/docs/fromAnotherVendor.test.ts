import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../../server/errors.js';
import { connectJson } from '../support/connectJson.js';
import { startService, type TestService } from '../support/service.js';
import { deliveredCode } from '../wire/support/delivered.js';

const PAGE = await readFile('docs/guides/from-another-vendor.md', 'utf8');
const VENDORS = PAGE.split(/^## /m)
  .slice(2)
  .map((section) => ({ vendor: section.split('\n')[0]!, rows: section.match(/^\|.*\|$/gm)! }));
/** Every call of the column "ours", with the vendor and the call it replaces. */
const CALLS = VENDORS.flatMap(({ vendor, rows }) =>
  rows.flatMap((row) => {
    const [theirs, ours] = row.slice(2).split(' | ');
    const call = /^`([\w.]+Service\/\w+) (\{.*\})`$/.exec(ours!);
    return call ? [{ vendor, theirs: theirs!, method: call[1]!, message: call[2]! }] : [];
  }),
);

let service: TestService;
let call: ReturnType<typeof connectJson>;
beforeAll(async () => {
  service = await startService();
  call = connectJson(service.baseUrl, service.liveKey);
});
afterAll(() => service.stop());

const PHONE = '+573001234542';

/** A session that a call of the page can be made for, with what its placeholders mean. */
async function openSession(withFallback: boolean) {
  // Limits count what the other rows have sent.
  service.clock.advance(24 * 60 * 60_000);
  const { body } = await call('otp.v1.OtpService/Send', {
    recipients: { sms: PHONE, ...(withFallback && { email: 'me@example.com' }) },
    ...(withFallback && { fallback: [{ channel: 'CHANNEL_EMAIL', wait: '180s' }] }),
  });
  const session: string = body.session.id;
  return { session, code: await deliveredCode(service, session, 'sms') };
}

describe('from another vendor', () => {
  it('has calls for every vendor', () => {
    expect(VENDORS.map(({ vendor }) => vendor)).toHaveLength(4);
    for (const { vendor } of VENDORS) {
      expect(CALLS.filter((one) => one.vendor === vendor).length).toBeGreaterThan(4);
    }
  });

  it.each(CALLS)('$vendor: $theirs is replaced by $method', async ({ method, message }) => {
    const { session, code } = await openSession(message.includes('<waiting>'));
    let filled = message.replace('<session>', session).replace('<waiting>', session).replace('<code>', code);
    if (message.includes('<token>')) {
      const { body } = await call('otp.v1.OtpService/Verify', { sessionId: session, code });
      filled = filled.replace('<token>', body.verificationToken);
    }
    if (method.endsWith('/Resend')) service.clock.advance(31_000);
    expect(filled).not.toContain('<');
    const { status, body } = await call(method, JSON.parse(filled));
    expect({ status, body }).toMatchObject({ status: 200 });
    if (method.endsWith('/Verify')) expect(body.verificationToken).toMatch(/^otvt_/);
    if (method.endsWith('/CancelSession')) expect(body.session.status).toBe('SESSION_STATUS_CANCELED');
    if (method.endsWith('/ListSessions')) expect(body.sessions[0].id).toBe(session);
  });

  it('names reasons that exist', () => {
    const named = [...PAGE.matchAll(/`((?!CHANNEL)[A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !(name in ERRORS))).toEqual([]);
  });
});
