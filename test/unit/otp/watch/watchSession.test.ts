import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import {
  type EventType,
  OtpService,
  WatchSessionRequestSchema,
} from '../../../../gen/otp/v1/otp_service_pb.js';
import type { Call } from '../../../../server/call/call.js';
import { createHandlerTable } from '../../../../server/call/handlers.js';
import { composeSessionStreams } from '../../../../server/compose/sessionStreams.js';
import { decorateStore } from '../../../../server/compose/store.js';
import { createExpire } from '../../../../server/effects/expire.js';
import { createMetrics } from '../../../../server/observe/metrics/index.js';
import { Serving } from '../../../../server/observe/readiness.js';
import { sessionEvent } from '../../../../server/session/history.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import type { Documents } from '../../../../server/store/documents.js';
import { eachEngine, embeddedEngine, type TestStore } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { ManualClock } from '../../../support/manualClock.js';
import { wrapOperations } from '../../../support/wrapOperations.js';
import { createUseCases, newRecipients } from '../support/useCases.js';

const log = pino({ level: 'silent' });

/** One process: what it takes to watch, and the use cases over the documents whose changes are watched. */
async function startProcess(
  store: TestStore,
  clock: ManualClock,
  change = (documents: Documents) => documents,
) {
  const serving = new Serving();
  serving.become('ready');
  const decorated = decorateStore(change(await store.open()), {
    metrics: createMetrics(),
    tracing: undefined,
  });
  const { documents } = decorated;
  const sessions = documents.collection<StoredSession>('sessions');
  const expire = createExpire(sessions, clock);
  const { streams } = composeSessionStreams({ ...decorated, expire, serving, clock, log });
  const useCases = createUseCases(documents, { clock });
  return {
    serving,
    sessions,
    caller: useCases.as({ workspace: 'w' }),
    useCases,
    /** Nothing is read until the test asks for it. */
    watch(sessionId: string, cursor = '') {
      const leaving = new AbortController();
      const call = {
        signal: leaving.signal,
        principal: { workspace: 'w', mode: 'live', client: 'c', scopes: new Set() },
        log,
      } as unknown as Call;
      const request = create(WatchSessionRequestSchema, { sessionId, cursor });
      const responses = createHandlerTable([], streams).findStream(OtpService.method.watchSession)!(
        call,
        request,
      );
      return {
        leave: () => leaving.abort(),
        async next() {
          const { value, done } = await responses.next();
          if (done) return { ended: value };
          const { event, cursor, final, session } = value as unknown as {
            event?: { id: string; type: EventType };
            cursor: string;
            final: boolean;
            session: { attemptsRemaining: number };
          };
          return { event: event?.id, cursor, final, session };
        },
      };
    },
  };
}

const open = async ({ caller, useCases }: Awaited<ReturnType<typeof startProcess>>, config = {}) => {
  const { session } = await caller.send({ recipients: newRecipients('email', 'sms'), config });
  return { id: session!.id, codes: await useCases.codes('w', session!.id) };
};

eachEngine((engine) => {
  describe('two processes on one store', () => {
    it('receive what the other does within a second', async () => {
      const clock = new ManualClock();
      const store = await engine.newStore();
      const [here, there] = [await startProcess(store, clock), await startProcess(store, clock)];
      const { id, codes } = await open(here);
      const watch = there.watch(id);
      expect((await watch.next()).event).toBeUndefined();
      await here.caller.verify({ sessionId: id, codes: { email: codes.email } });
      const partial = watch.next();
      clock.advance(1_000);
      expect((await partial).event).toBe('session.partial.email');
      await here.caller.verify({ sessionId: id, codes: { sms: codes.sms } });
      const approved = watch.next();
      clock.advance(1_000);
      expect(await approved).toMatchObject({ event: 'session.approved.sms', final: true });
      expect(await watch.next()).toEqual({ ended: 'FINAL' });
    });

    it('store the end of a session once, however many watch it', async () => {
      const clock = new ManualClock();
      const store = await engine.newStore();
      const processes = [await startProcess(store, clock), await startProcess(store, clock)];
      const { id } = await open(processes[0]!);
      const watches = processes.flatMap((one) => [one.watch(id), one.watch(id), one.watch(id)]);
      await Promise.all(watches.map((watch) => watch.next()));
      const ends = watches.map((watch) => watch.next());
      // Each must be asleep before its time is up, else the clock passes it by.
      await turn();
      clock.advance(20_000);
      await Promise.all(ends);
      clock.advance(280_000);
      const expired = watches.map(async (watch) => {
        for (;;) {
          const { event, final } = await watch.next();
          if (event) return { event, final };
        }
      });
      const end = { event: `session.expired.${clock.now()}`, final: true };
      expect(await Promise.all(expired)).toEqual(watches.map(() => end));
      const stored = await processes[0]!.useCases.stored('w', id);
      expect(stored.events.filter(({ type }) => type === 'session.expired')).toHaveLength(1);
    });

    it('go on after a cursor that the other gave', async () => {
      const clock = new ManualClock();
      const store = await engine.newStore();
      const [here, there] = [await startProcess(store, clock), await startProcess(store, clock)];
      const { id, codes } = await open(here);
      const watch = here.watch(id);
      await watch.next();
      await here.caller.verify({ sessionId: id, codes: { sms: codes.sms } });
      const { cursor } = await watch.next();
      here.serving.become('stopping');
      expect(await watch.next()).toEqual({ ended: 'STOPPING' });
      await there.caller.verify({ sessionId: id, codes: { email: codes.email } });
      const later = there.watch(id, cursor);
      expect((await later.next()).event).toBeUndefined();
      expect(await later.next()).toMatchObject({ event: 'session.approved.email', final: true });
    });
  });
});

