import { beforeEach, describe, expect, it } from 'vitest';
import { createTakeOver } from '../../../server/effects/takeOver.js';
import { type ApplyEffects, createEventWorker } from '../../../server/effects/worker.js';
import { changeGuarded } from '../../../server/session/change.js';
import { sessionEvent } from '../../../server/session/history.js';
import type { StoredSession } from '../../../server/session/stored.js';
import { cancel } from '../../../server/session/transitions/cancel.js';
import type { Collection, Documents } from '../../../server/store/documents.js';
import { type Engine, eachEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { loseResponse, MADE } from '../../support/loseResponse.js';
import { ManualClock } from '../../support/manualClock.js';
import { oneProcess } from '../../support/oneProcess.js';
import { wrapOperations } from '../../support/wrapOperations.js';
import { changed, sampleSession } from '../session/support/sampleSession.js';

eachEngine((engine: Engine) => {
  let documents: Documents;
  let sessions: Collection<StoredSession>;
  let clock: ManualClock;
  let applied: string[];
  const apply: ApplyEffects = async (_session, { id }, index) => {
    applied.push(`${index} ${id}`);
  };
  const worker = (applyEffects: ApplyEffects = apply) =>
    createEventWorker({ sessions, applyEffects, owner: oneProcess().id, clock });
  const read = async (): Promise<StoredSession> => (await sessions.findOne({ _id: 'acme/1' }))!;
  const addLocked = async () =>
    changeGuarded(sessions, await read(), () => ({
      at: clock.now(),
      events: [sessionEvent('session.locked', clock.now())],
    }));

  beforeEach(async () => {
    documents = await engine.open();
    sessions = documents.collection<StoredSession>('sessions');
    clock = new ManualClock();
    applied = [];
    const session = sampleSession();
    await sessions.insertOne(changed(session, cancel(session, clock.now(), 'client')));
  });

  describe('the event worker', () => {
    it('applies the pending events in order, each with its place in the history', async () => {
      await worker()(await read());
      expect(applied).toEqual(['0 session.canceled', '1 refund.email.1', '2 refund.sms.1']);
      expect(await read()).toMatchObject({ eventsDone: 3 });
      expect(await read()).not.toHaveProperty('eventsAt');
      await addLocked();
      await worker()(await read());
      expect(applied.slice(3)).toEqual(['3 session.locked']);
    });

    it('does nothing while another process holds the lease', async () => {
      const due = await read();
      let inside = 0;
      await worker(async () => {
        if (inside++ === 0) await worker()(due);
      })(due);
      expect(inside).toBe(3);
      expect(applied).toEqual([]);
    });

    it.each(MADE)(
      'that gets no response to its claim applies the events all the same, once: stored %s',
      async (made) => {
        const due = await read();
        const { around, lost } = loseResponse(made, {
          collection: 'sessions',
          isMeant: ({ eventsAt }) => eventsAt !== undefined,
        });
        const worker = createEventWorker({
          sessions: wrapOperations(documents, around).collection<StoredSession>('sessions'),
          applyEffects: apply,
          owner: oneProcess().id,
          clock,
        });
        const done = worker(due);
        await lost;
        clock.advance(500);
        await done;
        expect(applied).toHaveLength(3);
        expect(await read()).not.toHaveProperty('eventsAt');
      },
    );

    it('that ended with its process leaves events that another one applies at once', async () => {
      const dying = createEventWorker({
        sessions,
        applyEffects: () => new Promise(() => {}),
        owner: 'dead',
        clock,
      });
      void dying(await read());
      await eventually(async () => (await read()).eventsOwner === 'dead');
      const offered: StoredSession[] = [];
      const takeOver = createTakeOver({ sessions, offer: (session) => void offered.push(session), clock });
      await takeOver('another');
      expect(offered).toEqual([]);
      await takeOver('dead');
      expect(offered).toHaveLength(1);
      await worker()(offered[0]!);
      expect(applied).toHaveLength(3);
      expect(await read()).not.toHaveProperty('eventsOwner');
    });

    it('leaves every event pending when its effects fail, for another process once the lease has expired', async () => {
      const failing = worker(async (_session, _event, index) => {
        if (index === 1) throw new Error('the store failed');
      });
      await expect(failing(await read())).rejects.toThrow('the store failed');
      const left = await read();
      expect(left.eventsDone).toBe(0);
      expect(left.eventsAt?.getTime()).toBe(clock.now() + 30_000);
      await worker()(left);
      expect(applied).toHaveLength(3);
    });

    it('leaves an event that was added in the meantime pending, and counts those it processed', async () => {
      let isFirst = true;
      await worker(async () => {
        if (isFirst) await addLocked();
        isFirst = false;
      })(await read());
      const session = await read();
      expect(session).toMatchObject({ eventsDone: 3, eventsAt: new Date(clock.now()) });
      await worker()(session);
      expect(applied).toEqual(['3 session.locked']);
    });

    it('removes the addresses of a decided session with its last event, and leaves rev alone', async () => {
      const before = await read();
      await worker()(before);
      const { channels, eraseAt, rev } = await read();
      for (const { address } of Object.values(channels)) expect(address).toBeUndefined();
      expect([eraseAt, rev]).toEqual([undefined, before.rev]);
    });

    it('keeps the addresses of an open session', async () => {
      const session = { ...sampleSession(), _id: 'acme/2' };
      const events = [sessionEvent('session.expired', clock.now())];
      await sessions.insertOne(changed(session, { at: clock.now(), events }));
      await worker()((await sessions.findOne({ _id: 'acme/2' }))!);
      expect((await sessions.findOne({ _id: 'acme/2' }))!.channels).toEqual(session.channels);
    });
  });
});
