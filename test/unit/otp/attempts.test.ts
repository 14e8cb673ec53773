import { beforeAll, describe, expect, it } from 'vitest';
import { CheckResult } from '../../../gen/otp/v1/otp_service_pb.js';
import { Channel, SessionStatus, Strategy } from '../../../gen/otp/v1/session_pb.js';
import type { ChannelName } from '../../../server/domain/channels.js';
import { createHashPool } from '../../../server/secrets/hashing/hashPool.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine, onEmbedded } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { createUseCases, newRecipients, reasonOf, tally, type UseCases, wrong } from './support/useCases.js';

const { VERIFIED, INVALID_CODE, ALREADY_VERIFIED, NOT_CHECKED, ATTEMPTS_EXHAUSTED } = CheckResult;
const workspace = 'acme';

/** Opens a session and reads its codes. */
async function opened(service: UseCases, channels: readonly ChannelName[], more: object = {}) {
  const { session } = await service
    .as({ workspace })
    .send({ recipients: newRecipients(...channels), ...more });
  return { id: session!.id, codes: await service.codes(workspace, session!.id) };
}

eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents);
  });
  const otp = () => service.as({ workspace });
  const times = <T>(count: number, call: (i: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, i) => call(i)));
  const attemptsLeft = async (id: string) => (await service.stored(workspace, id)).attemptsLeft;

  describe('at once', () => {
    // The MongoDB of the tests takes its time over 200 updates of one document.
    const timeout = 30_000;

    it('200 wrong guesses at a session of three attempts are compared three times', { timeout }, async () => {
      const { id, codes } = await opened(service, ['email'], { config: { maxAttempts: 3 } });
      const before = service.comparisons();
      const code = wrong(codes.email);
      const outcomes = await times(200, () => reasonOf(otp().verify({ sessionId: id, code })));
      expect(service.comparisons() - before).toBe(3);
      expect(tally(outcomes)).toEqual({ INVALID_CODE: 3, ATTEMPTS_EXHAUSTED: 197 });
      expect(await reasonOf(otp().verify({ sessionId: id, code: codes.email }))).toBe('ATTEMPTS_EXHAUSTED');
      expect(service.comparisons() - before).toBe(3);
    });

    it('200 guesses spread over three channels and two processes share the three attempts', {
      timeout,
    }, async () => {
      const other = createUseCases(documents, { clock: service.clock });
      const { id, codes } = await opened(service, ['email', 'sms', 'whatsapp']);
      const before = service.comparisons();
      const channels = ['email', 'sms', 'whatsapp'] as const;
      const outcomes = await times(200, (i) => {
        const channel = channels[i % 3]!;
        const by = i % 2 ? other.as({ workspace }) : otp();
        return reasonOf(by.verify({ sessionId: id, codes: { [channel]: wrong(codes[channel]) } }));
      });
      expect(service.comparisons() - before + other.comparisons()).toBe(3);
      expect(tally(outcomes)).toEqual({ INVALID_CODE: 3, ATTEMPTS_EXHAUSTED: 197 });
    });

    it('50 right codes are accepted once', async () => {
      const { id, codes } = await opened(service, ['email'], { config: { maxAttempts: 10 } });
      const { OK, ...refused } = tally(
        await times(50, () => reasonOf(otp().verify({ sessionId: id, code: codes.email }))),
      );
      expect(OK).toBe(1);
      expect((refused.ALREADY_VERIFIED ?? 0) + (refused.ATTEMPTS_EXHAUSTED ?? 0)).toBe(49);
      expect((await service.stored(workspace, id)).status).toBe('APPROVED');
    });

    it('50 right codes among 50 wrong ones are accepted at most once', async () => {
      const { id, codes } = await opened(service, ['email'], { config: { maxAttempts: 10 } });
      const outcomes = await times(100, (i) =>
        reasonOf(otp().verify({ sessionId: id, code: i % 2 ? codes.email : wrong(codes.email) })),
      );
      expect(tally(outcomes).OK ?? 0).toBeLessThanOrEqual(1);
    });

    it('right codes of one of two channels take no attempt for good', async () => {
      const { id, codes } = await opened(service, ['email', 'sms']);
      const outcomes = await times(20, () =>
        reasonOf(otp().verify({ sessionId: id, codes: { email: codes.email } })),
      );
      expect(tally(outcomes).OK).toBe(1);
      expect(await attemptsLeft(id)).toBe(3);
      const { session } = await otp().verify({ sessionId: id, codes: { sms: codes.sms } });
      expect(session).toMatchObject({ status: SessionStatus.APPROVED, attemptsRemaining: 3 });
    });

    it('two channels that finish together end APPROVED, and one of them reports it', async () => {
      for (let round = 0; round < 5; round++) {
        const { id, codes } = await opened(service, ['email', 'sms']);
        const outcomes = await Promise.all([
          otp().verify({ sessionId: id, codes: { email: codes.email } }),
          otp().verify({ sessionId: id, codes: { sms: codes.sms } }),
        ]);
        expect(outcomes.map(({ session }) => session!.status).sort()).toEqual([
          SessionStatus.PARTIAL,
          SessionStatus.APPROVED,
        ]);
        expect(outcomes.filter(({ verificationToken }) => verificationToken)).toHaveLength(1);
        expect(await service.stored(workspace, id)).toMatchObject({ status: 'APPROVED', attemptsLeft: 3 });
      }
    });
  });

  describe('the last allowed guess', () => {
    it('reports INVALID_CODE with no attempts left, and only the next one that there are none left', async () => {
      const { id, codes } = await opened(service, ['email'], { config: { maxAttempts: 2 } });
      const guess = () => otp().verify({ sessionId: id, code: wrong(codes.email) });
      await expect(guess()).rejects.toMatchObject({
        reason: 'INVALID_CODE',
        details: { attemptsRemaining: 1 },
      });
      await expect(guess()).rejects.toMatchObject({
        reason: 'INVALID_CODE',
        details: { attemptsRemaining: 0 },
      });
      const { session } = await otp().getSession({ sessionId: id });
      expect(session).toMatchObject({ status: SessionStatus.LOCKED, attemptsRemaining: 0 });
      await expect(guess()).rejects.toMatchObject({ reason: 'ATTEMPTS_EXHAUSTED' });
    });

    it('is accepted when it is right', async () => {
      const { id, codes } = await opened(service, ['email'], { config: { maxAttempts: 1 } });
      const { session } = await otp().verify({ sessionId: id, code: codes.email });
      expect(session).toMatchObject({ status: SessionStatus.APPROVED, attemptsRemaining: 1 });
    });
  });

  describe('what is no code', () => {
    it.each(['1', '1234567', 'abcdef', '12345.', '12345', 'x'.repeat(64)])(
      '%j is a wrong guess and counts',
      async (code) => {
        const { id } = await opened(service, ['email']);
        const before = service.comparisons();
        await expect(otp().verify({ sessionId: id, code })).rejects.toMatchObject({
          reason: 'INVALID_CODE',
          details: { attemptsRemaining: 2 },
        });
        // Of the wrong length it is wrong without being compared.
        expect(service.comparisons() - before).toBe(code.length === 6 ? 1 : 0);
      },
    );
  });

  describe('several codes in one call', () => {
    const three = ['email', 'sms', 'whatsapp'] as const;
    const verify = (id: string, codes: Record<string, string>) => otp().verify({ sessionId: id, codes });
    const shown = (results: readonly { channel: Channel; result: CheckResult }[]) =>
      results.map(({ channel, result }) => [channel, result]);

    it('cost an attempt for each wrong one, and report the first one’s error when all are wrong', async () => {
      const { id, codes } = await opened(service, three);
      const all = { email: wrong(codes.email), sms: wrong(codes.sms), whatsapp: wrong(codes.whatsapp) };
      await expect(verify(id, all)).rejects.toMatchObject({
        reason: 'INVALID_CODE',
        details: { channel: 'email', attemptsRemaining: 0 },
      });
    });

    it('succeed in part with a result for each, whichever is right', async () => {
      const { id, codes } = await opened(service, three);
      const { session, results } = await verify(id, { sms: codes.sms, email: wrong(codes.email) });
      expect(session).toMatchObject({ status: SessionStatus.PARTIAL, attemptsRemaining: 2 });
      expect(shown(results)).toEqual([
        [Channel.EMAIL, INVALID_CODE],
        [Channel.SMS, VERIFIED],
      ]);
    });

    it('leave the rest unchecked once the session is approved', async () => {
      const { id, codes } = await opened(service, three, { policy: { strategy: Strategy.ANY } });
      const before = service.comparisons();
      const { session, results, verificationToken } = await verify(id, {
        email: codes.email,
        sms: wrong(codes.sms),
        whatsapp: codes.whatsapp,
      });
      expect(session).toMatchObject({ status: SessionStatus.APPROVED, attemptsRemaining: 3 });
      expect(verificationToken).toMatch(/^otvt_/);
      expect(shown(results)).toEqual([
        [Channel.EMAIL, VERIFIED],
        [Channel.SMS, NOT_CHECKED],
        [Channel.WHATSAPP, NOT_CHECKED],
      ]);
      expect(service.comparisons() - before).toBe(1);
    });

    it('run out of attempts on the way: what was verified stays, the rest says so', async () => {
      const { id, codes } = await opened(service, three, { config: { maxAttempts: 1 } });
      const { session, results } = await verify(id, {
        email: codes.email,
        sms: wrong(codes.sms),
        whatsapp: codes.whatsapp,
      });
      expect(session).toMatchObject({ status: SessionStatus.LOCKED, attemptsRemaining: 0 });
      expect(shown(results)).toEqual([
        [Channel.EMAIL, VERIFIED],
        [Channel.SMS, INVALID_CODE],
        [Channel.WHATSAPP, ATTEMPTS_EXHAUSTED],
      ]);
      expect(await reasonOf(verify(id, { whatsapp: codes.whatsapp }))).toBe('ATTEMPTS_EXHAUSTED');
    });

    it('compare no channel again that is verified', async () => {
      const { id, codes } = await opened(service, three);
      await verify(id, { email: codes.email });
      const before = service.comparisons();
      const { results } = await verify(id, { email: wrong(codes.email), sms: codes.sms });
      expect(shown(results)).toEqual([
        [Channel.EMAIL, ALREADY_VERIFIED],
        [Channel.SMS, VERIFIED],
      ]);
      expect(service.comparisons() - before).toBe(1);
      expect(await reasonOf(verify(id, { email: codes.email, sms: codes.sms }))).toBe('ALREADY_VERIFIED');
      expect(await attemptsLeft(id)).toBe(3);
    });

    it('cost nothing when one is for a channel that the session does not use', async () => {
      const { id, codes } = await opened(service, ['email', 'sms']);
      expect(await reasonOf(verify(id, { email: codes.email, whatsapp: '123456' }))).toBe(
        'CHANNEL_NOT_IN_SESSION',
      );
      expect(await service.stored(workspace, id)).toMatchObject({ status: 'PENDING', attemptsLeft: 3 });
    });

    it('are needed by channel: a code that names none is refused and costs nothing', async () => {
      const { id, codes } = await opened(service, ['email', 'sms']);
      for (const method of ['verify', 'validate'] as const) {
        expect(await reasonOf(otp()[method]({ sessionId: id, code: codes.email }))).toBe('CHANNEL_REQUIRED');
      }
      expect(await attemptsLeft(id)).toBe(3);
    });
  });

  it('no code verifies on another channel or in another session', async () => {
    const one = await opened(service, ['email', 'sms']);
    const other = await opened(service, ['email', 'sms']);
    const swapped = { email: one.codes.sms, sms: one.codes.email };
    expect(await reasonOf(otp().verify({ sessionId: one.id, codes: swapped }))).toBe('INVALID_CODE');
    expect(await reasonOf(otp().verify({ sessionId: other.id, codes: one.codes }))).toBe('INVALID_CODE');
  });
});

onEmbedded((engine) => {
  it('with argon2id and a full waiting room, guesses are compared at most as often as allowed, or refused uncounted', async () => {
    const clock = new ManualClock();
    const pool = createHashPool({ concurrency: 2, waitingRoom: 64, clock });
    const service = createUseCases(await engine.open(), { clock, hash: 'argon2id', pool });
    const { id, codes } = await opened(service, ['email']);
    const guess = () =>
      reasonOf(service.as({ workspace }).verify({ sessionId: id, code: wrong(codes.email) }));
    const {
      INVALID_CODE = 0,
      ATTEMPTS_EXHAUSTED = 0,
      OVERLOADED = 0,
    } = tally(await Promise.all(Array.from({ length: 200 }, guess)));
    expect(service.comparisons()).toBe(3);
    expect(INVALID_CODE).toBe(3);
    expect(OVERLOADED).toBeGreaterThan(0);
    expect(INVALID_CODE + ATTEMPTS_EXHAUSTED + OVERLOADED).toBe(200);
    expect(pool.counts()).toMatchObject({ running: 0, waiting: 0, entered: 0 });
  });
});
