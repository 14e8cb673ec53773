import { beforeAll, describe, expect, it } from 'vitest';
import { Channel, Strategy } from '../../../gen/otp/v1/session_pb.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { failOperation } from '../../support/wrapOperations.js';
import { type Caller, createUseCases, newRecipients, reasonOf, type UseCases } from './support/useCases.js';

const workspace = 'acme';

eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents);
  });
  const otp = () => service.as({ workspace });
  const later = (ms: number) => service.clock.advance(ms);
  type Request = Parameters<ReturnType<typeof otp>['send']>[0];

  /** The ids of the sessions that were opened to a recipient. */
  const sessionsTo = async (recipient: string): Promise<string[]> =>
    (await otp().listSessions({ recipient })).sessions.map(({ id }) => id);

  /** The outcomes of many calls made at once: the ids of sessions, and the reasons of refusals. */
  const atOnce = (times: number, call: (i: number) => ReturnType<Caller['send']>) =>
    Promise.all(
      Array.from({ length: times }, (_, i) =>
        call(i).then(
          ({ session }) => session!.id,
          (refused: { reason: string }) => refused.reason,
        ),
      ),
    );

  describe('one request id', () => {
    it('ten Sends at once, by two processes, open one session', async () => {
      const other = createUseCases(documents, { clock: service.clock });
      const recipients = newRecipients('email');
      const request: Request = { recipients, requestId: 'ten' };
      const outcomes = await atOnce(10, (i) => (i % 2 ? other.as({ workspace }) : otp()).send(request));
      const [only, ...others] = await sessionsTo(recipients.email!);
      expect(others).toEqual([]);
      expect(new Set(outcomes.filter((outcome) => outcome !== 'REQUEST_IN_PROGRESS'))).toEqual(
        new Set([only]),
      );
    });

    it('a Send that is under way is waited for, at most as long as its process may take', async () => {
      const request: Request = { recipients: newRecipients('email'), requestId: 'slow' };
      const stuck = failOperation(documents, { at: 3, carriedOut: false, kind: 'crash' });
      void createUseCases(stuck.documents, { clock: service.clock }).as({ workspace }).send(request);
      await stuck.crashed;
      await expect(otp().send(request)).rejects.toMatchObject({
        reason: 'REQUEST_IN_PROGRESS',
        details: { retryAfterMs: 1_000 },
      });
      later(29_999);
      expect(await reasonOf(otp().send(request))).toBe('REQUEST_IN_PROGRESS');
      later(1);
      const { session } = await otp().send(request);
      expect((await otp().send(request)).session?.id).toBe(session?.id);
    });

    it('returns the same session in its current state for 24 hours, and counts no other send', async () => {
      const recipients = newRecipients('email');
      const request: Request = { recipients, requestId: 'day', metadata: { b: 1, a: { d: 1, c: [2] } } };
      const first = await otp().send(request);
      for (let repeat = 0; repeat < 6; repeat++) {
        const { session, reused } = await otp().send({ ...request, metadata: { a: { c: [2], d: 1 }, b: 1 } });
        expect({ session, reused }).toEqual({ session: first.session, reused: false });
      }
      later(86_400_000 - 1);
      expect((await otp().send(request)).session?.id).toBe(first.session?.id);
    });

    it('used for another request is a conflict, whichever field differs', async () => {
      const recipients = newRecipients('email');
      const request: Request = { recipients, requestId: 'conflict' };
      await otp().send(request);
      for (const other of [
        { recipients: newRecipients('email') },
        { purpose: 'login' },
        { metadata: { a: 1 } },
        { config: { maxAttempts: 4 } },
        { locale: 'es' },
        { reuseOpenSession: true },
      ]) {
        expect(await reasonOf(otp().send({ ...request, ...other }))).toBe('IDEMPOTENCY_CONFLICT');
      }
      expect(await sessionsTo(recipients.email!)).toHaveLength(1);
    });

    it('is another one for another client, workspace and mode', async () => {
      const request: Request = { recipients: newRecipients('email'), requestId: 'mine' };
      const callers = [
        otp(),
        service.as({ workspace, client: 'other' }),
        service.as({ workspace: 'other' }),
        service.as({ workspace, mode: 'test' }),
      ];
      const ids = [];
      for (const caller of callers) ids.push((await caller.send(request)).session!.id);
      expect(new Set(ids).size).toBe(callers.length);
    });

    it('of a Send that was refused can be used again at once', async () => {
      const recipients = newRecipients('email');
      for (let n = 0; n < 5; n++) await otp().send({ recipients });
      const request: Request = { recipients, requestId: 'refused' };
      expect(await reasonOf(otp().send(request))).toBe('RATE_LIMITED');
      expect(await reasonOf(otp().send(request))).toBe('RATE_LIMITED');
      later(300_000);
      expect(await reasonOf(otp().send(request))).toBe('OK');
    });

    it('of a sandbox Send gives its codes again', async () => {
      const request: Request = {
        recipients: newRecipients('email', 'sms'),
        requestId: 'codes',
        sandbox: true,
      };
      const { sandboxCodes } = await otp().send(request);
      expect(Object.keys(sandboxCodes).sort()).toEqual(['email', 'sms']);
      expect((await otp().send(request)).sandboxCodes).toEqual(sandboxCodes);
    });
  });

  describe('reuse_open_session', () => {
    const reusing = (recipients: Record<string, string>, more: object = {}): Request => ({
      recipients,
      reuseOpenSession: true,
      ...more,
    });

    it('equal Sends at once open one session', async () => {
      const recipients = newRecipients('sms');
      const outcomes = await atOnce(10, () => otp().send(reusing(recipients)));
      const [only, ...others] = await sessionsTo(recipients.sms!);
      expect(others).toEqual([]);
      expect(new Set(outcomes.filter((outcome) => outcome !== 'REQUEST_IN_PROGRESS'))).toEqual(
        new Set([only]),
      );
    });

    it('returns the open session for the cooldown, counts nothing, and then opens another', async () => {
      const recipients = newRecipients('sms');
      const first = await otp().send(reusing(recipients));
      expect(first.reused).toBe(false);
      later(29_999);
      for (let repeat = 0; repeat < 6; repeat++) {
        const { session, reused } = await otp().send(reusing(recipients));
        expect({ id: session?.id, reused }).toEqual({ id: first.session?.id, reused: true });
      }
      later(1);
      const next = await otp().send(reusing(recipients));
      expect(next.reused).toBe(false);
      expect(next.session?.id).not.toBe(first.session?.id);
    });

    it('is not done where it was not asked for', async () => {
      const recipients = newRecipients('sms');
      const first = await otp().send(reusing(recipients));
      const { session, reused } = await otp().send({ recipients });
      expect(reused).toBe(false);
      expect(session?.id).not.toBe(first.session?.id);
    });

    it.each(['verified', 'cancelled', 'locked'] as const)(
      'opens another once the first is %s',
      async (fate) => {
        const recipients = newRecipients('sms');
        const { session } = await otp().send(reusing(recipients, { config: { maxAttempts: 1 } }));
        const sessionId = session!.id;
        const { sms } = await service.codes(workspace, sessionId);
        if (fate === 'cancelled') await otp().cancelSession({ sessionId });
        else await reasonOf(otp().verify({ sessionId, code: fate === 'verified' ? sms : '1' }));
        const next = await otp().send(reusing(recipients, { config: { maxAttempts: 1 } }));
        expect(next.reused).toBe(false);
        expect(next.session?.id).not.toBe(sessionId);
      },
    );

    it('is for equal requests only', async () => {
      const recipients = newRecipients('email', 'sms');
      const others: readonly Request[] = [
        { recipients: newRecipients('email', 'sms') },
        { channels: [Channel.EMAIL], recipients: { email: recipients.email! } },
        { purpose: 'login' },
        { operation: { type: 'payment', id: '1' } },
        { policy: { strategy: Strategy.ANY } },
      ];
      for (const other of others) {
        later(300_000);
        const first = await otp().send(reusing(recipients));
        const outcome = await otp().send(reusing(recipients, other));
        expect(outcome.reused).toBe(false);
        expect(outcome.session?.id).not.toBe(first.session?.id);
        expect((await otp().send(reusing(recipients))).session?.id).toBe(first.session?.id);
      }
    });

    it.each([
      ['another key', { client: 'other' }],
      ['another workspace', { workspace: 'other' }],
      ['the sandbox', { mode: 'test' }],
    ] as const)('never gives a session to %s', async (_who, other) => {
      const recipients = newRecipients('sms');
      const mine = await otp().send(reusing(recipients));
      const theirs = await service.as({ workspace, ...other }).send(reusing(recipients));
      expect(theirs.reused).toBe(false);
      expect(theirs.session?.id).not.toBe(mine.session?.id);
    });
  });
});
