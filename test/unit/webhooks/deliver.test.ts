import { beforeEach, describe, expect, it } from 'vitest';
import { NoResponse } from '../../../server/outbound/outbound.js';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { failOperation } from '../../support/wrapOperations.js';
import {
  BROKEN,
  newSession,
  OK,
  publish,
  startWebhookProcess,
  type WebhookProcess,
  waitsOf,
} from './support/webhookProcess.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Lets time pass to whatever is due next, until nothing is. Gives when each thing that came did. */
async function untilNothingWaits(rig: WebhookProcess): Promise<void> {
  for (;;) {
    await rig.work();
    const [next] = await rig.deliveries
      .find({ dueAt: { $gt: new Date(0) } }, { sort: { dueAt: 1 }, limit: 1 })
      .toArray();
    if (!next) return;
    rig.clock.advance(next.dueAt!.getTime() - rig.clock.now());
  }
}

eachEngine((engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  describe('the events of a session', () => {
    it('come one after the other, in the order in which they happened', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      const ids = await publish(rig, session, 0, 1, 2);
      await rig.work();
      expect(rig.came()).toEqual(ids);
      const line = await rig.lineOf(endpoint, session);
      expect(line).toMatchObject({ waiting: [], next: 3 });
      expect(line?.tries.map(({ event, status }) => [event, status])).toEqual(ids.map((id) => [id, 200]));
      expect(line).not.toHaveProperty('dueAt');
      expect(line).not.toHaveProperty('lease');
    });

    it('wait for the one that is not taken, and hold up no other session', async () => {
      const rig = await startWebhookProcess(store);
      await rig.endpoint();
      const session = newSession(rig);
      const other = newSession(rig);
      const [first, second] = await publish(rig, session, 0, 1);
      rig.answer(({ headers }) => ({ status: headers['webhook-id'] === first ? 503 : 200 }));
      await rig.work();
      const theirs = await publish(rig, other, 0, 1);
      await rig.work();
      expect(rig.came()).toEqual([first, ...theirs]);
      rig.answer(OK);
      rig.clock.advance(6_000);
      await rig.work();
      expect(rig.came().slice(3)).toEqual([first, second]);
    });

    it('published again after a crash are sent once', async () => {
      const rig = await startWebhookProcess(store);
      await rig.endpoint();
      const session = newSession(rig);
      const ids = await publish(rig, session, 0, 1);
      await publish(rig, session, 0, 1);
      await rig.work();
      // As a process that comes back, when all of it has been sent already.
      expect(await publish(rig, session, 0, 1)).toEqual(ids);
      await rig.work();
      expect(rig.came()).toEqual(ids);
    });

    it('come to each endpoint that wants them', async () => {
      const rig = await startWebhookProcess(store);
      await rig.endpoint({ url: 'https://all.example/' });
      await rig.endpoint({ url: 'https://approved.example/', eventTypes: ['session.approved'] });
      const [first, second, approved] = await publish(rig, newSession(rig), 0, 1, 2);
      await rig.work();
      const at = (url: string) =>
        rig.arrivals.filter((one) => one.url === url).map(({ headers }) => headers['webhook-id']);
      expect(at('https://all.example/')).toEqual([first, second, approved]);
      expect(at('https://approved.example/')).toEqual([approved]);
    });
  });

  describe('an event that is not taken', () => {
    it('is tried for 24 hours, with growing waits and once at the very end, and then lets the next one go', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      const queuedAt = rig.clock.now();
      const [first, second] = await publish(rig, session, 0, 1);
      let seen = 0;
      rig.answer(({ headers }) => {
        if (headers['webhook-id'] === second) return { status: 200 };
        seen++;
        return { status: 500 };
      });
      await untilNothingWaits(rig);
      const line = await rig.lineOf(endpoint, session);
      const tries = rig.arrivals.filter(({ headers }) => headers['webhook-id'] === first);
      expect(tries).toHaveLength(seen);
      const waits = waitsOf(tries.map(({ at }) => ({ at: new Date(at) })));
      for (const [before, wait] of waits.slice(0, -1).entries()) {
        const seconds = Math.min(5 * 2 ** before, 4 * 3_600);
        expect(wait).toBeGreaterThanOrEqual(seconds * 800);
        expect(wait).toBeLessThanOrEqual(seconds * 1_200);
      }
      expect(tries.at(-1)!.at).toBe(queuedAt + DAY);
      // Given up, and not a moment later the next one.
      expect(rig.came().at(-1)).toBe(second);
      expect(rig.arrivals.at(-1)!.at).toBe(queuedAt + DAY);
      expect(line?.waiting).toEqual([]);
      expect(line?.tries.length).toBeLessThanOrEqual(WEBHOOK_LIMITS.triesKept);
      expect(rig.logged()).toContain('webhook event given up');
    });

    it('has a try of its own at its end, even where nobody got round to it before', async () => {
      const rig = await startWebhookProcess(store);
      await rig.endpoint();
      rig.answer(BROKEN);
      await publish(rig, newSession(rig), 0, 1);
      rig.clock.advance(2 * DAY);
      await rig.work();
      expect(rig.arrivals).toHaveLength(2);
      expect(await rig.due()).toEqual([]);
    });

    it.each([
      ['3600', 3_600_000],
      ['3601', 3_600_000],
      ['86400', 3_600_000],
      ['60', 60_000],
    ])('is left alone as long as the endpoint asks, an hour at most: Retry-After %s', async (asked, wait) => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      await publish(rig, session, 0);
      rig.answer(() => ({ status: 429, headers: { 'retry-after': asked } }));
      await rig.work();
      const line = await rig.lineOf(endpoint, session);
      expect(line?.dueAt?.getTime()).toBe(rig.clock.now() + wait);
    });

    it('is not tried sooner because the endpoint asks for less than the wait', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      await publish(rig, session, 0);
      rig.answer(() => ({ status: 503, headers: { 'retry-after': '1' } }));
      await rig.work();
      const line = await rig.lineOf(endpoint, session);
      expect(line!.dueAt!.getTime() - rig.clock.now()).toBeGreaterThanOrEqual(4_000);
    });

    it('waits for ten seconds at most, and a status that says no, or none at all, is no taking', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      await publish(rig, session, 0);
      rig.answer(
        ({ signal }) =>
          new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new NoResponse('TIMEOUT'))),
          ),
      );
      const working = rig.work();
      await eventually(() => rig.arrivals.length === 1);
      rig.clock.advance(9_999);
      expect(rig.arrivals[0]!.signal.aborted).toBe(false);
      rig.clock.advance(1);
      expect(rig.arrivals[0]!.signal.aborted).toBe(true);
      await working;
      for (const status of [199, 300, 307, 404]) {
        rig.answer(() => ({ status }));
        rig.clock.advance(HOUR);
        await rig.work();
      }
      const line = await rig.lineOf(endpoint, session);
      expect(line?.waiting).toHaveLength(1);
      expect(line?.tries.map(({ status, error }) => status ?? error)).toEqual([
        'TIMEOUT',
        199,
        300,
        307,
        404,
      ]);
      for (const status of [200, 204, 299]) {
        const another = newSession(rig);
        rig.answer(() => ({ status }));
        await publish(rig, another, 0);
        await rig.work();
        expect((await rig.lineOf(endpoint, another))?.waiting).toEqual([]);
      }
    });

    it('that is kept no longer is passed over', async () => {
      const rig = await startWebhookProcess(store);
      await rig.endpoint();
      const session = newSession(rig);
      const [first, second] = await publish(rig, session, 0, 1);
      await rig.documents.collection('events').deleteOne({ _id: `acme.live/${first}` });
      await rig.work();
      expect(rig.came()).toEqual([second]);
    });
  });

  describe('an endpoint', () => {
    it('that says it is gone is disabled, and sent nothing more', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const [session, other] = [newSession(rig), newSession(rig)];
      rig.answer(BROKEN);
      await publish(rig, other, 0);
      await rig.work();
      rig.answer(() => ({ status: 410 }));
      await publish(rig, session, 0, 1);
      await rig.work();
      expect(await rig.endpointNow(endpoint)).toMatchObject({
        disabledReason: 'GONE',
        disabledAt: new Date(rig.clock.now()),
      });
      expect(rig.logged()).toContain('webhook endpoint disabled');
      const before = rig.arrivals.length;
      rig.answer(OK);
      rig.clock.advance(DAY);
      await rig.work();
      await publish(rig, session, 2);
      await rig.work();
      expect(rig.arrivals).toHaveLength(before);
      for (const one of [session, other]) expect((await rig.lineOf(endpoint, one))?.waiting).toEqual([]);
    });

    it('whose address was changed while it said that it is gone stays', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      await publish(rig, newSession(rig), 0);
      rig.answer(async () => {
        await rig.endpoints.findOneAndUpdate(
          { _id: endpoint._id },
          { $set: { url: 'https://new.example/' } },
        );
        return { status: 410 };
      });
      await rig.work();
      expect(await rig.endpointNow(endpoint)).not.toHaveProperty('disabledAt');
    });

    it.each([
      ['three days and ten tries', 0, 10, 'FAILING'],
      ['a moment less than three days', -1, 10, undefined],
      ['nine tries', 0, 9, undefined],
    ])('that took nothing for %s: disabled for %s', async (_what, ms, tries, reason) => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      rig.answer(BROKEN);
      for (let n = 1; n < tries; n++) {
        await publish(rig, newSession(rig), 0);
        for (const line of (await rig.due()).filter((one) => one.tries.length === 0)) await rig.deliver(line);
      }
      expect(await rig.endpointNow(endpoint)).toMatchObject({ failures: tries - 1 });
      rig.clock.advance(3 * DAY + ms);
      const last = newSession(rig);
      await publish(rig, last, 0);
      await rig.deliver((await rig.lineOf(endpoint, last))!);
      const now = await rig.endpointNow(endpoint);
      expect(now.failures).toBe(tries);
      expect(now.disabledReason).toBe(reason);
    });

    it('that takes one event in between begins anew', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      rig.answer(BROKEN);
      await publish(rig, newSession(rig), 0);
      await rig.work();
      expect(await rig.endpointNow(endpoint)).toMatchObject({ failures: 1 });
      rig.answer(OK);
      rig.clock.advance(10_000);
      await rig.work();
      const now = await rig.endpointNow(endpoint);
      expect(now).not.toHaveProperty('failures');
      expect(now).not.toHaveProperty('failingSince');
    });

    it('that is deleted leaves nothing behind that waits', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      await publish(rig, session, 0);
      await rig.endpoints.deleteOne({ _id: endpoint._id });
      await rig.work();
      expect(rig.arrivals).toEqual([]);
      expect(await rig.lineOf(endpoint, session)).toBeNull();
    });

    it.each([
      ['8 tries at once', {}, WEBHOOK_LIMITS.atOnce],
      ['one where it took nothing of the last ten', { failures: 10, failingSince: new Date(0) }, 1],
      ['8 where it took nothing of the last nine', { failures: 9, failingSince: new Date(0) }, 8],
    ])('has %s, and the others wait their turn', async (_what, more, atOnce) => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint(more);
      for (let n = 0; n <= atOnce; n++) await publish(rig, newSession(rig), 0);
      let release = (_answer: { status: number }) => {};
      const released = new Promise<{ status: number }>((resolve) => {
        release = resolve;
      });
      rig.answer(() => released);
      const lines = await rig.due();
      expect(lines).toHaveLength(atOnce + 1);
      const working = lines.map((line) => rig.deliver(line));
      await eventually(() => rig.arrivals.length === atOnce);
      // One was sent away, and says when it comes back.
      const waiting = await eventually(async () => {
        const put = (
          await rig.deliveries.find({ dueAt: { $gt: new Date(rig.clock.now()) } }).toArray()
        ).filter(({ lease }) => !lease);
        return put.length === 1 && put[0];
      });
      expect(waiting.dueAt!.getTime() - rig.clock.now()).toBe(1_000);
      release({ status: 200 });
      await Promise.all(working);
      rig.clock.advance(1_000);
      await rig.work();
      expect(new Set(rig.came()).size).toBe(atOnce + 1);
      expect(rig.arrivals).toHaveLength(atOnce + 1);
      expect(await rig.endpointNow(endpoint)).not.toHaveProperty('failures');
    });
  });

  describe('a process that dies', () => {
    it('while it tries an event leaves it to another one, when its lease is over', async () => {
      const dead = await startWebhookProcess(store);
      const { clock } = dead;
      const endpoint = await dead.endpoint();
      const session = newSession(dead);
      const [first, second] = await publish(dead, session, 0, 1);
      let comeBack = (_answer: { status: number }) => {};
      dead.answer(
        () =>
          new Promise((resolve) => {
            comeBack = resolve;
          }),
      );
      const late = dead.work();
      await eventually(() => dead.arrivals.length === 1);
      const alive = await startWebhookProcess(store, { clock });
      clock.advance(19_999);
      await alive.work();
      expect(alive.arrivals).toEqual([]);
      clock.advance(1);
      alive.answer(BROKEN);
      await alive.work();
      expect(alive.came()).toEqual([first]);
      // The dead come back: what they say of it counts no longer.
      const before = await alive.lineOf(endpoint, session);
      comeBack({ status: 200 });
      await late;
      expect(await alive.lineOf(endpoint, session)).toEqual(before);
      alive.answer(OK);
      clock.advance(HOUR);
      await alive.work();
      expect(alive.came()).toEqual([first, first, second]);
    });
  });
});

