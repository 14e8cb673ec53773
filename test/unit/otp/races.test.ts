import { fc, test } from '@fast-check/vitest';
import { beforeAll, describe, expect } from 'vitest';
import { CheckResult } from '../../../gen/otp/v1/otp_service_pb.js';
import type { ChannelName } from '../../../server/domain/channels.js';
import type { Documents } from '../../../server/store/documents.js';
import { type Engine, eachEngine } from '../../support/engines.js';
import { wrapOperations } from '../../support/wrapOperations.js';
import {
  type Caller,
  createUseCases,
  newRecipients,
  reasonOf,
  tally,
  type UseCases,
  wrong,
} from './support/useCases.js';

const workspace = 'acme';
const operation = { type: 'payment', id: '1' };

/** Interleavings tried of each race. The MongoDB of the tests takes its time, and the engines differ in nothing here. */
const RUNS: Readonly<Record<Engine['name'], number>> = {
  embedded: Number(process.env.PROPERTY_RUNS ?? 40),
  mongodb: 4,
};

eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents);
  });

  const opened = async (...channels: readonly ChannelName[]) => {
    const { session } = await service.as({ workspace }).send({ recipients: newRecipients(...channels) });
    return { sessionId: session!.id, codes: await service.codes(workspace, session!.id) };
  };

  /** Declares a race: the operations of all that runs reach the store one by one, in every order the scheduler likes. */
  function race(
    name: string,
    run: (racer: () => Caller, settle: <T>(calls: readonly Promise<T>[]) => Promise<T[]>) => Promise<void>,
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

  describe('verify and', () => {
    race('resend: the old code is never accepted once the new one is out', async (racer, settle) => {
      const { sessionId, codes } = await opened('email');
      service.clock.advance(30_000);
      const [verified, resent] = await settle([
        reasonOf(racer().verify({ sessionId, code: codes.email })),
        reasonOf(racer().resend({ sessionId })),
      ]);
      // The first one decides: either outcome rules the other out.
      expect([
        ['OK', 'ALREADY_VERIFIED'],
        ['INVALID_CODE', 'OK'],
      ]).toContainEqual([verified, resent]);
      const { status, channels } = await service.stored(workspace, sessionId);
      expect([status, channels.email?.delivery.n]).toEqual(
        resent === 'OK' ? ['PENDING', 2] : ['APPROVED', 1],
      );
      if (resent !== 'OK') return;
      const { email: code } = await service.codes(workspace, sessionId);
      expect(await reasonOf(service.as({ workspace }).verify({ sessionId, code: codes.email }))).toBe(
        'INVALID_CODE',
      );
      expect(await reasonOf(service.as({ workspace }).verify({ sessionId, code }))).toBe('OK');
    });

    race('resend of two channels: what is verified is not sent again', async (racer, settle) => {
      const { sessionId, codes } = await opened('email', 'sms');
      service.clock.advance(30_000);
      const [verified, resent] = await settle([
        reasonOf(racer().verify({ sessionId, codes: { email: codes.email } })),
        reasonOf(racer().resend({ sessionId })),
      ]);
      expect(resent).toBe('OK');
      const { channels } = await service.stored(workspace, sessionId);
      expect(channels.sms).toMatchObject({ state: 'PENDING', delivery: { n: 2 } });
      expect([
        channels.email?.state,
        channels.email?.delivery.n,
        channels.email?.codeHash !== undefined,
      ]).toEqual(verified === 'OK' ? ['VERIFIED', 1, false] : ['PENDING', 2, true]);
    });

    race('cancel: the session ends cancelled or approved, as the calls report', async (racer, settle) => {
      const { sessionId, codes } = await opened('email');
      const outcomes = await settle([
        reasonOf(racer().verify({ sessionId, code: codes.email })),
        reasonOf(racer().cancelSession({ sessionId })),
      ]);
      const { status, token } = await service.stored(workspace, sessionId);
      expect([...outcomes, status, token !== undefined]).toEqual(
        status === 'APPROVED'
          ? ['OK', 'ALREADY_VERIFIED', 'APPROVED', true]
          : ['SESSION_CANCELED', 'OK', 'CANCELED', false],
      );
    });

    race(
      'verify of the other channel: the session ends APPROVED, and one of them reports it',
      async (racer, settle) => {
        const { sessionId, codes } = await opened('email', 'sms');
        const outcomes = await settle([
          racer().verify({ sessionId, codes: { email: codes.email } }),
          racer().verify({ sessionId, codes: { sms: codes.sms } }),
        ]);
        expect(outcomes.flatMap(({ results }) => results.map(({ result }) => result))).toEqual([
          CheckResult.VERIFIED,
          CheckResult.VERIFIED,
        ]);
        expect(outcomes.filter(({ verificationToken }) => verificationToken)).toHaveLength(1);
        expect(await service.stored(workspace, sessionId)).toMatchObject({
          status: 'APPROVED',
          attemptsLeft: 3,
        });
      },
    );

    race('verify of the same channel: accepted once, and no attempt is lost', async (racer, settle) => {
      const { sessionId, codes } = await opened('email', 'sms');
      const call = () => reasonOf(racer().verify({ sessionId, codes: { email: codes.email } }));
      const outcomes = await settle([call(), call(), call()]);
      expect(tally(outcomes)).toEqual({ OK: 1, ALREADY_VERIFIED: 2 });
      expect(await service.stored(workspace, sessionId)).toMatchObject({
        status: 'PARTIAL',
        attemptsLeft: 3,
      });
    });

    race(
      'wrong guesses: at most three are compared, and a right one among the three is accepted',
      async (racer, settle) => {
        const { sessionId, codes } = await opened('email');
        const given = [wrong(codes.email), codes.email, wrong(codes.email), wrong(codes.email)];
        const outcomes = await settle(given.map((code) => reasonOf(racer().verify({ sessionId, code }))));
        const { OK = 0, INVALID_CODE = 0 } = tally(outcomes);
        expect(OK + INVALID_CODE).toBeLessThanOrEqual(3 + OK);
        expect((await service.stored(workspace, sessionId)).status).toBe(OK === 1 ? 'APPROVED' : 'PENDING');
        expect(outcomes[1]).toBe(OK === 1 ? 'OK' : 'ATTEMPTS_EXHAUSTED');
      },
    );
  });

  race('resends: one is sent', async (racer, settle) => {
    const { sessionId } = await opened('email');
    service.clock.advance(30_000);
    const outcomes = await settle([
      reasonOf(racer().resend({ sessionId })),
      reasonOf(racer().resend({ sessionId })),
    ]);
    expect(tally(outcomes)).toEqual({ OK: 1, RESEND_TOO_SOON: 1 });
    expect(await service.stored(workspace, sessionId)).toMatchObject({
      resendsLeft: 4,
      channels: { email: { delivery: { n: 2 } } },
    });
  });

  race('resend and cancel: a cancelled session stays cancelled', async (racer, settle) => {
    const { sessionId } = await opened('email');
    service.clock.advance(30_000);
    const [cancelled] = await settle([
      reasonOf(racer().cancelSession({ sessionId })),
      reasonOf(racer().resend({ sessionId })),
    ]);
    expect(cancelled).toBe('OK');
    const { status, deliverAt, channels } = await service.stored(workspace, sessionId);
    expect({ status, deliverAt, codeHash: channels.email?.codeHash }).toEqual({ status: 'CANCELED' });
  });

  race('redeems: one gets the proof', async (racer, settle) => {
    const { sessionId, codes } = await opened('email');
    const { verificationToken } = await service.as({ workspace }).validate({ sessionId, code: codes.email });
    const redeem = (id: string) =>
      reasonOf(racer().redeem({ verificationToken, operation: { ...operation, id } }));
    expect(tally(await settle([redeem('1'), redeem('2'), redeem('3')]))).toEqual({
      OK: 1,
      TOKEN_REDEEMED: 2,
    });
  });

  const opening = async (call: ReturnType<Caller['send']>): Promise<string> =>
    call.then(
      ({ session }) => session!.id,
      (refused: { reason: string }) => refused.reason,
    );
  const only = async (recipient: string): Promise<string> => {
    const { sessions } = await service.as({ workspace }).listSessions({ recipient });
    expect(sessions).toHaveLength(1);
    return sessions[0]!.id;
  };

  race('sends with one request id: one session, which every later repeat finds', async (racer, settle) => {
    const recipients = newRecipients('email');
    const request = { recipients, requestId: recipients.email! };
    const outcomes = await settle([1, 2, 3].map(() => opening(racer().send(request))));
    const id = await only(recipients.email!);
    expect(outcomes.filter((outcome) => outcome !== 'REQUEST_IN_PROGRESS')).toContain(id);
    expect(new Set(outcomes.filter((outcome) => outcome !== 'REQUEST_IN_PROGRESS')).size).toBe(1);
    expect(await opening(service.as({ workspace }).send(request))).toBe(id);
  });

  race('equal sends that may reuse: one session', async (racer, settle) => {
    const recipients = newRecipients('email');
    const request = { recipients, reuseOpenSession: true };
    const outcomes = await settle([1, 2, 3].map(() => opening(racer().send(request))));
    const id = await only(recipients.email!);
    expect(new Set(outcomes.filter((outcome) => outcome !== 'REQUEST_IN_PROGRESS'))).toEqual(new Set([id]));
  });

  race('sends to one recipient: never more than its limit allows', async (racer, settle) => {
    const recipients = newRecipients('sms');
    const outcomes = await settle(Array.from({ length: 7 }, () => reasonOf(racer().send({ recipients }))));
    expect(tally(outcomes)).toEqual({ OK: 5, RATE_LIMITED: 2 });
  });
});
