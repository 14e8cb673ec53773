import { getOption } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../clients/errors/index.js';
import { createSessionClient, type SessionClient } from '../../clients/web/index.js';
import { access } from '../../gen/otp/v1/access_pb.js';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { SessionStatus } from '../../gen/otp/v1/session_pb.js';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { deliveredCode, otherThan } from './support/delivered.js';
import { type Connected, FIVE_CLIENTS } from './support/fiveClients.js';

let service: TestService;
let backend: Connected;
beforeAll(async () => {
  service = await startService();
  backend = FIVE_CLIENTS[0]!.connect(service.baseUrl, service.liveKey);
});
afterAll(async () => {
  backend.close();
  await service.stop();
});

let people = 0;
const open = async () => {
  const { session, sessionToken } = await backend.otp.send({
    recipients: { email: `token.${people++}@example.com` },
    metadata: { cart: 'secret' },
  });
  return { id: session!.id, sessionToken };
};
const refusal = (call: Promise<unknown>) =>
  call.then(() => expect.unreachable('the call succeeded'), readError);

describe.each(['connect', 'grpc-web'] as const)('a page that uses %s', (protocol) => {
  const pageOf = (sessionToken: string): SessionClient =>
    createSessionClient({ baseUrl: service.baseUrl, sessionToken, protocol });

  it('verifies the code of its session without naming the session', async () => {
    const { id, sessionToken } = await open();
    const page = pageOf(sessionToken);
    const code = await deliveredCode(service, id);
    expect(await refusal(page.verify({ code: otherThan(code) }))).toMatchObject({
      reason: 'INVALID_CODE',
      attemptsRemaining: 2,
    });
    const { session, verificationToken } = await page.verify({ code });
    expect(session).toMatchObject({ id, status: SessionStatus.APPROVED });
    expect(verificationToken).toMatch(/^otvt_/);
  });

  it('resends the code after the cooldown', async () => {
    const { sessionToken } = await open();
    const page = pageOf(sessionToken);
    expect(await refusal(page.resend({}))).toMatchObject({ reason: 'RESEND_TOO_SOON', retryAfterMs: 30_000 });
    service.clock.advance(30_000);
    const { session } = await page.resend({});
    expect(timestampMs(session!.resendAvailableAt!)).toBe(service.clock.now() + 30_000);
  });

  it('sees its session without metadata in every call', async () => {
    const { id, sessionToken } = await open();
    const page = pageOf(sessionToken);
    expect((await backend.otp.getSession({ sessionId: id })).session?.metadata).toEqual({
      cart: 'secret',
    });
    const seen = [(await page.getSession({ sessionId: id })).session];
    // A message that still waited would be replaced, and never arrive.
    await deliveredCode(service, id);
    service.clock.advance(30_000);
    seen.push((await page.resend({})).session);
    await eventually(async () => (await service.inbox()).filter((one) => one.session_id === id).length === 2);
    seen.push((await page.verify({ code: await deliveredCode(service, id) })).session);
    expect(seen.map((session) => session?.id)).toEqual([id, id, id]);
    expect(seen.map((session) => session?.metadata)).toEqual([undefined, undefined, undefined]);
  });

  it('gets the same error for another session as for an unknown one', async () => {
    const { sessionToken } = await open();
    const other = await open();
    const page = pageOf(sessionToken);
    const unknown = '01b92571-ea00-7680-9141-a7e17e33e7c6';
    for (const call of [
      (sessionId: string) => page.getSession({ sessionId }),
      (sessionId: string) => page.verify({ sessionId, code: '000000' }),
      (sessionId: string) => page.resend({ sessionId }),
    ]) {
      const foreign = await refusal(call(other.id));
      expect(foreign).toMatchObject({ reason: 'SESSION_NOT_FOUND' });
      expect(foreign).toEqual(await refusal(call(unknown)));
      expect(foreign).toEqual(await refusal(call('nonsense')));
    }
    expect((await backend.otp.getSession({ sessionId: other.id })).session?.attemptsRemaining).toBe(3);
  });

  it('gets SESSION_EXPIRED for as long as the session is kept', async () => {
    const { id, sessionToken } = await open();
    const page = pageOf(sessionToken);
    const code = await deliveredCode(service, id);
    service.clock.advance(300_000);
    expect(await refusal(page.verify({ code }))).toMatchObject({ reason: 'SESSION_EXPIRED' });
    expect((await page.getSession({})).session?.status).toBe(SessionStatus.EXPIRED);
    service.clock.advance(30 * 86_400_000 - 1_000);
    expect((await page.getSession({})).session?.status).toBe(SessionStatus.EXPIRED);
    service.clock.advance(1_000);
    expect(await refusal(page.getSession({}))).toMatchObject({ reason: 'UNAUTHENTICATED' });
  });
});

describe('a session token', () => {
  const methods = [...OtpService.methods, ...VerificationTokenService.methods];
  const opened = methods.filter((method) => getOption(method, access).sessionToken);

  it('grants access to the methods of the browser client, and to nothing else', () => {
    const client = createSessionClient({ baseUrl: service.baseUrl, sessionToken: '' });
    const offered: Record<keyof SessionClient, true> = {
      verify: true,
      resend: true,
      getSession: true,
      watchSession: true,
    };
    expect(opened.map(({ localName }) => localName).sort()).toEqual(Object.keys(offered).sort());
    for (const { localName } of opened) expect(client).toHaveProperty(localName);
  });

  it.each(
    methods.filter((method) => !opened.includes(method)).map((method) => [method.name, method] as const),
  )('does not grant access to %s', async (name, { parent }) => {
    const { id, sessionToken } = await open();
    const call = connectJson(service.baseUrl, sessionToken);
    const requests: Record<string, object> = {
      Send: { recipients: { email: 'a@example.com' } },
      Validate: { sessionId: id, code: '000000' },
      ListSessions: {},
      CancelSession: { sessionId: id },
      Introspect: { verificationToken: 'otvt_x' },
      Redeem: { verificationToken: 'otvt_x', operation: { type: 'payment', id: '1' } },
    };
    expect(await call(`${parent.typeName}/${name}`, requests[name])).toMatchObject({
      status: 403,
      reason: 'PERMISSION_DENIED',
    });
  });

  it.each([
    [
      'with its signature changed',
      (token: string) => `${token.slice(0, -2)}${token.endsWith('A') ? 'B' : 'A'}A`,
    ],
    ['without its signature', (token: string) => token.split('.').slice(0, 2).join('.').concat('.')],
    ['that says it needs none', (token: string) => `eyJhbGciOiJub25lIn0.${token.split('.')[1]}.`],
    ['that is cut off', (token: string) => token.slice(0, 40)],
  ])('%s grants access to nothing', async (_what, forge) => {
    const { sessionToken } = await open();
    const call = connectJson(service.baseUrl, forge(sessionToken));
    expect(await call('otp.v1.OtpService/GetSession', {})).toMatchObject({
      status: 401,
      reason: 'UNAUTHENTICATED',
    });
  });
});