describe('a watcher', () => {
  const engine = embeddedEngine();
  const alone = async (change?: (documents: Documents) => Documents) => {
    const clock = new ManualClock();
    return { clock, ...(await startProcess(await engine.newStore(), clock, change)) };
  };

  it('that reads slowly is given every event, one by one, with the session as it is by then', async () => {
    const one = await alone();
    const { id, codes } = await open(one);
    const watch = one.watch(id);
    await watch.next();
    await one.caller.verify({ sessionId: id, codes: { email: '000000' } }).catch(() => {});
    await one.caller.verify({ sessionId: id, codes: { email: codes.email } });
    await one.caller.cancelSession({ sessionId: id });
    expect(await watch.next()).toMatchObject({
      event: 'session.partial.email',
      final: false,
      session: { attemptsRemaining: 2 },
    });
    expect(await watch.next()).toMatchObject({ event: 'session.canceled', final: true });
  });

  it('is never shown refunds, which are the wallet’s business', async () => {
    const one = await alone();
    const { id, codes } = await open(one);
    await one.sessions.findOneAndUpdate(
      { _id: `w/${id}` },
      {
        $push: {
          events: { $each: [{ id: 'refund.sms.1', type: 'refund', at: new Date(), channel: 'sms' }] },
        },
        $inc: { rev: 1 },
      },
    );
    const watch = one.watch(id);
    const { cursor } = await watch.next();
    await one.caller.verify({ sessionId: id, codes: { email: codes.email } });
    const partial = await watch.next();
    expect(partial.event).toBe('session.partial.email');
    await one.caller.cancelSession({ sessionId: id });
    const again = one.watch(id, partial.cursor);
    await again.next();
    expect((await again.next()).event).toBe('session.canceled');
    const whole = one.watch(id, cursor);
    await whole.next();
    expect((await whole.next()).event).toBe('session.partial.email');
  });

  it('that never comes back for the next response gives its place back when it is gone', async () => {
    const one = await alone();
    const { id } = await open(one);
    const watches = Array.from({ length: 10 }, () => one.watch(id));
    await Promise.all(watches.map((watch) => watch.next()));
    await expect(one.watch(id).next()).rejects.toMatchObject({ reason: 'OVERLOADED' });
    watches[0]!.leave();
    expect((await one.watch(id).next()).event).toBeUndefined();
  });

  it('costs no reads of the store once the last is gone', async () => {
    let reads = 0;
    const one = await alone((documents) =>
      wrapOperations(documents, (operation) => {
        reads++;
        return operation();
      }),
    );
    const { id } = await open(one);
    const watch = one.watch(id);
    await watch.next();
    watch.leave();
    one.clock.advance(1_000);
    await eventually(() => one.clock.pending === 0);
    const before = reads;
    one.clock.advance(60_000);
    expect(reads).toBe(before);
  });

  it('receives the end of the time later, when the store is away at that moment', async () => {
    let away = false;
    const one = await alone((documents) =>
      wrapOperations(documents, (operation) =>
        away ? Promise.reject(new Error('the store is away')) : operation(),
      ),
    );
    const { id } = await open(one, { lifetime: { seconds: 60n } });
    const watch = one.watch(id);
    const end = (async () => {
      for (;;) {
        const { event, final } = await watch.next();
        if (event) return { event, final, at: one.clock.now() };
      }
    })();
    const expiresAt = one.clock.now() + 60_000;
    while (one.clock.now() < expiresAt + 5_000) {
      one.clock.advance(500);
      away = Math.abs(one.clock.now() - expiresAt) < 3_000;
      await pause(2);
    }
    const { event, final, at } = await end;
    expect({ event, final }).toEqual({ event: `session.expired.${expiresAt}`, final: true });
    expect(at).toBeGreaterThanOrEqual(expiresAt + 3_000);
  });

  it('receives a lock that the process which compared the last code could not store', async () => {
    const one = await alone();
    const { id } = await open(one);
    await one.sessions.findOneAndUpdate({ _id: `w/${id}` }, { $set: { attemptsLeft: 0 } });
    one.clock.advance(300_000);
    const watch = one.watch(id);
    expect((await watch.next()).event).toBeUndefined();
    expect(await watch.next()).toMatchObject({ event: sessionEvent('session.locked', 0).id, final: true });
    expect((await one.useCases.stored('w', id)).lockedAt).toEqual(new Date(one.clock.now()));
  });
});
