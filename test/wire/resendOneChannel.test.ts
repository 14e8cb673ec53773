import { beforeAll, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { serviceForSuite } from '../support/serviceForSuite.js';

const SERVICE = 'otp.v1.OtpService';
const LIFETIME_MS = 600_000;

const service = serviceForSuite();
let call: ReturnType<typeof connectJson>;
beforeAll(async () => {
  call = connectJson(service.baseUrl, service.liveKey);
});

let people = 0;
/** A sandbox session with two channels; its codes never leave by any other way. */
async function open() {
  const recipients = {
    email: `again.${people}@example.com`,
    sms: `+5730012345${String(people++).padStart(2, '0')}`,
  };
  const { body } = await call(`${SERVICE}/Send`, { sandbox: true, recipients, config: { lifetime: '600s' } });
  return { sessionId: body.session.id as string, sms: body.sandboxCodes.sms as string };
}
const resendEmail = (sessionId: string) =>
  call(`${SERVICE}/Resend`, { sessionId, channels: ['CHANNEL_EMAIL'] });
const verify = (sessionId: string, codes: object) => call(`${SERVICE}/Verify`, { sessionId, codes });

it('a code keeps its lifetime when another channel gets a new one', async () => {
  const { sessionId, sms } = await open();
  service.clock.advance(LIFETIME_MS / 2);
  const { body } = await resendEmail(sessionId);
  service.clock.advance(LIFETIME_MS / 2 - 1);
  expect(await verify(sessionId, { sms })).toMatchObject({ status: 200 });
  service.clock.advance(LIFETIME_MS / 2);
  expect(await verify(sessionId, { email: body.sandboxCodes.email })).toMatchObject({ status: 200 });
});

it('a code is refused right after its lifetime, without costing an attempt', async () => {
  const { sessionId, sms } = await open();
  service.clock.advance(LIFETIME_MS / 2);
  await resendEmail(sessionId);
  service.clock.advance(LIFETIME_MS / 2);
  const late = await verify(sessionId, { sms });
  expect(late).toMatchObject({ reason: 'SESSION_EXPIRED' });
  const { body } = await call(`${SERVICE}/GetSession`, { sessionId });
  expect(body.session).toMatchObject({ status: 'SESSION_STATUS_PENDING', attemptsRemaining: 3 });
});

it('an expired session is revived for the channel that is sent to again, and for no other', async () => {
  const { sessionId, sms } = await open();
  service.clock.advance(LIFETIME_MS);
  const { body } = await resendEmail(sessionId);
  const both = await verify(sessionId, { email: body.sandboxCodes.email, sms });
  expect(both.body.results).toEqual([
    { channel: 'CHANNEL_EMAIL', result: 'CHECK_RESULT_VERIFIED' },
    { channel: 'CHANNEL_SMS', result: 'CHECK_RESULT_NOT_CHECKED' },
  ]);
  expect(await verify(sessionId, { sms })).toMatchObject({ reason: 'SESSION_EXPIRED' });
});

it('a resend to all channels renews all codes', async () => {
  const { sessionId, sms } = await open();
  service.clock.advance(LIFETIME_MS);
  const { body } = await call(`${SERVICE}/Resend`, { sessionId });
  const [wrong, right] = [
    await verify(sessionId, { sms }),
    await verify(sessionId, { sms: body.sandboxCodes.sms }),
  ];
  expect([wrong.reason, right.status]).toEqual(['INVALID_CODE', 200]);
});
