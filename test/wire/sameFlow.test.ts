import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../clients/errors/index.js';
import { toMethodDefinition } from '../../clients/grpc-js/index.js';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { Channel, SessionStatus } from '../../gen/otp/v1/session_pb.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { deliveredCode, otherThan } from './support/delivered.js';
import { type Connected, FIVE_CLIENTS } from './support/fiveClients.js';

const service = serviceForSuite();

const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => readError(error),
  );

describe.each(FIVE_CLIENTS)('$name', ({ name, connect }) => {
  let client: Connected;
  beforeAll(() => {
    client = connect(service.baseUrl, service.liveKey);
  });
  afterAll(() => client.close());

  const mailbox = (what: string) => `${what}.${name.replace(/\W+/g, '-')}@example.com`;
  const operation = { type: 'payment', id: '4711' };

  it('sends, refuses a wrong code, accepts the correct one and redeems the proof once', async () => {
    const { session } = await client.otp.send({
      recipients: { email: mailbox('flow') },
      metadata: { order: 4711 },
    });
    const id = session!.id;
    expect(session).toMatchObject({
      status: SessionStatus.PENDING,
      attemptsRemaining: 3,
      metadata: { order: 4711 },
    });
    expect(session!.channels).toMatchObject([
      { channel: Channel.EMAIL, maskedRecipient: expect.stringContaining('***') },
    ]);
    const code = await deliveredCode(service, id);

    expect(await failure(client.otp.verify({ sessionId: id, code: otherThan(code) }))).toEqual({
      reason: 'INVALID_CODE',
      code: 3,
      message: 'Invalid OTP',
      attemptsRemaining: 2,
      channel: 'email',
      violations: [],
    });

    const verified = await client.otp.verify({ sessionId: id, code });
    expect(verified.session?.status).toBe(SessionStatus.APPROVED);
    expect(verified.verificationToken).toMatch(/^otvt_[0-9A-Za-z]{58}$/);

    const proof = { verificationToken: verified.verificationToken, operation, recipient: mailbox('flow') };
    const redeemed = await client.tokens.redeem(proof);
    expect(redeemed.proof).toMatchObject({
      sessionId: id,
      operation,
      channels: [{ channel: Channel.EMAIL }],
    });
    expect(await failure(client.tokens.redeem(proof))).toMatchObject({ reason: 'TOKEN_REDEEMED', code: 9 });

    const { session: seen } = await client.otp.getSession({ sessionId: id });
    expect(seen).toMatchObject({ id, status: SessionStatus.APPROVED });
    expect(timestampMs(seen!.redeemedAt!)).toBe(service.clock.now());
  });

  it('gets the time to wait for a resend', async () => {
    const { session } = await client.otp.send({ recipients: { email: mailbox('resend') } });
    expect(await failure(client.otp.resend({ sessionId: session!.id }))).toMatchObject({
      reason: 'RESEND_TOO_SOON',
      code: 8,
      retryAfterMs: 30_000,
    });
  });

  it('gets the invalid field', async () => {
    const { reason, violations } = await failure(
      client.otp.send({ recipients: { email: 'not-an-address' } }),
    );
    expect(reason).toBe('INVALID_RECIPIENT');
    expect(violations).toEqual([{ field: 'recipients.email', description: 'must be an e-mail address' }]);
  });
});

it('the text of an error is the same for grpc-js itself as for every client', async () => {
  const client = new Client(`127.0.0.1:${service.port}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${service.liveKey}`);
  const { path, requestSerialize, responseDeserialize } = toMethodDefinition(OtpService.method.getSession);
  const error = await new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, metadata, resolve);
  });
  client.close();
  expect(error?.details).toBe('The request is not valid: session_id is required.');
});
