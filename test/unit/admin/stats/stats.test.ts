import { expect, it } from 'vitest';
import type { Counted } from '../../../../server/admin/stats/counter.js';
import { createStats } from '../../../../server/admin/stats/stats.js';
import type { SessionEvent } from '../../../../server/session/storedEvents.js';
import { ManualClock } from '../../../support/manualClock.js';
import { changed, NOW, sampleSession } from '../../session/support/sampleSession.js';

it('the time to a delivery runs from Send, or from when a message that waited was let go', () => {
  const counted: Counted[] = [];
  const stats = createStats({
    counter: { add: (_partition, one) => counted.push(one) },
    boundPart: (_partition, part) => part,
    clock: new ManualClock(NOW),
  });
  const session = sampleSession(['sms']);
  const reported: SessionEvent = {
    id: 'delivery.delivered.sms.1',
    type: 'delivery.delivered',
    channel: 'sms',
    at: new Date(NOW + 7_000),
  };
  const update = { $push: { events: { $each: [reported] } } };
  stats.onSessionChange(session, update);
  expect(counted.find(({ counts }) => counts.delivered)?.took).toEqual({ delivery: 7_000 });
  const freed = changed(session, {
    set: { 'channels.sms.delivery.freedAt': new Date(NOW + 5_000) },
    at: NOW,
  });
  counted.length = 0;
  stats.onSessionChange(freed, update);
  expect(counted.find(({ counts }) => counts.delivered)?.took).toEqual({ delivery: 2_000 });
  expect(counted[0]!.parts).toEqual([
    { by: 'purpose', value: 'LOGIN' },
    { by: 'apiKey', value: 'key' },
    { by: 'locale', value: 'en' },
  ]);
});
