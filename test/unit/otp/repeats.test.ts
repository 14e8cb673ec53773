import { beforeAll, describe, expect, it } from 'vitest';
import { CheckResult } from '../../../gen/otp/v1/otp_service_pb.js';
import { Channel, SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import type { StoredSession } from '../../../server/session/stored.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { failOperation } from '../../support/wrapOperations.js';
import { createUseCases, newRecipients, reasonOf, tally, type UseCases, wrong } from './support/useCases.js';

const workspace = 'acme';
const operation = { type: 'payment', id: '1' };

eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents);
  });
  const otp = () => service.as({ workspace });
  const later = (ms: number) => service.clock.advance(ms);
  const codes = (id: string) => service.codes(workspace, id);
  const opened = async (...channels: ('email' | 'sms')[]) => {
    const { session } = await otp().send({ recipients: newRecipients('email', ...channels) });
    return { sessionId: session!.id, codes: await codes(session!.id) };
  };

  describe('a success repeated under its request id, because its response was lost', () => {
    it('Verify gives the same response again, also past the expiry and after the proof was redeemed', async () => {
      const session = await opened();
      const request = { sessionId: session.sessionId, code: session.codes.email, requestId: 'r' };
      const first = await otp().verify(request);
      expect(await otp().verify(request)).toEqual(first);
      later(500_000);
      expect(await otp().verify(request)).toEqual(first);
      await otp().redeem({ verificationToken: first.verificationToken, operation });
      const again = await otp().verify(request);
      expect(again).toMatchObject({ results: first.results, verificationToken: first.verificationToken });
    });

    it('Verify of one of several channels gives its results again, and no attempt is taken', async () => {
      const session = await opened('sms');
      const { sessionId } = session;
      const request = {
        sessionId,
        codes: { email: session.codes.email, sms: wrong(session.codes.sms) },
        requestId: 'r',
      };
      const first = await otp().verify(request);
      expect(first).toMatchObject({
        session: { status: SessionStatus.PARTIAL, attemptsRemaining: 2 },
        results: [
          { channel: Channel.EMAIL, result: CheckResult.VERIFIED },
          { channel: Channel.SMS, result: CheckResult.INVALID_CODE },
        ],
      });
      expect(await otp().verify(request)).toEqual(first);
      await otp().verify({ sessionId, codes: { sms: session.codes.sms }, requestId: 's' });
      expect(await otp().verify(request)).toMatchObject({
        session: { status: SessionStatus.APPROVED, attemptsRemaining: 2 },
        results: [{ result: CheckResult.VERIFIED }, {}],
      });
    });

    it('Validate gives the same token again', async () => {
      const session = await opened();
      const request = { sessionId: session.sessionId, code: session.codes.email, requestId: 'r' };
      const first = await otp().validate(request);
      expect(await otp().validate(request)).toEqual(first);
    });

    it('Resend sends nothing again, and its codes stay good', async () => {
      const { sessionId } = await opened();
      later(30_000);
      await otp().resend({ sessionId, requestId: 'r' });
      const { email: code } = await codes(sessionId);
      const before = await service.stored(workspace, sessionId);
      later(30_000);
      const { session } = await otp().resend({ sessionId, requestId: 'r' });
      expect(session?.id).toBe(sessionId);
      expect(await service.stored(workspace, sessionId)).toEqual(before);
      expect(await reasonOf(otp().verify({ sessionId, code }))).toBe('OK');
    });

    it('Resend is known by any of its last five ids', async () => {
      const { sessionId } = await opened();
      for (const requestId of ['1', '2', '3']) {
        later(100_000);
        await otp().resend({ sessionId, requestId });
      }
      const before = await service.stored(workspace, sessionId);
      for (const requestId of ['2', '1', '3']) await otp().resend({ sessionId, requestId });
      expect(await service.stored(workspace, sessionId)).toEqual(before);
    });

    it('Redeem gives the proof again, and its time', async () => {
      const { sessionId, codes } = await opened();
      const { verificationToken } = await otp().validate({ sessionId, code: codes.email });
      const request = { verificationToken, operation, requestId: 'r' };
      const first = await otp().redeem(request);
      later(1_000_000);
      expect(await otp().redeem(request)).toEqual(first);
      expect(await reasonOf(otp().redeem({ verificationToken, operation }))).toBe('TOKEN_REDEEMED');
    });
  });

  describe('another request under the same id', () => {
    it('is IDEMPOTENCY_CONFLICT, and changes nothing', async () => {
      const session = await opened('sms');
      const { sessionId } = session;
      await otp().verify({ sessionId, codes: { email: session.codes.email }, requestId: 'v' });
      const before = await service.stored(workspace, sessionId);
      for (const codes of [
        { email: wrong(session.codes.email) },
        { sms: session.codes.sms },
        session.codes,
      ]) {
        expect(await reasonOf(otp().verify({ sessionId, codes, requestId: 'v' }))).toBe(
          'IDEMPOTENCY_CONFLICT',
        );
      }
      expect(await service.stored(workspace, sessionId)).toEqual(before);
      later(30_000);
      await otp().resend({ sessionId, requestId: 'x' });
      const conflicting = otp().resend({ sessionId, channels: [Channel.SMS], requestId: 'x' });
      expect(await reasonOf(conflicting)).toBe('IDEMPOTENCY_CONFLICT');
    });

    it('of another method is another id', async () => {
      const { sessionId } = await opened();
      later(30_000);
      await otp().resend({ sessionId, requestId: 'same' });
      const { email: code } = await codes(sessionId);
      const { verificationToken } = await otp().validate({ sessionId, code, requestId: 'same' });
      expect(await reasonOf(otp().redeem({ verificationToken, operation, requestId: 'same' }))).toBe('OK');
    });
  });

  it('a wrong guess repeated under its request id is another guess', async () => {
    const session = await opened();
    const { sessionId } = session;
    const guess = { sessionId, code: wrong(session.codes.email), requestId: 'r' };
    const outcomes = [];
    for (let n = 0; n < 4; n++) outcomes.push(await reasonOf(otp().verify(guess)));
    expect(tally(outcomes)).toEqual({ INVALID_CODE: 3, ATTEMPTS_EXHAUSTED: 1 });
  });

  describe('a store that fails at any operation of a call', { timeout: 60_000 }, () => {
    /** How many operations the call makes when nothing fails. */
    async function operationsOf(call: (service: UseCases) => Promise<unknown>): Promise<number> {
      const counted = failOperation(documents, {
        at: Number.POSITIVE_INFINITY,
        carriedOut: true,
        kind: 'once',
      });
      await call(createUseCases(counted.documents, { clock: service.clock }));
      return counted.count();
    }

    /** Lets the call break off everywhere, and has its caller repeat it. */
    async function everywhere(
      prepare: () => Promise<(service: UseCases) => Promise<unknown>>,
      check: () => Promise<void>,
    ) {
      const operations = await operationsOf(await prepare());
      expect(operations).toBeGreaterThan(1);
      for (const carriedOut of [true, false]) {
        for (let at = 0; at < operations; at++) {
          const call = await prepare();
          const faulty = failOperation(documents, { at, carriedOut, kind: 'crash' });
          const doomed = createUseCases(faulty.documents, { clock: service.clock });
          await Promise.race([call(doomed).catch(() => {}), faulty.crashed]);
          later(30_000);
          await call(service);
          await check();
        }
      }
    }

    it('costs Verify an attempt at most: the same request succeeds', async () => {
      let opening: Awaited<ReturnType<typeof opened>>;
      await everywhere(
        async () => {
          opening = await opened();
          const request = { sessionId: opening.sessionId, code: opening.codes.email, requestId: 'r' };
          return (by) => by.as({ workspace }).verify(request);
        },
        async () => {
          const { status, attemptsLeft } = await service.stored(workspace, opening.sessionId);
          expect(status).toBe('APPROVED');
          expect(attemptsLeft).toBeGreaterThanOrEqual(2);
        },
      );
    });

    it('never lets Send open two sessions: the same request finds the one there is', async () => {
      let address = '';
      await everywhere(
        async () => {
          const recipients = newRecipients('email');
          address = recipients.email!;
          return (by) => by.as({ workspace }).send({ recipients, requestId: address });
        },
        async () => {
          const { sessions } = await otp().listSessions({ recipient: address });
          expect(sessions).toHaveLength(1);
        },
      );
    });

    it('never lets Resend send twice: the same request succeeds, with the codes there are', async () => {
      let sessionId = '';
      await everywhere(
        async () => {
          ({ sessionId } = await opened());
          later(30_000);
          return (by) => by.as({ workspace }).resend({ sessionId, requestId: 'r' });
        },
        async () => {
          const { channels, resendsLeft }: StoredSession = await service.stored(workspace, sessionId);
          expect({ n: channels.email?.delivery.n, resendsLeft }).toEqual({ n: 2, resendsLeft: 4 });
          const { email: code } = await codes(sessionId);
          expect(await reasonOf(otp().verify({ sessionId, code }))).toBe('OK');
        },
      );
    });

    it('never lets Redeem succeed twice: the same request finds its proof', async () => {
      let token = '';
      await everywhere(
        async () => {
          const { sessionId, codes } = await opened();
          token = (await otp().validate({ sessionId, code: codes.email })).verificationToken;
          return (by) => by.as({ workspace }).redeem({ verificationToken: token, operation, requestId: 'r' });
        },
        async () => {
          expect(await reasonOf(otp().redeem({ verificationToken: token, operation }))).toBe(
            'TOKEN_REDEEMED',
          );
        },
      );
    });
  });
});
