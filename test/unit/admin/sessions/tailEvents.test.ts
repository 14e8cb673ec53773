import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearing } from '../../../../clients/calling/credential.js';
import { SessionService, type TailEventsResponse } from '../../../../gen/otp/admin/v1/session_service_pb.js';
import { EventType } from '../../../../gen/otp/v1/otp_service_pb.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { newKey } from '../../../support/tenant.js';
import { startTwo, type TwoProcesses } from '../../../support/twoProcesses.js';
import { deliveredCode } from '../../../wire/support/delivered.js';

const NAMES = new Map(Object.entries(EventType).map(([name, type]) => [type as number, name]));

type Request = Parameters<ReturnType<typeof createClient<typeof SessionService>>['tailEvents']>[0];

eachEngine((engine) => {
  let two: TwoProcesses;
  let call: ReturnType<typeof connectJson>;
  let support: string;
  beforeAll(async () => {
    two = await startTwo(engine);
    const key = await newKey(two.here, 'acme', ['admin', 'otp.send', 'otp.verify', 'tokens.redeem']);
    call = connectJson(two.here.baseUrl, key);
    support = await newKey(two.here, 'acme', ['support']);
  });
  afterAll(() => two.stop());

  /** A stream of the other process over gRPC, read as fast as it comes. */
  function tail(credential: string, request: Request = {}) {
    const responses: TailEventsResponse[] = [];
    const leaving = new AbortController();
    const transport = createGrpcTransport({
      baseUrl: two.there.baseUrl,
      interceptors: [bearing(credential)],
    });
    const client = createClient(SessionService, transport);
    // A stream ends after five minutes of the test's clock, which may pass quickly: it is opened again.
    const reading = (async () => {
      for (let cursor = request.cursor ?? ''; !leaving.signal.aborted; cursor = responses.at(-1)!.cursor)
        for await (const one of client.tailEvents({ ...request, cursor }, { signal: leaving.signal }))
          responses.push(one);
    })().catch((thrown) => {
      if (!leaving.signal.aborted) throw thrown;
    });
    return {
      responses,
      begun: () => eventually(() => responses.length > 0),
      events: () => responses.flatMap(({ event }) => event?.event?.type ?? []).map((type) => NAMES.get(type)),
      async until(count: number) {
        await eventually(() => {
          two.clock.advance(500);
          return responses.filter(({ event }) => event).length >= count;
        });
      },
      async leave() {
        leaving.abort();
        await reading;
      },
    };
  }

  let people = 0;
  /** A session with a wrong code, a resend, an approval and a redemption. */
  async function flow(workspaceCall = call) {
    const recipients = { email: `tail.${++people}@example.com` };
    const sent = await workspaceCall('otp.v1.OtpService/Send', { recipients });
    const sessionId: string = sent.body.session.id;
    const first = await deliveredCode(two.here, sessionId);
    const wrong = `${(Number(first[0]) + 1) % 10}${first.slice(1)}`;
    await workspaceCall('otp.v1.OtpService/Verify', { sessionId, code: wrong });
    two.clock.advance(30_000);
    await workspaceCall('otp.v1.OtpService/Resend', { sessionId });
    const code = await eventually(async () => {
      const newest = await deliveredCode(two.here, sessionId);
      return newest !== first && newest;
    });
    const verified = await workspaceCall('otp.v1.OtpService/Verify', { sessionId, code });
    const { verificationToken } = verified.body;
    const operation = { type: 'payment', id: '991' };
    const redeemed = await workspaceCall('otp.v1.VerificationTokenService/Redeem', {
      verificationToken,
      operation,
    });
    expect(redeemed.status, JSON.stringify(redeemed.body)).toBe(200);
    return { sessionId, recipients };
  }
  const WHOLE = [
    'SESSION_CREATED',
    'DELIVERY_ATTEMPTED',
    'DELIVERY_ACCEPTED',
    'CODE_REJECTED',
    'CODE_RESENT',
    'DELIVERY_ATTEMPTED',
    'DELIVERY_ACCEPTED',
    'SESSION_APPROVED',
    'TOKEN_REDEEMED',
  ];

  describe('the events of a workspace', () => {
    it('arrive in another process as they happened, each once, and go on after any cursor', async () => {
      const stream = tail(support);
      await stream.begun();
      const { sessionId } = await flow();
      await stream.until(WHOLE.length);
      expect(stream.events()).toEqual(WHOLE);
      const { body } = await call('otp.admin.v1.SessionService/ListSessionEvents', { sessionId });
      const ids = stream.responses.flatMap(({ event }) => event?.event?.id ?? []);
      expect(ids).toEqual(body.events.map(({ event }: { event: { id: string } }) => event.id));
      const of = stream.responses.find(({ event }) => event?.operation)!;
      expect(of.event!.operation).toMatchObject({ type: 'payment', id: '991' });
      expect(of.session).toMatchObject({ workspace: 'acme', session: { id: sessionId } });
      await stream.leave();

      const seen = stream.responses;
      for (const [index, { cursor }] of seen.slice(0, WHOLE.length).entries()) {
        const events = seen.slice(0, index + 1).filter(({ event }) => event).length;
        const again = tail(support, { cursor });
        await again.begun();
        await again.until(WHOLE.length - events);
        expect(again.events(), `after ${events}`).toEqual(WHOLE.slice(events));
        await again.leave();
      }
    });

    it('are filtered by session, recipient, type and key', async () => {
      const { sessionId, recipients } = await flow();
      two.clock.advance(5_000);
      const begin = tail(support, {});
      await begin.begun();
      const { cursor } = begin.responses[0]!;
      await begin.leave();
      const other = await flow();
      const repeated = await flow();
      const streams = [
        tail(support, { cursor, sessionId: other.sessionId }),
        tail(support, { cursor, recipient: repeated.recipients.email }),
        tail(support, { cursor, types: [EventType.SESSION_APPROVED] }),
        tail(support, { cursor, apiKeyId: 'unknown' }),
        tail(support, { cursor, recipient: recipients.email }),
      ];
      await Promise.all(streams.map((one) => one.begun()));
      await Promise.all(streams.slice(0, 2).map((one) => one.until(WHOLE.length)));
      await streams[2]!.until(2);
      const sessionsOf = (index: number) =>
        new Set(streams[index]!.responses.flatMap(({ session }) => session?.session?.id ?? []));
      expect(streams.map((one) => one.events())).toEqual([
        WHOLE,
        WHOLE,
        ['SESSION_APPROVED', 'SESSION_APPROVED'],
        [],
        [],
      ]);
      expect(sessionsOf(0)).toEqual(new Set([other.sessionId]));
      expect(sessionsOf(1)).toEqual(new Set([repeated.sessionId]));
      expect(sessionsOf(2)).toEqual(new Set([other.sessionId, repeated.sessionId]));
      expect(sessionsOf(0)).not.toContain(sessionId);
      await Promise.all(streams.map((one) => one.leave()));
    });

    it('are those of every workspace for operators, and of no other for anybody else', async () => {
      const theirs = connectJson(two.here.baseUrl, await newKey(two.here, 'other'));
      const all = tail(two.here.liveKey, { workspace: '-', types: [EventType.SESSION_CREATED] });
      const own = tail(support, { types: [EventType.SESSION_CREATED] });
      await Promise.all([all.begun(), own.begun()]);
      await theirs('otp.v1.OtpService/Send', { recipients: { email: 'theirs@example.com' } });
      two.clock.advance(1);
      await call('otp.v1.OtpService/Send', { recipients: { email: 'ours@example.com' } });
      await Promise.all([all.until(2), own.until(1)]);
      const workspaces = all.responses.flatMap(({ session }) => session?.workspace ?? []);
      expect(workspaces).toEqual(['other', 'acme']);
      expect(own.responses.flatMap(({ session }) => session?.workspace ?? [])).toEqual(['acme']);
      await Promise.all([all.leave(), own.leave()]);
      await expect(
        (async () => {
          const client = createClient(
            SessionService,
            createGrpcTransport({ baseUrl: two.here.baseUrl, interceptors: [bearing(support)] }),
          );
          for await (const _ of client.tailEvents({ workspace: '-' }));
        })(),
      ).rejects.toThrow('operator');
    });
  });
});
