import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { ReplayWebhookEventsRequestSchema } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { createReplay } from '../../../server/webhooks/replay.js';
import type { StoredEvent, StoredWebhookDelivery } from '../../../server/webhooks/stored.js';
import { eachEngine } from '../../support/engines.js';
import { hammer } from '../../support/hammer.js';
import { startWebhookProcess } from './support/webhookProcess.js';

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
      expect(second).toEqual({ replayed: 1, nextPageToken: '' });
      expect(offered.map(({ waiting }) => waiting[0]!.event)).toEqual([ids[0], ids[last - 1], ids[last]]);
      // A token leads to nothing that is older than asked for.
      const token = Buffer.from('00000000').toString('base64url');
      const later = create(ReplayWebhookEventsRequestSchema, {
        since: timestampFromMs(since + 1),
        pageToken: token,
      });
      expect(await replay(endpoint, later)).toEqual({ replayed: 0, nextPageToken: '' });
    });
  });
});
