import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { connectJson } from '../../support/connectJson.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manualClock.js';
import { startService, type TestService } from '../../support/service.js';
import { keyOf, newKey } from '../../support/tenant.js';
import { type Backend, json, startBackend } from './support/backend.js';

const SERVICE = 'otp.admin.v1.GuardService';
let service: TestService;
let backend: Backend;
beforeAll(async () => {
  // The published library looks at the machine's clock.
  service = await startService({ clock: new ManualClock(Date.now()) });
  backend = await startBackend();
});
afterAll(async () => {
  await service.stop();
  await backend.close();
});
beforeEach(() => {
  backend.asked.splice(0);
  backend.answer = json({ allow: true });
});

type Calls = ReturnType<typeof connectJson>;
let tenants = 0;
/** A workspace whose guard asks the backend, and the secret of its questions. */
async function asking(veto: object = {}): Promise<{ admin: Calls; workspace: string; secret: string }> {
  const workspace = `acme-${++tenants}`;
  const admin = await keyOf(service, workspace);
  const { status, body } = await admin(`${SERVICE}/UpdateGuard`, {
    guard: { veto: { url: backend.url, ...veto } },
    updateMask: 'veto',
  });
  expect(status).toBe(200);
  return { admin, workspace, secret: body.vetoSecret };
}
let numbers = 0;
const newPhone = () => `+57300${String(1_000_000 + ++numbers)}`;
const send = (admin: Calls, more: object = {}) =>
  admin('otp.v1.OtpService/Send', { recipients: { sms: newPhone() }, ...more });
const refused = async (admin: Calls) =>
  (await admin(`${SERVICE}/ListRefusedSends`, {})).body.refusedSends ?? [];
const sessions = async (admin: Calls) =>
  (await admin('otp.v1.OtpService/ListSessions', {})).body.sessions ?? [];

