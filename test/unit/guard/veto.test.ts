import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { keyOf } from '../../support/tenant.js';
import { json } from './support/backend.js';
import { SERVICE, vetoAdmin } from './support/vetoAdmin.js';

const { service, backend, asking, newPhone, send, refused, sessions } = await vetoAdmin();

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
    backend.respond = json({ allow: false, reason: 'too many' });
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
    backend.respond = json({ allow: false, reason: `risk ${'x'.repeat(300)}` });
    for (let n = 0; n < 3; n++) {
      const { reason, status, headers } = await send(admin, { recipients });
      expect([reason, status, headers.get('retry-after')]).toEqual(['SEND_REFUSED', 403, null]);
    }
    const balance = async () =>
      (await call(`${operator}/GetWallet`, { workspace })).body.wallet.balanceMicros;
    expect(await balance()).toBe('1000000');
    expect(await sessions(admin)).toEqual([]);
    const kept = await refused(admin);
    expect(kept).toHaveLength(1);
    const { refusals } = (await admin('otp.admin.v1.RecipientService/ListRefusals', {})).body;
    expect(refusals).toMatchObject([{ rule: 'veto', count: '3', detail: kept[0].detail }]);
    expect(kept[0].detail).toBe(`risk ${'x'.repeat(195)}`);
    expect(kept[0]).not.toHaveProperty('sessionId');

    backend.respond = json({ allow: true });
    expect((await send(admin, { recipients })).status).toBe(200);
    expect(await balance()).toBe('950000');
    expect((await send(admin, { recipients })).reason).toBe('SEND_REFUSED');
    expect((await refused(admin)).map(({ rules }: { rules: string[] }) => rules)).toContainEqual([
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

  it('gets the same response to a repeated request, and is asked once for what was sent', async () => {
    const { admin } = await asking();
    const request = { recipients: { sms: newPhone() }, requestId: 'r-1' };
    backend.respond = json({ allow: false });
    expect((await send(admin, request)).reason).toBe('SEND_REFUSED');
    backend.respond = json({ allow: true });
    const sent = await send(admin, request);
    expect(sent.status).toBe(200);
    expect((await send(admin, request)).body.session.id).toBe(sent.body.session.id);
    expect(backend.asked).toHaveLength(2);
  });
});
