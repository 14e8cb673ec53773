import { beforeEach, describe, expect, it } from 'vitest';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { BROKEN, newSession, OK, publish, startWebhookProcess } from './support/webhookProcess.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

eachEngine((engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  describe('an endpoint', () => {
    it('that responds 410 is disabled, and sent nothing more', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      const [session, other] = [newSession(rig), newSession(rig)];
      rig.respond(BROKEN);
      await publish(rig, other, 0);
      await rig.work();
      rig.respond(() => ({ status: 410 }));
      await publish(rig, session, 0, 1);
      await rig.work();
      expect(await rig.endpointNow(endpoint)).toMatchObject({
        disabledReason: 'GONE',
        disabledAt: new Date(rig.clock.now()),
      });
      expect(rig.logged()).toContain('webhook endpoint disabled');
      const before = rig.arrivals.length;
      rig.respond(OK);
      rig.clock.advance(DAY);
      await rig.work();
      await publish(rig, session, 2);
      await rig.work();
      expect(rig.arrivals).toHaveLength(before);
      for (const one of [session, other]) expect((await rig.lineOf(endpoint, one))?.waiting).toEqual([]);
    });

    it('whose URL was changed while it responded 410 stays enabled', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      await publish(rig, newSession(rig), 0);
      rig.respond(async () => {
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
      ['three days and ten attempts', 0, 10, 'FAILING'],
      ['a moment less than three days', -1, 10, undefined],
      ['nine attempts', 0, 9, undefined],
    ])('that took nothing for %s: disabled for %s', async (_what, ms, attempts, reason) => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      rig.respond(BROKEN);
      for (let n = 1; n < attempts; n++) {
        await publish(rig, newSession(rig), 0);
        for (const line of (await rig.due()).filter((one) => one.tries.length === 0)) await rig.deliver(line);
      }
      expect(await rig.endpointNow(endpoint)).toMatchObject({ failures: attempts - 1 });
      rig.clock.advance(3 * DAY + ms);
      const last = newSession(rig);
      await publish(rig, last, 0);
      await rig.deliver((await rig.lineOf(endpoint, last))!);
      const now = await rig.endpointNow(endpoint);
      expect(now.failures).toBe(attempts);
      expect(now.disabledReason).toBe(reason);
    });

    it('that accepts one event in between counts from zero', async () => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint();
      rig.respond(BROKEN);
      await publish(rig, newSession(rig), 0);
      await rig.work();
      expect(await rig.endpointNow(endpoint)).toMatchObject({ failures: 1 });
      rig.respond(OK);
      rig.clock.advance(10_000);
      await rig.work();
      const now = await rig.endpointNow(endpoint);
      expect(now).not.toHaveProperty('failures');
      expect(now).not.toHaveProperty('failingSince');
    });

    it('that is deleted leaves no pending event behind', async () => {
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
      ['8 attempts at once', {}, WEBHOOK_LIMITS.atOnce],
      ['one where it took nothing of the last ten', { failures: 10, failingSince: new Date(0) }, 1],
      ['8 where it took nothing of the last nine', { failures: 9, failingSince: new Date(0) }, 8],
    ])('has %s, and the others wait their turn', async (_what, more, atOnce) => {
      const rig = await startWebhookProcess(store);
      const endpoint = await rig.endpoint(more);
      for (let n = 0; n <= atOnce; n++) await publish(rig, newSession(rig), 0);
      let release = (_response: { status: number }) => {};
      const released = new Promise<{ status: number }>((resolve) => {
        release = resolve;
      });
      rig.respond(() => released);
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
});
