import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { expect, it } from 'vitest';
import { bearing } from '../../../../clients/calling/credential.js';
import { SessionService } from '../../../../gen/otp/admin/v1/session_service_pb.js';
import { EventType } from '../../../../gen/otp/v1/otp_service_pb.js';
import type { Outcome, Provider } from '../../../../server/delivery/provider.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService } from '../../../support/service.js';
import { wrapOperations } from '../../../support/wrapOperations.js';
import { otherThan } from '../../../wire/support/delivered.js';

const codes: string[] = [];
const vendor = (name: string, channel: 'sms' | 'email', outcome: Outcome): Provider => ({
  name,
  channels: [channel],
  timeoutMs: 10_000,
  async send({ code }) {
    if (outcome.kind === 'accepted') codes.push(code);
    return outcome;
  },
  close: async () => {},
});
const refusal = (code: string): Outcome => ({
  kind: 'failed',
  error: 'REFUSED',
  vendor: { code, text: `refused with ${code}` },
});

/** What belongs to one session: the session, the budgets of its recipients and the claims of request ids. */
const COUNTED = ['sessions', 'limits', 'idempotency'];

/** One operation, and whether it found nothing to read or change. */
interface Asked {
  readonly what: string;
  isMiss: boolean;
}

/** What docs/operations/sizing.md says a call and a message take, with a look-up where a session has two channels. */
const BUDGET = 'limits.findOneAndUpdate';
/** What a right code gives back to it. */
const RELEASE = 'limits.updateOne';
/** Of two recipients never seen. */
const BUDGETS = ['limits.insertOne', 'limits.insertOne'];
const LOOK_UP = 'sessions.findOne';
const CHANGE = 'sessions.findOneAndUpdate';
const RESERVE = CHANGE;
/** Of a delivery attempt whose lease was stored with the Send. */
const OUTCOME = CHANGE;
/** Of any other: its lease and its outcome. */
const ATTEMPT = [CHANGE, OUTCOME];

eachEngine((engine) => {
  it('a timeline over gRPC is what happened, in order, and no operation on the store is made for it', async () => {
    codes.length = 0;
    let asked: Asked[] = [];
    const documents = wrapOperations(
      await engine.open(),
      async (operation, { collection, name, filter = {} }) => {
        // Finding what is due, and side effects, are the workers' and not of this session's calls and messages.
        const isWorkers = name === 'find' || 'eventsAt' in filter || 'eventsDone' in filter;
        // Noted when it begins: what it did can be seen in the store before it returns here.
        const one: Asked = { what: `${collection}.${name}`, isMiss: false };
        if (COUNTED.includes(collection) && !isWorkers) asked.push(one);
        const result = await operation();
        one.isMiss = result === null;
        return result;
      },
    );
    const service = await startService({
      documents,
      overrides: {
        providers: {
          sms: [vendor('first', 'sms', refusal('21408')), vendor('second', 'sms', refusal('30007'))],
          email: vendor('third', 'email', { kind: 'accepted', vendorId: 'm-1' }),
        },
      },
    });
    const call = connectJson(service.baseUrl, service.liveKey);
    const transport = createGrpcTransport({
      baseUrl: service.baseUrl,
      interceptors: [bearing(service.liveKey)],
    });
    const client = createClient(SessionService, transport);
    const raw = documents.collection<{ _id: string; deliverAt?: Date }>('sessions');
    /** What one step asks of the store, once its messages have been given to their providers. */
    async function costOf(step: () => Promise<unknown>, sessionId = () => ''): Promise<readonly Asked[]> {
      asked = [];
      await step();
      await eventually(async () => {
        const found = await raw.find({ _id: `default/${sessionId()}` }).toArray();
        return found.length > 0 && found.every(({ deliverAt }) => deliverAt === undefined);
      });
      return asked;
    }
    try {
      let id = '';
      const costs: Record<string, readonly Asked[]> = {};
      const recipients = { sms: '+573001234542', email: 'ana@example.com' };
      costs.send = await costOf(
        async () => {
          const fallback = [{ channel: 'CHANNEL_EMAIL', wait: '60s' }];
          id = (await call('otp.v1.OtpService/Send', { recipients, fallback })).body.session.id;
        },
        () => id,
      );
      for (const n of [1, 2])
        costs[`wrong ${n}`] = await costOf(
          async () => {
            service.clock.advance(1_000);
            const { reason } = await call('otp.v1.OtpService/Verify', {
              sessionId: id,
              codes: { email: otherThan(codes[0]!) },
            });
            expect(reason).toBe('INVALID_CODE');
          },
          () => id,
        );
      costs.resend = await costOf(
        async () => {
          service.clock.advance(31_000);
          const resent = await call('otp.v1.OtpService/Resend', {
            sessionId: id,
            channels: ['CHANNEL_EMAIL'],
          });
          expect(resent.status, JSON.stringify(resent.body)).toBe(200);
        },
        () => id,
      );
      let verificationToken = '';
      costs.right = await costOf(
        async () => {
          service.clock.advance(1_000);
          const right = await call('otp.v1.OtpService/Verify', { sessionId: id, codes: { email: codes[1] } });
          verificationToken = right.body.verificationToken;
        },
        () => id,
      );
      costs.redeem = await costOf(
        async () => {
          service.clock.advance(1_000);
          const operation = { type: 'payment', id: '991' };
          const redeemed = await call('otp.v1.VerificationTokenService/Redeem', {
            verificationToken,
            operation,
          });
          expect(redeemed.status).toBe(200);
        },
        () => id,
      );
      const made = Object.entries(costs).map(([step, all]) => [
        step,
        all.filter(({ isMiss }) => !isMiss).map(({ what }) => what),
      ]);
      expect(Object.fromEntries(made)).toEqual({
        send: [...BUDGETS, 'sessions.insertOne', OUTCOME, ...ATTEMPT, ...ATTEMPT],
        'wrong 1': [LOOK_UP, RESERVE],
        'wrong 2': [LOOK_UP, RESERVE, BUDGET],
        resend: [LOOK_UP, BUDGET, CHANGE, ...ATTEMPT],
        right: [LOOK_UP, RESERVE, CHANGE, RELEASE],
        redeem: [LOOK_UP, CHANGE],
      });

      const { events } = await client.listSessionEvents({ sessionId: id });
      const shown = events.map(({ event, attempt }) => [
        event!.type,
        ...(attempt ? [attempt.provider, attempt.vendorCode] : []),
      ]);
      expect(shown).toEqual([
        [EventType.SESSION_CREATED],
        [EventType.DELIVERY_ATTEMPTED, 'first', '21408'],
        [EventType.DELIVERY_ATTEMPTED, 'second', '30007'],
        [EventType.DELIVERY_FAILED, 'second', '30007'],
        [EventType.FALLBACK_STARTED],
        [EventType.DELIVERY_ATTEMPTED, 'third', ''],
        [EventType.DELIVERY_ACCEPTED, 'third', ''],
        [EventType.CODE_REJECTED],
        [EventType.CODE_REJECTED],
        [EventType.CODE_RESENT],
        [EventType.DELIVERY_ATTEMPTED, 'third', ''],
        [EventType.DELIVERY_ACCEPTED, 'third', ''],
        [EventType.SESSION_APPROVED],
        [EventType.TOKEN_REDEEMED],
      ]);
      expect(events.flatMap(({ event }) => event?.attemptsRemaining || [])).toEqual([2, 1]);
    } finally {
      await service.stop();
    }
  });
});
