import { expect, it } from 'vitest';
import type { StoredWebhookDelivery } from '../../../server/webhooks/stored.js';
import { createTakeOver } from '../../../server/webhooks/takeOver.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';

const DEAD = 'd'.repeat(32);
const NOW = Date.UTC(2030, 0, 15, 12);

eachEngine((engine) => {
  it('the queues of a process that has ended are due at once; those of others, and of release 0.1, are left', async () => {
    const documents = await engine.open();
    const queues = documents.collection<StoredWebhookDelivery>('webhookDeliveries');
    const leases = { dead: `${DEAD}/x`, alive: `${'a'.repeat(32)}/x`, first: 'x', idle: undefined };
    for (const [name, lease] of Object.entries(leases)) {
      await queues.insertOne({
        _id: `acme.live/endpoint/${name}`,
        rev: 3,
        next: 1,
        waiting: [],
        dueAt: new Date(NOW + 12_000),
        ...(lease && { lease }),
        tries: [],
        purgeAt: new Date(NOW + 1e9),
      });
    }
    const offered: string[] = [];
    const offer = ({ _id }: StoredWebhookDelivery) => void offered.push(_id);
    await createTakeOver({ documents, offer, clock: new ManualClock(NOW) })(DEAD);
    expect(offered).toEqual(['acme.live/endpoint/dead']);
    for (const [name, lease] of Object.entries(leases)) {
      const queue = (await queues.findOne({ _id: `acme.live/endpoint/${name}` }))!;
      const isFree = name === 'dead';
      expect(queue).toMatchObject({ rev: isFree ? 4 : 3, dueAt: new Date(isFree ? NOW : NOW + 12_000) });
      expect(queue.lease).toBe(isFree ? undefined : lease);
    }
  });
});
