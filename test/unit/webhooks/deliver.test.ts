import { beforeEach, describe, expect, it } from 'vitest';
import { NoResponse } from '../../../server/outbound/outbound.js';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import {
  BROKEN,
  newSession,
  OK,
  publish,
  startWebhookProcess,
  untilNothingWaits,
  waitsOf,
} from './support/webhookProcess.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

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

    it('wait for the one that is not accepted, and hold up no other session', async () => {
      const rig = await startWebhookProcess(store);
      await rig.endpoint();
      const session = newSession(rig);
      const other = newSession(rig);
      const [first, second] = await publish(rig, session, 0, 1);
      rig.respond(({ headers }) => ({ status: headers['webhook-id'] === first ? 503 : 200 }));
      await rig.work();
      const theirs = await publish(rig, other, 0, 1);
      await rig.work();
      expect(rig.came()).toEqual([first, ...theirs]);
      rig.respond(OK);
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

    it('reach each endpoint that subscribes to them', async () => {
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

  describe('an event that is not accepted', () => {
    it('is attempted for 24 hours, with growing waits and once at the very end, and then lets the next one go', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      const queuedAt = rig.clock.now();
      const [first, second] = await publish(rig, session, 0, 1);
      let seen = 0;
      rig.respond(({ headers }) => {
        if (headers['webhook-id'] === second) return { status: 200 };
        seen++;
        return { status: 500 };
      });
      await untilNothingWaits(rig);
      const line = await rig.lineOf(endpoint, session);
      const attempts = rig.arrivals.filter(({ headers }) => headers['webhook-id'] === first);
      expect(attempts).toHaveLength(seen);
      const waits = waitsOf(attempts.map(({ at }) => ({ at: new Date(at) })));
      for (const [before, wait] of waits.slice(0, -1).entries()) {
        const seconds = Math.min(5 * 2 ** before, 4 * 3_600);
        expect(wait).toBeGreaterThanOrEqual(seconds * 800);
        expect(wait).toBeLessThanOrEqual(seconds * 1_200);
      }
      expect(attempts.at(-1)!.at).toBe(queuedAt + DAY);
      // Given up, and not a moment later the next one.
      expect(rig.came().at(-1)).toBe(second);
      expect(rig.arrivals.at(-1)!.at).toBe(queuedAt + DAY);
      expect(line?.waiting).toEqual([]);
      expect(line?.tries.length).toBeLessThanOrEqual(WEBHOOK_LIMITS.attemptsKept);
      expect(rig.logged()).toContain('webhook event given up');
    });

    it('has a delivery attempt of its own at its end, even without one before', async () => {
      const rig = await startWebhookProcess(store);
      await rig.endpoint();
      rig.respond(BROKEN);
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
      rig.respond(() => ({ status: 429, headers: { 'retry-after': asked } }));
      await rig.work();
      const line = await rig.lineOf(endpoint, session);
      expect(line?.dueAt?.getTime()).toBe(rig.clock.now() + wait);
    });

    it('is not attempted sooner because the endpoint asks for less than the wait', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      await publish(rig, session, 0);
      rig.respond(() => ({ status: 503, headers: { 'retry-after': '1' } }));
      await rig.work();
      const line = await rig.lineOf(endpoint, session);
      expect(line!.dueAt!.getTime() - rig.clock.now()).toBeGreaterThanOrEqual(4_000);
    });

    it('waits ten seconds at most for a response; any status but 2xx, or none, is a failed attempt', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      await publish(rig, session, 0);
      rig.respond(
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
        rig.respond(() => ({ status }));
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
        rig.respond(() => ({ status }));
        await publish(rig, another, 0);
        await rig.work();
        expect((await rig.lineOf(endpoint, another))?.waiting).toEqual([]);
      }
    });

    it('that is no longer stored is skipped', async () => {
      const rig = await startWebhookProcess(store);
      await rig.endpoint();
      const session = newSession(rig);
      const [first, second] = await publish(rig, session, 0, 1);
      await rig.documents.collection('events').deleteOne({ _id: `acme.live/${first}` });
      await rig.work();
      expect(rig.came()).toEqual([second]);
    });
  });
});
