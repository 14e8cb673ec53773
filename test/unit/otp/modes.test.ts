import { beforeAll, describe, expect, it } from 'vitest';
import { TokenState } from '../../../gen/otp/v1/verification_token_service_pb.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import {
  type Caller,
  createUseCases,
  newRecipients,
  reasonOf,
  type UseCases,
  wrong,
} from './support/useCases.js';

const workspace = 'acme';
const operation = { type: 'payment', id: '1' };

eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  let live: Caller;
  let test: Caller;
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents);
    live = service.as({ workspace, client: 'live-key' });
    test = service.as({ workspace, client: 'test-key', mode: 'test' });
  });

  const opened = async (by: Caller, more: object = {}) => {
    const { session, sandboxCodes } = await by.send({ recipients: newRecipients('email'), ...more });
    const { email: code } = await service.codes(workspace, session!.id);
    return { session: session!, sandboxCodes, request: { sessionId: session!.id, code } };
  };

  describe('a test key', () => {
    it('opens sandbox sessions whether it says so or not, and gets their codes', async () => {
      for (const more of [{}, { sandbox: true }, { sandbox: false }]) {
        const { session, sandboxCodes, request } = await opened(test, more);
        expect(session.sandbox).toBe(true);
        expect(sandboxCodes).toEqual({ email: request.code });
        expect(await service.stored(workspace, session.id)).toMatchObject({
          mode: 'test',
          channels: { email: { delivery: { state: 'NOT_SENT' } } },
        });
      }
    });

    it('sees no live session: it is as unknown as one that does not exist', async () => {
      const { session, request } = await opened(live);
      const { sessionId } = request;
      expect(await reasonOf(test.getSession({ sessionId }))).toBe('SESSION_NOT_FOUND');
      expect(await reasonOf(test.verify(request))).toBe('SESSION_NOT_FOUND');
      expect(await reasonOf(test.validate(request))).toBe('SESSION_NOT_FOUND');
      expect(await reasonOf(test.cancelSession({ sessionId }))).toBe('SESSION_NOT_FOUND');
      service.clock.advance(30_000);
      expect(await reasonOf(test.resend({ sessionId }))).toBe('SESSION_NOT_FOUND');
      for (const sandbox of [undefined, true, false]) {
        const { sessions } = await test.listSessions({
          ...(sandbox !== undefined && { sandbox }),
          pageSize: 100,
        });
        expect(sessions.filter((one) => !one.sandbox || one.id === session.id)).toEqual([]);
      }
      expect(await service.stored(workspace, sessionId)).toMatchObject({
        attemptsLeft: 3,
        status: 'PENDING',
      });
    });

    it('redeems sandbox proofs only', async () => {
      const mine = await test.validate((await opened(test)).request);
      const redeem = { verificationToken: mine.verificationToken, operation };
      expect(await reasonOf(test.redeem(redeem))).toBe('OK');
      const { verificationToken } = await live.validate((await opened(live)).request);
      for (const acceptSandbox of [false, true]) {
        const request = { verificationToken, operation, acceptSandbox };
        expect(await reasonOf(test.redeem(request))).toBe('TOKEN_NOT_FOUND');
        expect(await reasonOf(test.introspect(request))).toBe('TOKEN_NOT_FOUND');
      }
    });
  });

  describe('a live key', () => {
    it('opens a sandbox session when it asks for one, and sees both kinds', async () => {
      const sandbox = await opened(live, { sandbox: true });
      const real = await opened(live);
      expect(sandbox.sandboxCodes).toEqual({ email: sandbox.request.code });
      expect(real.sandboxCodes).toEqual({});
      expect([sandbox.session.sandbox, real.session.sandbox]).toEqual([true, false]);
      const list = async (filter: object) =>
        (await live.listSessions({ ...filter, pageSize: 2 })).sessions.map(({ id }) => id);
      expect(await list({})).toEqual([real.session.id, sandbox.session.id]);
      expect((await list({ sandbox: true }))[0]).toBe(sandbox.session.id);
      expect((await list({ sandbox: false }))[0]).toBe(real.session.id);
      for (const { request } of [sandbox, real]) expect(await reasonOf(live.verify(request))).toBe('OK');
    });

    it('takes a sandbox proof only when it says so', async () => {
      const { verificationToken } = await live.validate((await opened(live, { sandbox: true })).request);
      const request = { verificationToken, operation };
      expect(await reasonOf(live.introspect(request))).toBe('TOKEN_NOT_FOUND');
      expect(await reasonOf(live.redeem(request))).toBe('TOKEN_NOT_FOUND');
      const { state } = await live.introspect({ ...request, acceptSandbox: true });
      expect(state).toBe(TokenState.ACTIVE);
      const { proof } = await live.redeem({ ...request, acceptSandbox: true });
      expect(proof?.sandbox).toBe(true);
    });
  });

  it('limits are counted apart', async () => {
    const recipients = newRecipients('email');
    for (let n = 0; n < 5; n++) await test.send({ recipients });
    expect(await reasonOf(test.send({ recipients }))).toBe('RATE_LIMITED');
    expect(await reasonOf(live.send({ recipients, sandbox: true }))).toBe('RATE_LIMITED');
    expect(await reasonOf(live.send({ recipients }))).toBe('OK');
  });

  it('wrong codes count apart: a recipient blocked in the sandbox is reached live', async () => {
    const recipients = newRecipients('email');
    for (let n = 0; n < 2; n++) {
      const { session, sandboxCodes } = await test.send({ recipients, config: { maxAttempts: 10 } });
      for (let guess = 0; guess < 10; guess++) {
        await reasonOf(test.verify({ sessionId: session!.id, code: wrong(sandboxCodes.email!) }));
      }
    }
    expect(await reasonOf(test.send({ recipients }))).toBe('RECIPIENT_BLOCKED');
    expect(await reasonOf(live.send({ recipients }))).toBe('OK');
  });

  describe('another workspace', () => {
    it('finds neither the session nor its proof', async () => {
      const { request } = await opened(live);
      const { sessionId } = request;
      const stranger = service.as({ workspace: 'stranger' });
      expect(await reasonOf(stranger.getSession({ sessionId }))).toBe('SESSION_NOT_FOUND');
      expect(await reasonOf(stranger.verify(request))).toBe('SESSION_NOT_FOUND');
      expect(await reasonOf(stranger.cancelSession({ sessionId }))).toBe('SESSION_NOT_FOUND');
      const { sessions } = await stranger.listSessions({});
      expect(sessions).toEqual([]);
      const { verificationToken } = await live.validate(request);
      expect(await reasonOf(stranger.redeem({ verificationToken, operation }))).toBe('TOKEN_NOT_FOUND');
      expect(await reasonOf(live.redeem({ verificationToken, operation }))).toBe('OK');
    });
  });

  describe('a session token', () => {
    it('opens its own session, without naming it, and no other', async () => {
      const mine = await opened(live, { metadata: { secret: 'of the backend' } });
      const other = await opened(live);
      const person = service.as({ workspace, client: mine.session.id, sessionId: mine.session.id });
      expect((await person.getSession({})).session).toMatchObject({ id: mine.session.id });
      expect((await person.getSession({})).session?.metadata).toBeUndefined();
      expect(await reasonOf(person.getSession({ sessionId: other.session.id }))).toBe('SESSION_NOT_FOUND');
      expect(await reasonOf(person.verify(other.request))).toBe('SESSION_NOT_FOUND');
      const { session } = await person.verify({ code: mine.request.code });
      expect(session?.metadata).toBeUndefined();
    });
  });
});