describe('a workspace’s backend', () => {
  it('is asked about a message before it is sent, signed so that the published library verifies it', async () => {
    const { admin, workspace, secret } = await asking();
    const recipients = { email: 'a.person@example.com', sms: '+573001234542', whatsapp: '+442079460018' };
    const sent = await send(admin, { recipients, purpose: 'login', metadata: { user_id: '7', deep: [1] } });
    expect(sent.status).toBe(200);
    const { headers, body, path } = backend.asked[0]!;
    expect(path).toBe('/check');
    expect(headers['content-type']).toBe('application/json');
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({
      type: 'send.check',
      workspace,
      client: expect.stringMatching(/^[0-9a-f-]{36}$/),
      session_id: sent.body.session.id,
      resend: false,
      purpose: 'login',
      metadata: { user_id: '7', deep: [1] },
      recipients: [
        { channel: 'sms', recipient: '+57 300 *** ** 42', country: 'CO' },
        { channel: 'whatsapp', recipient: '+44 207 *** ** 18', country: 'GB' },
      ],
    });
    for (const secretText of ['3001234542', '2079460018', 'a.person', 'example.com'])
      expect(body).not.toContain(secretText);
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
    expect(backend.asked).toHaveLength(1);
  });

  it('is asked again about each resend, by an id of its own', async () => {
    const { admin } = await asking();
    const { body } = await send(admin);
    service.clock.advance(30_000);
    const again = await admin('otp.v1.OtpService/Resend', { sessionId: body.session.id });
    expect(again.status).toBe(200);
    const [first, second] = backend.asked;
    expect(JSON.parse(second!.body)).toEqual({ ...JSON.parse(first!.body), resend: true });
    expect(second!.headers['webhook-id']).not.toBe(first!.headers['webhook-id']);
  });

  it('refuses a resend, and the session and its code are as they were', async () => {
    const { admin } = await asking();
    const { body } = await send(admin);
    const sessionId = body.session.id;
    const message = await eventually(async () =>
      (await service.inbox()).find(({ session_id }) => session_id === sessionId),
    );
    backend.answer = json({ allow: false, reason: 'too many' });
    service.clock.advance(30_000);
    const again = await admin('otp.v1.OtpService/Resend', { sessionId });
    expect(again.reason).toBe('SEND_REFUSED');
    expect(await refused(admin)).toMatchObject([
      { sessionId, rules: ['GUARD_RULE_VETO'], detail: 'too many', recipients: [{ channel: 'CHANNEL_SMS' }] },
    ]);
    const code = /\d{6}/.exec(message.text)![0];
    expect((await admin('otp.v1.OtpService/Verify', { sessionId, code })).status).toBe(200);
    expect((await service.inbox()).filter(({ session_id }) => session_id === sessionId)).toHaveLength(1);
  });

  it('is not asked about e-mail, the sandbox, or what a rule refused already', async () => {
    const { admin } = await asking();
    expect((await send(admin, { recipients: { email: 'a@example.com' } })).status).toBe(200);
    expect((await send(admin, { sandbox: true })).status).toBe(200);
    await admin(`${SERVICE}/UpdateGuard`, { guard: { countryBlock: ['CO'] }, updateMask: 'countryBlock' });
    expect((await send(admin)).reason).toBe('SEND_REFUSED');
    expect(backend.asked).toEqual([]);
  });

  it('says no: nothing is sent, counted or charged, and its reason is kept', async () => {
    const { admin, workspace } = await asking();
    const operator = 'otp.admin.v1.WalletService';
    const call = await keyOf(service, 'default', ['operator', 'admin']);
    const wallet = { enabled: true, prices: { smsMicros: 50_000 } };
    await call(`${operator}/UpdateWallet`, { workspace, wallet, updateMask: 'enabled,prices' });
    await call(`${operator}/CreditWallet`, { workspace, amountMicros: 1_000_000 });
    const limit = { rule: 'recipient-sends', max: 1 };
    await admin('otp.admin.v1.LimitService/UpdateLimit', { limit, updateMask: 'max' });
    await admin(`${SERVICE}/UpdateGuard`, {
      guard: {
        prefixVelocity: { max: 1 },
        countryVelocity: { max: 1 },
        dailyCeiling: { messages: 1, spendMicros: 50_000 },
      },
      updateMask: 'prefixVelocity,countryVelocity,dailyCeiling',
    });
    const recipients = { sms: newPhone() };
    backend.answer = json({ allow: false, reason: `risk ${'x'.repeat(300)}` });
    for (let n = 0; n < 3; n++) {
      const { reason, status, headers } = await send(admin, { recipients });
      expect([reason, status, headers.get('retry-after')]).toEqual(['SEND_REFUSED', 403, null]);
    }
    const balance = async () =>
      (await call(`${operator}/GetWallet`, { workspace })).body.wallet.balanceMicros;
    expect(await balance()).toBe('1000000');
    expect(await sessions(admin)).toEqual([]);
    const kept = await refused(admin);
    expect(kept).toHaveLength(3);
    expect(kept[0].detail).toBe(`risk ${'x'.repeat(195)}`);
    expect(kept[0]).not.toHaveProperty('sessionId');

    backend.answer = json({ allow: true });
    expect((await send(admin, { recipients })).status).toBe(200);
    expect(await balance()).toBe('950000');
    expect((await send(admin, { recipients })).reason).toBe('SEND_REFUSED');
    expect((await refused(admin))[0].rules).toEqual([
      'GUARD_RULE_PREFIX_VELOCITY',
      'GUARD_RULE_COUNTRY_VELOCITY',
      'GUARD_RULE_DAILY_MESSAGES',
      'GUARD_RULE_DAILY_SPEND',
    ]);
  });

  it('is asked after the limits, which a refusal of theirs does not count either', async () => {
    const { admin } = await asking();
    await admin('otp.admin.v1.LimitService/UpdateLimit', {
      limit: { rule: 'recipient-sends', max: 1 },
      updateMask: 'max',
    });
    await admin(`${SERVICE}/UpdateGuard`, {
      guard: { prefixVelocity: { max: 2 } },
      updateMask: 'prefixVelocity',
    });
    const recipients = { sms: '+573009990001' };
    expect((await send(admin, { recipients })).status).toBe(200);
    for (let n = 0; n < 3; n++) expect((await send(admin, { recipients })).reason).toBe('RATE_LIMITED');
    expect(backend.asked).toHaveLength(1);
    expect((await send(admin, { recipients: { sms: '+573009990002' } })).status).toBe(200);
    expect((await send(admin, { recipients: { sms: '+573009990003' } })).reason).toBe('SEND_REFUSED');
  });

  it('gives the same answer to a request that is repeated, and is asked once for what was sent', async () => {
    const { admin } = await asking();
    const request = { recipients: { sms: newPhone() }, requestId: 'r-1' };
    backend.answer = json({ allow: false });
    expect((await send(admin, request)).reason).toBe('SEND_REFUSED');
    backend.answer = json({ allow: true });
    const sent = await send(admin, request);
    expect(sent.status).toBe(200);
    expect((await send(admin, request)).body.session.id).toBe(sent.body.session.id);
    expect(backend.asked).toHaveLength(2);
  });
});

