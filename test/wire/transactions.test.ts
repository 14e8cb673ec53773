import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../clients/errors/index.js';
import type { OperationSchema, TransactionSchema } from '../../gen/otp/v1/session_pb.js';
import type { Provider } from '../../server/delivery/provider.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { apiKey, bearer, type Rest, restClient } from '../support/rest.js';
import { startService } from '../support/service.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { deliveredCode, otherThan } from './support/delivered.js';
import { type Connected, FIVE_CLIENTS } from './support/fiveClients.js';

type Transaction = MessageInitShape<typeof TransactionSchema>;

const PAID: Transaction = {
  amount: '20.00',
  currency: 'EUR',
  payee: 'ACME',
  account: 'DE89 3704 0044 0532 0130 00',
};
const paying = (change: Transaction = {}): MessageInitShape<typeof OperationSchema> => ({
  type: 'payment',
  id: '4711',
  transaction: { ...PAID, ...change },
});

/** What the code for PAID never verifies. */
const OTHERS = [
  { what: 'EUR 2,000.00 to ACME', operation: paying({ amount: '2000.00' }) },
  { what: 'EUR 20.01 to ACME', operation: paying({ amount: '20.01' }) },
  { what: 'USD 20.00 to ACME', operation: paying({ currency: 'USD' }) },
  { what: 'EUR 20.00 to another payee', operation: paying({ payee: 'ACME Ltd' }) },
  { what: 'EUR 20.00 to the payee in other letters', operation: paying({ payee: 'Acme' }) },
  {
    what: 'EUR 20.00 to another account of ACME',
    operation: paying({ account: 'DE02 1203 0000 0000 2020 51' }),
  },
  { what: 'another payment', operation: { ...paying(), id: '4712' } },
  { what: 'the payment without its transaction', operation: { type: 'payment', id: '4711' } },
] as const;
/** The same transaction, written in another way. */
const SAME = paying({ amount: '20' });

/** How each of the REST dialects verifies a code. */
const DIALECTS = [
  {
    name: 'A',
    verify: (rest: Rest, id: string, code: string) => rest.post('/v1/otp/validate', { otp_id: id, code }),
  },
  {
    name: 'B',
    verify: (rest: Rest, id: string, code: string) =>
      rest.post('/api/v1/otp/verify', { session_id: id, otps: { email: code } }),
  },
  {
    name: 'C',
    verify: (rest: Rest, id: string, code: string) =>
      rest.post('/v1/messaging/otp/verify', { sessionId: id, code }),
  },
] as const;

const service = serviceForSuite();
const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => readError(error),
  );

let people = 0;
const someone = () => ({ email: `payer.${++people}@example.com` });

describe.each(FIVE_CLIENTS)('over $name a code for EUR 20.00 to ACME', ({ connect }) => {
  let client: Connected;
  beforeAll(() => {
    client = connect(service.baseUrl, service.liveKey);
  });
  afterAll(() => client.close());

  async function sent() {
    const { session } = await client.otp.send({ recipients: someone(), operation: paying() });
    return { sessionId: session!.id, code: await deliveredCode(service, session!.id) };
  }

  it('never verifies another transaction, and uses no attempt there', async () => {
    const { sessionId, code } = await sent();
    for (const { what, operation } of OTHERS) {
      for (const call of [client.otp.verify, client.otp.validate]) {
        const { reason, violations } = await failure(call({ sessionId, code, operation }));
        expect({ what, reason }).toEqual({ what, reason: 'OPERATION_MISMATCH' });
        expect(violations).toMatchObject([{ field: 'operation' }]);
      }
    }
    expect(await failure(client.otp.verify({ sessionId, code }))).toMatchObject({
      reason: 'OPERATION_MISMATCH',
    });
    const { session } = await client.otp.getSession({ sessionId });
    expect(session).toMatchObject({ attemptsRemaining: 3, operation: paying() });
    const { verificationToken } = await client.otp.validate({ sessionId, code, operation: SAME });
    for (const { what, operation } of OTHERS) {
      const { reason } = await failure(client.tokens.redeem({ verificationToken, operation }));
      expect({ what, reason }).toEqual({ what, reason: 'OPERATION_MISMATCH' });
    }
    const { proof } = await client.tokens.redeem({ verificationToken, operation: SAME });
    expect(proof?.operation).toMatchObject(paying());
  });
});

