import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { ReplayWebhookEventsRequestSchema } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { createReplay } from '../../../server/webhooks/replay.js';
import type { StoredEvent, StoredWebhookDelivery } from '../../../server/webhooks/stored.js';
import { eachEngine } from '../../support/engines.js';
import { hammer } from '../../support/hammer.js';
import {
  BROKEN,
  newSession,
  OK,
  publish,
  startWebhookProcess,
  untilNothingWaits,
  type WebhookProcess,
} from './support/webhookProcess.js';

const HOUR = 3_600_000;

eachEngine((engine) => {
  describe('a replay of more events than one call replays', () => {
    it('replays 1,000, says where to continue, and sends each once', async () => {
      const rig = await startWebhookProcess(await engine.newStore());
      // Of one type only, so that there is little to enqueue.
      const endpoint = await rig.endpoint({ eventTypes: ['session.locked'] });
      const events = rig.documents.collection<StoredEvent>('events');
      const since = rig.clock.now();
      const last = WEBHOOK_LIMITS.replayedAtOnce;
      const ids = Array.from({ length: last + 1 }, () => rig.newId());
      // A few at a time: the MongoDB of the tests does one thing after the other.
      await hammer(ids.length, 10, async (n) => {
        await events.insertOne({
          _id: `acme.live/${ids[n]}`,
          session: rig.newId(),
          index: 0,
          type: [0, last - 1, last].includes(n) ? 'session.locked' : 'session.expired',
          body: '{}',
          purgeAt: new Date(since + 1e9),
        });
        return undefined;
      });
      const offered: StoredWebhookDelivery[] = [];
      const replay = createReplay({
        documents: rig.documents,
        enqueue: rig.hooks.enqueue,
        offer: (line) => offered.push(line),
      });
      const ask = (pageToken = '') =>
        replay(
          endpoint,
          create(ReplayWebhookEventsRequestSchema, { since: timestampFromMs(since), pageToken }),
        );
      const first = await ask();
      expect(first.replayed).toBe(2);
      const second = await ask(first.nextPageToken);
      expect(second).toEqual({ replayed: 1, pending: 0, nextPageToken: '' });
      expect(offered.map(({ waiting }) => waiting[0]!.event)).toEqual([ids[0], ids[last - 1], ids[last]]);
      // A token leads to nothing that is older than asked for.
      const token = Buffer.from('00000000').toString('base64url');
      const later = create(ReplayWebhookEventsRequestSchema, {
        since: timestampFromMs(since + 1),
        pageToken: token,
      });
      expect(await replay(endpoint, later)).toEqual({ replayed: 0, pending: 0, nextPageToken: '' });
    });
  });

  describe('a replay of pending events', () => {
    /** An endpoint that accepted nothing for 15 hours: the next attempt is hours away. */
    async function afterAnOutage() {
      const rig = await startWebhookProcess(await engine.newStore());
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      const since = rig.clock.now();
      rig.respond(BROKEN);
      const ids = await publish(rig, session, 0, 1, 2);
      await passHours(rig, 15);
      rig.respond(OK);
      const line = async () => (await rig.lineOf(endpoint, session))!;
      expect((await line()).dueAt!.getTime() - rig.clock.now()).toBeGreaterThan(HOUR / 2);
      const offered: StoredWebhookDelivery[] = [];
      const replay = createReplay({
        documents: rig.documents,
        enqueue: rig.hooks.enqueue,
        offer: (queue) => offered.push(queue),
      });
      const ask = async (message: object) =>
        replay(await rig.endpointNow(endpoint), create(ReplayWebhookEventsRequestSchema, message));
      return { rig, endpoint, session, since: timestampFromMs(since), ids, line, offered, ask };
    }

    it('sends them at once, in their order, with their attempts counted on', async () => {
      const { rig, since, ids, line, offered, ask } = await afterAnOutage();
      const before = await line();
      expect(await ask({ since })).toEqual({ replayed: 0, pending: 3, nextPageToken: '' });
      const now = await line();
      expect(now.dueAt!.getTime()).toBe(rig.clock.now());
      expect(now.waiting).toEqual(before.waiting);
      expect(offered.map(({ _id }) => _id)).toContain(now._id);
      // Again, before anything was sent: nothing more happens.
      expect(await ask({ since })).toEqual({ replayed: 0, pending: 3, nextPageToken: '' });
      expect(await line()).toEqual(now);
      const failed = rig.arrivals.length;
      await rig.work();
      expect(rig.came().slice(failed)).toEqual(ids);
      expect((await line()).waiting).toEqual([]);
    });

    it('sends an earlier one of the same session first, for the id of a later one', async () => {
      const { rig, ids, ask } = await afterAnOutage();
      expect(await ask({ eventId: ids[2] })).toEqual({ replayed: 0, pending: 1, nextPageToken: '' });
      const failed = rig.arrivals.length;
      await rig.work();
      expect(rig.came().slice(failed)).toEqual(ids);
    });

    it('goes on with the retries of before where the receiver still fails, and ends when it would have', async () => {
      const { rig, ids, line, ask } = await afterAnOutage();
      const [first] = (await line()).waiting;
      rig.respond(BROKEN);
      await ask({ eventId: ids[0] });
      await rig.work();
      const after = await line();
      expect(after.waiting[0]).toEqual({ ...first, tries: first!.tries + 1 });
      expect(after.dueAt!.getTime() - rig.clock.now()).toBeGreaterThan(3 * HOUR);
      await untilNothingWaits(rig);
      const last = rig.arrivals.filter(({ headers }) => headers['webhook-id'] === ids[0]).at(-1)!;
      expect(last.at - first!.queuedAt.getTime()).toBe(24 * HOUR);
    });

    it('leaves a delivery attempt that is running to end', async () => {
      const { rig, ids, line, ask } = await afterAnOutage();
      const failed = rig.arrivals.length;
      rig.respond(async ({ headers }) => {
        const held = await line();
        expect(held.lease).toBeDefined();
        expect((await ask({ eventId: headers['webhook-id'] })).pending).toBe(1);
        expect(await line()).toEqual(held);
        return { status: 204 };
      });
      await ask({ eventId: ids[0] });
      await rig.work();
      expect(rig.came().slice(failed)).toEqual(ids);
    });

    it('queues those again that wait in vain, as they are of before the endpoint was enabled', async () => {
      const { rig, endpoint, since, ids, ask } = await afterAnOutage();
      const enabledAt = new Date(rig.clock.now());
      await rig.endpoints.findOneAndUpdate({ _id: endpoint._id }, { $set: { enabledAt } });
      expect(await ask({ since })).toEqual({ replayed: 3, pending: 0, nextPageToken: '' });
      expect(await ask({ since })).toEqual({ replayed: 0, pending: 3, nextPageToken: '' });
      const failed = rig.arrivals.length;
      await rig.work();
      expect(rig.came().slice(failed)).toEqual(ids);
    });
  });
});

/** Lets hours pass, with every delivery attempt at its time. */
async function passHours(rig: WebhookProcess, hours: number): Promise<void> {
  const end = rig.clock.now() + hours * HOUR;
  for (;;) {
    await rig.work();
    const [next] = await rig.deliveries
      .find({ dueAt: { $gt: new Date(0), $lte: new Date(end) } }, { sort: { dueAt: 1 }, limit: 1 })
      .toArray();
    rig.clock.advance((next?.dueAt?.getTime() ?? end) - rig.clock.now());
    if (!next) return;
  }
}