/** Every way not to answer, and what is told of it. */
const MISBEHAVIOUR: [what: string, answer: (response: ServerResponse) => void, detail: string][] = [
  ['is slow', () => service.clock.advance(1_000), 'TIMEOUT'],
  [
    'stops halfway',
    (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"allow"');
      service.clock.advance(1_000);
    },
    'TIMEOUT',
  ],
  ['fails', json({ allow: true }, 500), 'HTTP_500'],
  ['is busy', json({ allow: true }, 503), 'HTTP_503'],
  ['answers with nothing', (response) => void response.writeHead(204).end(), 'HTTP_204'],
  [
    'leads elsewhere',
    (response) => void response.writeHead(307, { location: `${backend.url}/other` }).end(),
    'HTTP_307',
  ],
  ['writes no JSON', (response) => void response.end('allow'), 'NOT_UNDERSTOOD'],
  ['writes half of it', (response) => void response.end('{"allow": tr'), 'NOT_UNDERSTOOD'],
  ['writes other JSON', json([{ allow: true }]), 'NOT_UNDERSTOOD'],
  ['writes nothing', json(null), 'NOT_UNDERSTOOD'],
  ['says yes in a text', json({ allow: 'true' }), 'NOT_UNDERSTOOD'],
  ['says neither', json({ allowed: true }), 'NOT_UNDERSTOOD'],
  ['writes too much', json({ allow: true, more: 'x'.repeat(16_384) }), 'TOO_LARGE'],
  ['hangs up', (response) => response.destroy(), 'UNREACHABLE'],
];

describe.each(MISBEHAVIOUR)('a backend that %s', (_what, answer, detail) => {
  it('refuses the send, for a second, where it fails closed', async () => {
    const { admin } = await asking();
    backend.answer = answer;
    const { reason, headers } = await send(admin);
    expect([reason, headers.get('retry-after')]).toEqual(['SEND_REFUSED', '1']);
    expect(await refused(admin)).toMatchObject([{ rules: ['GUARD_RULE_VETO_UNANSWERED'], detail }]);
    expect(await sessions(admin)).toEqual([]);
    expect(backend.asked.map(({ path }) => path)).toEqual(['/check']);
  });

  it('lets the send pass where it fails open, and that is logged', async () => {
    const { admin, workspace } = await asking({ failOpen: true });
    backend.answer = answer;
    expect((await send(admin)).status).toBe(200);
    expect(await refused(admin)).toEqual([]);
    const lines = service
      .logged()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ workspace, error: detail, failOpen: true }));
  });
});

describe('a backend', () => {
  it('that is not there refuses where it fails closed', async () => {
    const gone = await startBackend();
    await gone.close();
    const { admin } = await asking({ url: gone.url });
    expect((await send(admin)).reason).toBe('SEND_REFUSED');
    expect(await refused(admin)).toMatchObject([{ detail: 'UNREACHABLE' }]);
  });

  it('may answer up to the last millisecond of its time, and with 16,384 bytes', async () => {
    const { admin } = await asking({ timeout: '5s' });
    const padding = 'x'.repeat(16_384 - '{"allow":true,"more":""}'.length);
    backend.answer = (response) => {
      service.clock.advance(4_999);
      json({ allow: true, more: padding })(response);
    };
    expect((await send(admin)).status).toBe(200);
    backend.answer = () => service.clock.advance(5_000);
    expect((await send(admin)).reason).toBe('SEND_REFUSED');
  });

  it('that fails open is heard all the same when it says no', async () => {
    const { admin } = await asking({ failOpen: true });
    backend.answer = json({ allow: false });
    expect((await send(admin)).reason).toBe('SEND_REFUSED');
    expect((await refused(admin))[0]).not.toHaveProperty('detail');
  });

  it('is asked on behalf of a caller that leaves, and nothing is sent, counted or recorded', async () => {
    const { admin, workspace } = await asking({ failOpen: true });
    await admin(`${SERVICE}/UpdateGuard`, {
      guard: { prefixVelocity: { max: 1 } },
      updateMask: 'prefixVelocity',
    });
    const key = await newKey(service, workspace);
    const caller = new AbortController();
    let held: ServerResponse | undefined;
    backend.answer = (response) => {
      held = response;
      caller.abort();
    };
    const abandoned = fetch(`${service.baseUrl}/otp.v1.OtpService/Send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ recipients: { sms: '+573008880001' } }),
      signal: caller.signal,
    });
    await expect(abandoned).rejects.toThrow();
    await eventually(() => service.logged().includes('"reason":"ABANDONED"'));
    await eventually(() => held!.closed);
    expect(await sessions(admin)).toEqual([]);
    expect(await refused(admin)).toEqual([]);
    backend.answer = json({ allow: true });
    expect((await send(admin, { recipients: { sms: '+573008880002' } })).status).toBe(200);
  });
});