describe('a session with a transaction', () => {
  const call = () => connectJson(service.baseUrl, service.liveKey);
  const open = async (more: object = {}) => {
    const { body } = await call()('otp.v1.OtpService/Send', {
      recipients: someone(),
      operation: paying(),
      ...more,
    });
    return {
      sessionId: body.session.id as string,
      code: await deliveredCode(service, body.session.id),
    };
  };

  it('is shown in its messages, of the account the end only', async () => {
    const { sessionId } = await open();
    const message = (await service.inbox()).find((one) => one.session_id === sessionId)!;
    for (const part of [message.text, message.html ?? '']) {
      expect(part).toContain('20.00 EUR to ACME (account ending in 3000)');
      expect(part).not.toContain('0532');
    }
  });

  it('is shown again by a resend, whose code is for the same transaction', async () => {
    const { sessionId, code: first } = await open();
    service.clock.advance(31_000);
    await call()('otp.v1.OtpService/Resend', { sessionId });
    const code = await eventually(async () => {
      const newest = await deliveredCode(service, sessionId);
      return newest !== first && newest;
    });
    const of = (operation: object) => call()('otp.v1.OtpService/Verify', { sessionId, code, operation });
    expect((await of(OTHERS[0].operation)).reason).toBe('OPERATION_MISMATCH');
    expect((await of(paying())).status).toBe(200);
  });

  it('is verified by its page, which does not know the transaction, for that one only', async () => {
    await call()('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
      workspace: { returnUrls: ['https://shop.example.com/'] },
      updateMask: 'returnUrls',
    });
    const made = await call()('otp.v1.VerificationPageService/CreateVerificationPage', {
      send: { recipients: someone(), operation: paying() },
      returnUrl: 'https://shop.example.com/paid',
    });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    const sessionId = made.body.session.id;
    const code = await deliveredCode(service, sessionId);
    const token = new URLSearchParams(new URL(made.body.url).hash.slice(1)).get('t')!;
    const page = connectJson(service.baseUrl, token);
    for (const { what, operation } of OTHERS) {
      const { reason } = await page('otp.v1.OtpService/Verify', { sessionId, code, operation });
      expect({ what, reason }).toEqual({ what, reason: 'OPERATION_MISMATCH' });
    }
    expect((await page('otp.v1.OtpService/Validate', { sessionId, code })).reason).toBe('PERMISSION_DENIED');
    const { body } = await page('otp.v1.OtpService/Verify', { code });
    expect(body.session).toMatchObject({
      id: sessionId,
      status: 'SESSION_STATUS_APPROVED',
      attemptsRemaining: 3,
    });
    const redeem = (operation: object) =>
      call()('otp.v1.VerificationTokenService/Redeem', {
        verificationToken: body.verificationToken,
        operation,
      });
    for (const { what, operation } of OTHERS)
      expect({ what, ...(await redeem(operation)) }).toMatchObject({ what, reason: 'OPERATION_MISMATCH' });
    expect((await redeem(SAME)).status).toBe(200);
  });

  it.each(DIALECTS)('cannot be verified over dialect $name: 409', async ({ verify }) => {
    const { sessionId, code } = await open();
    const rest = restClient(service.baseUrl, { ...apiKey(service.liveKey), ...bearer(service.liveKey) });
    // Neither the right code nor another one is compared.
    for (const given of [code, otherThan(code)]) {
      const { status, text } = await verify(rest, sessionId, given);
      expect(status, text).toBe(409);
      expect(text).not.toContain('otvt_');
    }
    const { body } = await call()('otp.v1.OtpService/GetSession', { sessionId });
    expect(body.session).toMatchObject({ status: 'SESSION_STATUS_PENDING', attemptsRemaining: 3 });
    const verified = await call()('otp.v1.OtpService/Verify', { sessionId, code, operation: paying() });
    expect(verified.body.session.status).toBe('SESSION_STATUS_APPROVED');
  });

  it('has a proof that dialect A does not redeem, not even for the operation without its transaction', async () => {
    const { sessionId, code } = await open();
    const { body } = await call()('otp.v1.OtpService/Verify', { sessionId, code, operation: paying() });
    const redeemed = await restClient(service.baseUrl, bearer(service.liveKey)).post(
      '/v1/otp/tokens/redeem',
      {
        otp_verification_token: body.verificationToken,
        operation: { type: 'payment', id: '4711' },
      },
    );
    expect(redeemed.status).toBe(409);
    const proof = await call()('otp.v1.VerificationTokenService/Redeem', {
      verificationToken: body.verificationToken,
      operation: SAME,
    });
    expect(proof.status, 'nothing was used up').toBe(200);
  });

  it('has a payee that is the same in every Unicode form', async () => {
    const { sessionId, code } = await open({ operation: paying({ payee: 'Café Zoë'.normalize('NFD') }) });
    const operation = paying({ payee: 'Café Zoë'.normalize('NFC') });
    expect((await call()('otp.v1.OtpService/Verify', { sessionId, code, operation })).status).toBe(200);
  });

  it.each([
    ['a payee that turns the text around', { payee: 'ACME\u202e00.0002' }, 'operation.transaction.payee'],
    ['a payee of spaces', { payee: '   ' }, 'operation.transaction.payee'],
    ['an account that turns the text around', { account: '12\u202e34' }, 'operation.transaction.account'],
  ])('has not %s', async (_what, change, field) => {
    const { reason, fields } = await call()('otp.v1.OtpService/Send', {
      recipients: someone(),
      operation: paying(change),
    });
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
  });

  it('has no text of the caller, which would not show it', async () => {
    const { reason, fields } = await call()('otp.v1.OtpService/Send', {
      recipients: { sms: '+573001234542' },
      messageTemplate: 'Your code: <OTP>',
      operation: paying(),
    });
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: ['message_template'] });
  });
});

