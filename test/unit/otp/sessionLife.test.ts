import { beforeAll, describe, expect, it } from 'vitest';
import { SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import { openHashPool } from '../../../server/secrets/hashing/hashPool.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { createUseCases, newRecipients, reasonOf, type UseCases, wrong } from './support/useCases.js';

const workspace = 'acme';
const LIFE = 300_000;

eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents);
  });
  const otp = () => service.as({ workspace });
  const later = (ms: number) => service.clock.advance(ms);
  const seconds = (count: number) => ({ seconds: BigInt(count), nanos: 0 });

  /** Opens a session of one channel. */
  async function opened(config: object = {}) {
    const { session } = await otp().send({ recipients: newRecipients('email'), config });
    const { email: code } = await service.codes(workspace, session!.id);
    return { id: session!.id, code };
  }
  type Opened = Awaited<ReturnType<typeof opened>>;

  /** What can become of a session. */
  const become = {
    async locked({ id, code }: Opened) {
      for (let guess = 0; guess < 3; guess++) {
        await otp()
          .verify({ sessionId: id, code: wrong(code) })
          .catch(() => {});
      }
    },
    async expired() {
      later(LIFE);
    },
    async cancelled({ id }: Opened) {
      await otp().cancelSession({ sessionId: id });
    },
    async verified({ id, code }: Opened) {
      await otp().verify({ sessionId: id, code });
    },
    async consumed(session: Opened) {
      const { verificationToken } = await otp().verify({ sessionId: session.id, code: session.code });
      await otp().redeem({ verificationToken, operation: { type: 'payment', id: '1' } });
    },
  };
  type Fate = keyof typeof become;

  describe('the first of these that is true is what is reported', () => {
    // In the order of the contract: each is reported before all that come after it.
    const order: readonly (readonly [readonly Fate[], string, SessionStatus])[] = [
      [['consumed', 'expired'], 'SESSION_CONSUMED', SessionStatus.APPROVED],
      [['consumed'], 'SESSION_CONSUMED', SessionStatus.APPROVED],
      [['verified', 'expired'], 'ALREADY_VERIFIED', SessionStatus.APPROVED],
      [['verified'], 'ALREADY_VERIFIED', SessionStatus.APPROVED],
      [['locked', 'expired', 'cancelled'], 'SESSION_CANCELED', SessionStatus.CANCELED],
      [['locked', 'cancelled'], 'SESSION_CANCELED', SessionStatus.CANCELED],
      [['cancelled', 'expired'], 'SESSION_CANCELED', SessionStatus.CANCELED],
      [['locked', 'expired'], 'SESSION_EXPIRED', SessionStatus.EXPIRED],
      [['expired'], 'SESSION_EXPIRED', SessionStatus.EXPIRED],
      [['locked'], 'ATTEMPTS_EXHAUSTED', SessionStatus.LOCKED],
    ];

    it.each(order)('%j: %s', async (fates, reason, status) => {
      const session = await opened();
      const { id, code } = session;
      for (const fate of fates) await become[fate](session);
      const before = service.comparisons();
      for (const given of [code, wrong(code), '1']) {
        expect(await reasonOf(otp().verify({ sessionId: id, code: given }))).toBe(reason);
        expect(await reasonOf(otp().validate({ sessionId: id, code: given }))).toBe(reason);
      }
      expect(service.comparisons()).toBe(before);
      expect((await otp().getSession({ sessionId: id })).session?.status).toBe(status);
    });

    it('an open session reports a wrong code, and an id without a session that there is none', async () => {
      const { id, code } = await opened();
      expect(await reasonOf(otp().verify({ sessionId: id, code: wrong(code) }))).toBe('INVALID_CODE');
      for (const sessionId of [
        '01890000-0000-7000-8000-000000000000',
        'otp_1',
        '../',
        'acme/x',
        id.slice(1),
      ]) {
        expect(await reasonOf(otp().verify({ sessionId, code }))).toBe('SESSION_NOT_FOUND');
      }
    });

    it.each([
      ['verified', 'ALREADY_VERIFIED'],
      ['consumed', 'SESSION_CONSUMED'],
      ['cancelled', 'OK'],
      ['expired', 'OK'],
      ['locked', 'OK'],
    ] as const)('cancelling a session that is %s: %s', async (fate, reason) => {
      const session = await opened();
      await become[fate](session);
      expect(await reasonOf(otp().cancelSession({ sessionId: session.id }))).toBe(reason);
    });
  });

  describe('a session of N seconds expires at the very millisecond', () => {
    it.each([
      [undefined, 300],
      [60, 60],
      [300, 300],
      [600, 600],
    ])('%s given: %s', async (lifetime, lasts) => {
      const config = lifetime === undefined ? {} : { lifetime: seconds(lifetime) };
      const [inTime, late] = [await opened(config), await opened(config)];
      later(lasts * 1000 - 1);
      expect(await reasonOf(otp().verify({ sessionId: inTime.id, code: inTime.code }))).toBe('OK');
      expect((await otp().getSession({ sessionId: late.id })).session?.status).toBe(SessionStatus.PENDING);
      later(1);
      expect(await reasonOf(otp().verify({ sessionId: late.id, code: late.code }))).toBe('SESSION_EXPIRED');
      expect((await otp().getSession({ sessionId: late.id })).session?.status).toBe(SessionStatus.EXPIRED);
    });

    it('also when it ends while a code is being compared', async () => {
      const clock = new ManualClock();
      let takes = 0;
      const pool = {
        ...openHashPool,
        enter: () => ({
          async run<T>(task: () => Promise<T>): Promise<T> {
            const result = await task();
            clock.advance(takes);
            return result;
          },
          leave() {},
        }),
      };
      const slow = createUseCases(documents, { clock, pool });
      const send = async () => {
        takes = 0;
        const { session } = await slow.as({ workspace }).send({ recipients: newRecipients('email') });
        return { sessionId: session!.id, code: (await slow.codes(workspace, session!.id)).email };
      };
      const [inTime, late] = [await send(), await send()];
      clock.advance(LIFE - 2);
      takes = 1;
      expect(await reasonOf(slow.as({ workspace }).verify(inTime))).toBe('OK');
      expect(await reasonOf(slow.as({ workspace }).verify(late))).toBe('SESSION_EXPIRED');
      expect(await slow.stored(workspace, late.sessionId)).toMatchObject({ status: 'PENDING' });
    });
  });

  describe('a verification token', () => {
    const operation = { type: 'payment', id: '1' };
    const proven = async () => {
      const { id, code } = await opened();
      return (await otp().validate({ sessionId: id, code })).verificationToken;
    };

    it('is good for 600 seconds and not a millisecond longer', async () => {
      const [inTime, late] = [await proven(), await proven()];
      later(599_999);
      expect(await reasonOf(otp().redeem({ verificationToken: inTime, operation }))).toBe('OK');
      later(1);
      expect(await reasonOf(otp().redeem({ verificationToken: late, operation }))).toBe('TOKEN_EXPIRED');
      expect(await reasonOf(otp().redeem({ verificationToken: inTime, operation }))).toBe('TOKEN_REDEEMED');
    });

    it('is redeemed once, by one of twenty concurrent calls', async () => {
      const verificationToken = await proven();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => reasonOf(otp().redeem({ verificationToken, operation }))),
      );
      expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'TOKEN_REDEEMED')).toHaveLength(19);
    });

    it('is not consumed by a redeem that is refused', async () => {
      const { session } = await otp().send({ recipients: newRecipients('email'), operation });
      const { email: code } = await service.codes(workspace, session!.id);
      const { verificationToken } = await otp().validate({ sessionId: session!.id, code });
      const redeem = (more: object) => reasonOf(otp().redeem({ verificationToken, operation, ...more }));
      expect(await redeem({ operation: { type: 'payment', id: '2' } })).toBe('OPERATION_MISMATCH');
      expect(await redeem({ operation: { type: 'transfer', id: '1' } })).toBe('OPERATION_MISMATCH');
      expect(await redeem({ recipient: 'someone.else@example.com' })).toBe('OPERATION_MISMATCH');
      expect(await redeem({ recipient: 'no recipient' })).toBe('INVALID_RECIPIENT');
      expect(await reasonOf(otp().introspect({ verificationToken }))).toBe('OK');
      expect(await redeem({})).toBe('OK');
    });
  });
});
