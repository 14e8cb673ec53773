import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.js';
import { deliveredCode, otherThan } from '../wire/support/delivered.js';
import { codesOf } from './support/multichannelApi.js';
import { SdkError, VendorSdk } from './support/vendorSdk.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const sdk = (teamId?: string) =>
  new VendorSdk({ apiKey: service.liveKey, baseUrl: service.baseUrl, ...(teamId && { teamId }) });
const refused = (call: Promise<unknown>): Promise<SdkError> =>
  call.then(
    () => expect.unreachable('the call succeeded'),
    (error) => {
      expect(error).toBeInstanceOf(SdkError);
      return error;
    },
  );

describe("the vendor's client", () => {
  it.each([undefined, 'team_1'])(
    'P2 sends, resends and verifies by the session id, as its README does, with team %s',
    async (team) => {
      const { otp } = sdk(team);
      const recipients = { email: `sdk.${team}@example.com`, sms: team ? '+573001234551' : '+573001234552' };
      const sent = await otp.send({
        channels: ['email', 'sms'],
        recipients,
        config: { otp_length: 6, expiry_minutes: 10, max_attempts: 3 },
        metadata: { user_id: `user_${team}` },
      });
      expect(sent.success).toBe(true);
      expect(sent.data.otps).toBeUndefined();
      const session_token = sent.data.session_id;

      const before = await deliveredCode(service, session_token, 'email');
      await deliveredCode(service, session_token, 'sms');
      service.clock.advance(30_000);
      const again = await otp.resend({ session_token });
      expect(again.data.session_id).toBe(session_token);
      expect(again.data.channels).toEqual(['email', 'sms']);

      const { email, sms } = await codesOf(service, session_token, 4);
      const otps = { email, sms };
      expect(email).not.toBe(before);
      const { data } = await otp.verify({ session_token, otps });
      expect(data).toMatchObject({
        verified: true,
        verification_results: { email: { success: true }, sms: { success: true } },
      });
    },
  );

  it('P2 reads the codes of the sandbox', async () => {
    const { otp } = sdk();
    const { data } = await otp.send({
      channels: ['whatsapp'],
      recipients: { whatsapp: '+573001234553' },
      sandbox_mode: true,
    });
    expect((await otp.verify({ session_token: data.session_id, otps: data.otps! })).data.verified).toBe(true);
  });

  it('P2 reads message, code and details of what is refused', async () => {
    const { otp } = sdk();
    const { data } = await otp.send({ channels: ['email'], recipients: { email: 'sdk.wrong@example.com' } });
    const code = await deliveredCode(service, data.session_id);
    expect(
      await refused(otp.verify({ session_token: data.session_id, otps: { email: otherThan(code) } })),
    ).toMatchObject({
      message: 'Invalid OTP',
      statusCode: 400,
      code: 'INVALID_CODE',
      details: { attempts_remaining: 2 },
    });
    expect(
      await refused(otp.verify({ session_token: crypto.randomUUID(), otps: { email: code } })),
    ).toMatchObject({ statusCode: 404, code: 'SESSION_NOT_FOUND' });
    expect(await refused(otp.resend({ session_token: data.session_id }))).toMatchObject({ statusCode: 429 });
  });

  it("P2 the keys that the service makes, and the README's, begin as it requires", async () => {
    expect(service.liveKey).toMatch(/^sk_/);
    expect(service.testKey).toMatch(/^sk_/);
    expect(() => new VendorSdk({ apiKey: 'otp_live_x', baseUrl: service.baseUrl })).toThrow('sk_');
  });
});