it('a proof without a transaction is not redeemed for one', async () => {
  const call = connectJson(service.baseUrl, service.liveKey);
  const { body } = await call('otp.v1.OtpService/Send', { recipients: someone() });
  const sessionId = body.session.id;
  const code = await deliveredCode(service, sessionId);
  const named = await call('otp.v1.OtpService/Verify', { sessionId, code, operation: paying() });
  expect(named.reason).toBe('OPERATION_MISMATCH');
  const { verificationToken } = (await call('otp.v1.OtpService/Verify', { sessionId, code })).body;
  const redeem = (operation: object) =>
    call('otp.v1.VerificationTokenService/Redeem', { verificationToken, operation });
  expect((await redeem(paying())).reason).toBe('OPERATION_MISMATCH');
  expect((await redeem({ type: 'payment', id: '4711' })).status).toBe(200);
});

describe('a transaction on a channel whose only provider has a text of its own', () => {
  it('is refused, and a code without one is not', async () => {
    const fixed: Provider = {
      name: 'fixed',
      channels: ['whatsapp'],
      fixedText: ['whatsapp'],
      timeoutMs: 1_000,
      send: async () => ({ kind: 'accepted' }),
      close: async () => {},
    };
    const other = await startService({ overrides: { providers: { whatsapp: fixed } } });
    try {
      const call = connectJson(other.baseUrl, other.liveKey);
      const send = (more: object) =>
        call('otp.v1.OtpService/Send', { recipients: { whatsapp: '+573001234542' }, ...more });
      const { reason, fields } = await send({ operation: paying() });
      expect({ reason, fields }).toEqual({
        reason: 'CHANNEL_NOT_SUPPORTED',
        fields: ['recipients.whatsapp'],
      });
      expect((await send({})).status).toBe(200);
    } finally {
      await other.stop();
    }
  });
});
