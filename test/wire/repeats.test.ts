import { beforeAll, describe, expect, it } from 'vitest';
import { type Code, readError } from '../../clients/errors/index.js';
import { eventually } from '../support/eventually.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { deliveredCode, otherThan } from './support/delivered.js';
import { type Connected, FIVE_CLIENTS } from './support/fiveClients.js';

const service = serviceForSuite();
/** Without the repeats of the clients that customers import: each call here is one request. */
let plain: Connected;
beforeAll(async () => {
  plain = FIVE_CLIENTS[3]!.connect(service.baseUrl, service.liveKey);
});

const messagesOf = async (sessionId: string) =>
  (await service.inbox()).filter((message) => message.session_id === sessionId);

let people = 0;
const send = async (requestId = '') => {
  const { session } = await plain.otp.send({
    recipients: { email: `repeats.${people++}@example.com` },
    requestId,
  });
  return session!.id;
};
const approved = async () => {
  const sessionId = await send();
  return plain.otp.verify({ sessionId, code: await deliveredCode(service, sessionId) });
};

/** Sends one request several times at once; counts the responses of each kind. */
async function atOnce<T>(times: number, call: () => Promise<T>, shown: (response: T) => unknown) {
  const responses = await Promise.all(
    Array.from({ length: times }, () => call().then(shown, (error: unknown) => readError(error).reason)),
  );
  const counts: Record<string, number> = {};
  for (const response of responses) counts[String(response)] = (counts[String(response)] ?? 0) + 1;
  return counts;
}

describe('sent ten times at once with one request id', () => {
  it('Send opens one session, and sends one message', async () => {
    const request = { recipients: { email: 'ten.sends@example.com' }, requestId: 'ten-sends' };
    const responses = await atOnce(
      10,
      () => plain.otp.send(request),
      ({ session }) => session!.id,
    );
    const { REQUEST_IN_PROGRESS: underWay = 0, ...sessions } = responses;
    const { session } = await plain.otp.send(request);
    expect(sessions).toEqual({ [session!.id]: 10 - underWay });
    await deliveredCode(service, session!.id);
    expect((await service.inbox()).filter(({ to }) => to === 'ten.sends@example.com')).toHaveLength(1);
  });

  it('Redeem returns the proof every time', async () => {
    const { verificationToken } = await approved();
    const request = { verificationToken, operation: { type: 'payment', id: '1' }, requestId: 'ten-redeems' };
    const redeem = () => plain.tokens.redeem(request);
    expect(await atOnce(10, redeem, ({ proof }) => proof?.operation?.id)).toEqual({ '1': 10 });
  });
});

describe.each(['verify', 'validate'] as const)('%s', (method) => {
  const check = (request: {
    sessionId: string;
    code: string;
    requestId?: string;
  }): Promise<{ readonly verificationToken: string }> =>
    method === 'verify' ? plain.otp.verify(request) : plain.otp.validate(request);

  // Each waits for its comparison with an attempt in hand, so there are as many as a session has attempts.
  it('sent three times at once with one request id, returns the same token every time', async () => {
    const sessionId = await send();
    const request = { sessionId, code: await deliveredCode(service, sessionId), requestId: 'three-checks' };
    const responses = await atOnce(
      3,
      () => check(request),
      ({ verificationToken }) => verificationToken,
    );
    expect(Object.entries(responses)).toEqual([[expect.stringMatching(/^otvt_/), 3]]);
  });

  it('sent ten times at once without one, returns the token once', async () => {
    const sessionId = await send();
    const code = await deliveredCode(service, sessionId);
    const responses = await atOnce(
      10,
      () => check({ sessionId, code }),
      () => 'token',
    );
    expect(responses.token).toBe(1);
    expect((responses.ALREADY_VERIFIED ?? 0) + (responses.ATTEMPTS_EXHAUSTED ?? 0)).toBe(9);
  });
});

// Each is counted as a send until it finds that it was one already, and a recipient may have five.
it('Resend, sent three times at once with one request id, sends one new message', async () => {
  const sessionId = await send();
  await deliveredCode(service, sessionId);
  service.clock.advance(30_000);
  const resend = () => plain.otp.resend({ sessionId, requestId: 'three-resends' });
  const next = (service.clock.now() + 30_000) / 1000;
  expect(await atOnce(3, resend, ({ session }) => session?.resendAvailableAt?.seconds)).toEqual({
    [next]: 3,
  });
  await eventually(async () => (await messagesOf(sessionId)).length === 2);
});

it('Redeem, sent ten times at once without a request id, returns the proof once', async () => {
  const { verificationToken } = await approved();
  const redeem = () => plain.tokens.redeem({ verificationToken, operation: { type: 'payment', id: '1' } });
  expect(await atOnce(10, redeem, () => 'proof')).toEqual({ proof: 1, TOKEN_REDEEMED: 9 });
});

describe('a request id used for another request', () => {
  const conflict = { reason: 'IDEMPOTENCY_CONFLICT', code: 10 satisfies Code };
  const refusal = (call: Promise<unknown>) => call.then(() => undefined, readError);

  it('is refused by Send', async () => {
    await plain.otp.send({ recipients: { email: 'a@example.com' }, requestId: 'one' });
    const other = plain.otp.send({ recipients: { email: 'b@example.com' }, requestId: 'one' });
    expect(await refusal(other)).toMatchObject(conflict);
  });

  it('is refused by Verify after a success, and not before', async () => {
    const sessionId = await send();
    const code = await deliveredCode(service, sessionId);
    const requestId = 'two';
    expect(await refusal(plain.otp.verify({ sessionId, code: otherThan(code), requestId }))).toMatchObject({
      reason: 'INVALID_CODE',
    });
    await plain.otp.verify({ sessionId, code, requestId });
    expect(await refusal(plain.otp.verify({ sessionId, code: otherThan(code), requestId }))).toMatchObject(
      conflict,
    );
  });

  it('is refused by Redeem', async () => {
    const { verificationToken } = await approved();
    const request = { verificationToken, operation: { type: 'payment', id: '1' }, requestId: 'three' };
    await plain.tokens.redeem(request);
    const other = plain.tokens.redeem({ ...request, operation: { type: 'payment', id: '2' } });
    expect(await refusal(other)).toMatchObject(conflict);
  });

  it('is refused by Resend', async () => {
    const sessionId = await send();
    service.clock.advance(30_000);
    await plain.otp.resend({ sessionId, requestId: 'four' });
    expect(await refusal(plain.otp.resend({ sessionId, channels: [1], requestId: 'four' }))).toMatchObject(
      conflict,
    );
  });
});