/** How many operations it takes to publish and deliver two events. */
const OPERATIONS = 20;

eachEngine((engine) => {
  it.each(Array.from({ length: OPERATIONS }, (_, at) => at))(
    'a process that loses its store for ever at operation %d loses nothing and turns nothing around',
    async (at) => {
      for (const carriedOut of [true, false]) {
        const store = await engine.newStore();
        let crashed: Promise<void> | undefined;
        const sound = await startWebhookProcess(store);
        const { clock } = sound;
        const endpoint = await sound.endpoint();
        const session = newSession(sound);
        const dying = await startWebhookProcess(store, {
          clock,
          change(documents) {
            const faulty = failOperation(documents, { at, carriedOut, kind: 'crash' });
            crashed = faulty.crashed;
            return faulty.documents;
          },
        });
        const life = (async () => {
          await publish(dying, session, 0, 1);
          await dying.work();
        })();
        await Promise.race([crashed, life]);
        // What an update caused is carried out again by whoever is left.
        const ids = await publish(sound, session, 0, 1);
        clock.advance(20_000);
        await sound.work();
        const all = [...dying.came(), ...sound.came()];
        expect([...new Set(all)]).toEqual(ids);
        expect(all.lastIndexOf(ids[0]!)).toBeLessThan(all.indexOf(ids[1]!));
        expect((await sound.lineOf(endpoint, session))?.waiting).toEqual([]);
      }
    },
  );
});
