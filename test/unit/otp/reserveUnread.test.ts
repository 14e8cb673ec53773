import { fc, test } from '@fast-check/vitest';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredBudget } from '../../../server/limits/recipientBudget/operations.js';
import type { StoredSession } from '../../../server/session/stored.js';
import type { Documents } from '../../../server/store/documents.js';
import { type Engine, eachEngine } from '../../support/engines.js';
import { wrapOperations } from '../../support/wrapOperations.js';
import { createUseCases, newRecipients, reasonOf, tally, type UseCases, wrong } from './support/useCases.js';

const workspace = 'acme';

const RUNS: Readonly<Record<Engine['name'], number>> = { embedded: 40, mongodb: 3 };

/** Attempts are reserved without reading the session where it has one channel. */
eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents);
  });
  const otp = (mode: 'live' | 'test' = 'live') => service.as({ workspace, mode });
  const stored = (id: string) => service.stored(workspace, id);

  async function opened(config = {}) {
    const { session } = await otp().send({ recipients: newRecipients('email'), config });
    return { sessionId: session!.id, code: (await service.codes(workspace, session!.id)).email };
  }

  type Racer = ReturnType<typeof otp>;
  function race(
    name: string,
    run: (racer: () => Racer, settle: <T>(calls: readonly Promise<T>[]) => Promise<T[]>) => Promise<void>,
  ) {
    test.prop([fc.scheduler()], { numRuns: RUNS[engine.name] })(
      name,
      async (scheduler) => {
        const shared = wrapOperations(documents, async (operation) => {
          await scheduler.schedule(Promise.resolve());
          return operation();
        });
        await run(
          () => createUseCases(shared, { clock: service.clock }).as({ workspace }),
          (calls) => scheduler.waitFor(Promise.all(calls)),
        );
      },
      60_000,
    );
  }

  describe('of a session with one channel', () => {
    race('parallel guesses are compared as often as there are attempts', async (racer, settle) => {
      const { sessionId, code } = await opened({ maxAttempts: 3 });
      const results = await settle(
        Array.from({ length: 6 }, (_, index) => {
          const guess = { sessionId, code: wrong(code) };
          return reasonOf(index % 2 ? racer().validate(guess) : racer().verify(guess));
        }),
      );
      expect(tally(results)).toEqual({ INVALID_CODE: 3, ATTEMPTS_EXHAUSTED: 3 });
      const { attemptsLeft, lockedAt, checks } = await stored(sessionId);
      expect([attemptsLeft, lockedAt !== undefined, checks?.length]).toEqual([0, true, 3]);
    });

    race('a right code given many times at once is accepted once', async (racer, settle) => {
      const { sessionId, code } = await opened();
      const results = await settle([1, 2, 3].map(() => reasonOf(racer().validate({ sessionId, code }))));
      expect(tally(results)).toEqual({ OK: 1, ALREADY_VERIFIED: 2 });
    });

    race('an old code is not accepted after a resend, nor a new one lost to it', async (racer, settle) => {
      const { sessionId, code } = await opened();
      service.clock.advance(30_000);
      const outcome = await settle([
        reasonOf(racer().validate({ sessionId, code })),
        reasonOf(racer().resend({ sessionId })),
      ]);
      expect([
        ['OK', 'ALREADY_VERIFIED'],
        ['INVALID_CODE', 'OK'],
      ]).toContainEqual(outcome);
      const { paid, status } = await stored(sessionId);
      // The comparison of the new message is there, whichever of the two was first.
      if (status === 'PENDING') expect([0, 1]).toContain(paid);
    });

    race('a cancelled session accepts nothing', async (racer, settle) => {
      const { sessionId, code } = await opened();
      const outcome = await settle([
        reasonOf(racer().validate({ sessionId, code })),
        reasonOf(racer().cancelSession({ sessionId })),
      ]);
      expect([
        ['OK', 'ALREADY_VERIFIED'],
        ['SESSION_CANCELED', 'OK'],
      ]).toContainEqual(outcome);
    });

    it('the last millisecond of a code counts and the next does not', async () => {
      const [first, second] = [await opened(), await opened()];
      const { expiresAt } = await stored(first.sessionId);
      service.clock.advance(expiresAt.getTime() - service.clock.now() - 1);
      expect(await reasonOf(otp().validate(first))).toBe('OK');
      service.clock.advance((await stored(second.sessionId)).expiresAt.getTime() - service.clock.now());
      expect(await reasonOf(otp().validate(second))).toBe('SESSION_EXPIRED');
      expect((await stored(second.sessionId)).attemptsLeft).toBe(3);
    });

    it('its code expires with it, also after a resend: the reservation looks at one date only', async () => {
      const { sessionId } = await opened();
      for (let resend = 0; resend < 2; resend++) {
        const { expiresAt, channels, only } = await stored(sessionId);
        expect([only, channels.email?.codeExpiresAt]).toEqual(['email', expiresAt]);
        service.clock.advance(30_000);
        await otp().resend({ sessionId });
      }
    });

    it('a test key gets no attempt of a live one', async () => {
      const { sessionId, code } = await opened();
      expect(await reasonOf(otp('test').validate({ sessionId, code }))).toBe('SESSION_NOT_FOUND');
      expect((await stored(sessionId)).attemptsLeft).toBe(3);
    });

    it('a code for another channel costs no attempt', async () => {
      const { sessionId, code } = await opened();
      expect(await reasonOf(otp().verify({ sessionId, codes: { sms: code } }))).toBe(
        'CHANNEL_NOT_IN_SESSION',
      );
      expect((await stored(sessionId)).attemptsLeft).toBe(3);
    });

    it('one that was opened before it said so is checked all the same', async () => {
      const { sessionId, code } = await opened();
      const sessions = documents.collection<StoredSession>('sessions');
      await sessions.findOneAndUpdate(
        { _id: `${workspace}/${sessionId}` },
        { $unset: { only: '', paid: '' }, $set: { 'channels.email.paid': 1 } },
      );
      expect(await reasonOf(otp().validate({ sessionId, code: wrong(code) }))).toBe('INVALID_CODE');
      expect((await stored(sessionId)).channels.email?.paid).toBe(0);
      expect(await reasonOf(otp().validate({ sessionId, code }))).toBe('OK');
    });
  });

  describe('what a right code gives back', () => {
    it('is left to the worker where the store fails it, and the code counts all the same', async () => {
      const { sessionId, code } = await opened();
      const failing = wrapOperations(documents, async (operation, { collection }) => {
        if (collection === 'limits') throw new Error('the store is away');
        return operation();
      });
      const caller = createUseCases(failing, { clock: service.clock }).as({ workspace });
      expect(await reasonOf(caller.validate({ sessionId, code }))).toBe('OK');
      const { events, eventsDone, eventsAt, channels } = await stored(sessionId);
      expect(eventsAt).toBeInstanceOf(Date);
      expect(events[eventsDone]).toMatchObject({ type: 'session.approved', success: {} });
      const account = `${workspace}.live/recipient/${channels.email?.budget ?? channels.email?.recipient}`;
      const budget = await documents.collection<StoredBudget>('limits').findOne({ _id: account });
      expect(budget?.open?.t6).toHaveLength(1);
    });
  });
});
